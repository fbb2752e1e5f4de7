"""Every command of the documentation: the quick ones are run, of the others it is found out that
they would start."""

import doctest
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from saps.cli.app import app
from saps.synthesis.synthesizer import Synthesizer
from tests import pretrained
from tests.cli.conftest import RunSaps, saps  # noqa: F401  # a fixture
from tests.docs.console import (
    ROOT,
    Command,
    commands_in_other_blocks,
    console_commands,
    inline_commands,
)
from tests.docs.forms import check

OWN_TESTS = {
    "README.md": "tests/test_readme.py",
    "docs/synthesize.md": "tests/cli/synthesis/test_pages.py",
    "docs/synthesize-table.md": "tests/cli/synthesis/test_pages.py",
    "docs/synthesize-more.md": "tests/cli/synthesis/test_pages.py",
    "docs/serve.md": "tests/serve/test_documentation.py",
}
"""Pages whose commands are run, with what they print, by a file of their own."""
QUICK = ("synthesize", "run", "check", "show", "functions", "repl", "data", "evaluate")
"""Commands of `saps` that are run here."""
EXPENSIVE = ("generate", "train", "ablate", "calibrate", "compare", "serve")
"""Those that take minutes, need what such a one has made, or do not end. What the pages show of
them is only parsed and composed here. Tests of their own run them, on something small or made up:

- `generate`: tests/cli/test_generate.py, sets of 20 or 40 tasks.
- `train`: tests/training/test_training_robust.py, the command itself, in two processes that a
  signal stops (slow). tests/training/test_training.py calls what it calls on tiny networks; what
  the command prints is tested in tests/cli/test_applications.py, where nothing is trained.
- `ablate`: tests/cli/test_ablate.py, rows that are made up; one test (slow) trains and judges two.
- `calibrate`: tests/cli/test_calibrate.py, a copy of the bundled model and at most 20 tasks.
- `compare`: tests/cli/test_compare.py, reports made by hand.
- `serve`: tests/serve/test_command.py, until Ctrl-C.

tests/docs/test_tutorial.py (slow) runs `generate` and `train` to their ends, as the tutorial does.
"""
NOT_HERE = re.compile(
    r"data/(generated|short|large|tiny|algolisp|million|mine|tutorial|first|free_re\w+)|runs/\w+/best"
)
"""Data and models that the reader has made before, and a test has not; or that take long."""

CONSOLE = console_commands()


def _is_run_here(command: Command) -> bool:
    return (
        command.page not in OWN_TESTS
        and re.match(rf"(printf [^|]* \| )?saps ({'|'.join(QUICK)})\b", command.text) is not None
        and "--multirun" not in command.text
        and " > " not in command.text
        and NOT_HERE.search(command.text) is None
    )


RUN = [command for command in CONSOLE if _is_run_here(command)]


def _once(commands: list[Command], but: list[Command]) -> list[Command]:
    """Return one command for each text, without those whose text is tried more strictly."""
    tried = {command.text for command in but}
    return list({c.text: c for c in reversed(commands) if c.text not in tried}.values())[::-1]


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return pretrained.synthesizer()


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what a clone has, of that which commands read."""
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "sample.jsonl", tmp_path / "data")
    (tmp_path / "sales.csv").write_text("price\n3\n8\n", encoding="utf-8")  # a reader's own
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", RUN, ids=str)
def test_a_quick_command_prints_what_is_shown(
    command: Command,
    saps: RunSaps,  # noqa: F811
    synthesizer: Synthesizer,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Synthesizer, "load", lambda *_, **__: synthesizer)
    piped = re.fullmatch(r"printf '([^']*)' \| (.*)", command.text)
    stdin, text = (piped[1].replace("\\n", "\n"), piped[2]) if piped else ("", command.text)
    outcome = saps(*shlex.split(text, comments=True)[1:], stdin=stdin.encode())
    assert outcome.status == 0 or "error" in command.output, outcome.err
    shown = {outcome.out + outcome.err, outcome.err + outcome.out}
    right = [
        doctest.OutputChecker().check_output(command.output, got, doctest.ELLIPSIS) for got in shown
    ]
    assert any(right) or not command.output, outcome.out + outcome.err


def test_every_command_of_saps_is_either_quick_or_expensive() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group's
    assert {*QUICK, *EXPENSIVE} == set(commands)


@pytest.mark.parametrize("command", _once(CONSOLE, but=RUN), ids=str)
def test_a_command_would_start(command: Command) -> None:
    check(command.text)


@pytest.mark.parametrize("command", _once(inline_commands(), but=CONSOLE), ids=str)
def test_a_command_within_a_sentence_would_start(command: Command) -> None:
    check(command.text, complete=False)


def test_commands_stand_where_they_are_tried() -> None:
    assert commands_in_other_blocks() == []


@pytest.mark.parametrize(("page", "test"), OWN_TESTS.items())
def test_a_page_left_out_here_has_a_test_of_its_own(page: str, test: str) -> None:
    assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "saps train experiment=saps_vx",
        "saps train trainer.max_epoch=3",
        "saps generate seed=1,2",
        "saps synthesise 'find a'",
        "saps synthesize 'find a' --inputs '{}'",
        "saps run",
        "python benchmarks/training.py --dta data/generated",
        "pytest tests/decoding/test_absent.py",
        'pip install "saps[absent]"',
        "make html",
        "mkdir x && saps train modle=saps",
    ],
)
def test_a_command_that_would_not_start_is_noticed(text: str) -> None:
    with pytest.raises((Exception, SystemExit, pytest.fail.Exception)):
        check(text)
