"""The command line, run inside the test's own process: torch is imported once, not a test."""

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from saps.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    out: str
    err: str


RunSaps = Callable[..., Outcome]


@pytest.fixture
def saps(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[RunSaps]:
    """Run `saps ARGUMENTS...`, with `stdin` as its input."""

    def run(*arguments: str, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["saps", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        return Outcome(int(exit_.value.code or 0), captured.out, captured.err)

    yield run
    if "joblib" in sys.modules:
        # Its processes wait for more work, in the folder of the test that started them.
        sys.modules["joblib.externals.loky"].get_reusable_executor().shutdown(wait=True)
