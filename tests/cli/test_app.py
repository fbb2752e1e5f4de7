import subprocess
import sys
from pathlib import Path

import pytest

import saps as package
from tests.cli.conftest import RunSaps


def test_version_is_that_of_the_package(saps: RunSaps) -> None:
    assert saps("--version").out == f"saps {package.__version__}\n"


def test_help_names_every_command(saps: RunSaps) -> None:
    outcome = saps("--help")
    assert outcome.status == 0
    for command in ("synthesize", "run", "check", "generate", "train", "evaluate", "data"):
        assert f"\n  {command} " in outcome.out


def test_help_says_what_each_command_does_in_a_whole_line(saps: RunSaps) -> None:
    lines = saps("--help").out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) > 12
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["run", "1", "--nonsense"], "No such option: --nonsense", id="option"),
        pytest.param(["rum", "1"], "Did you mean 'run'?", id="command"),
        pytest.param(["run"], "Missing argument 'PROGRAM'", id="argument"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_is_wrong(
    saps: RunSaps, arguments: list[str], told: str
) -> None:
    outcome = saps(*arguments)
    assert outcome.status == 2
    assert outcome.out == ""
    assert told in outcome.err
    assert "Traceback" not in outcome.err


def test_debug_shows_the_traceback_and_nothing_else_does(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Traceback" not in saps("run", "(").err
    assert "Traceback" in saps("run", "(", "--debug").err
    monkeypatch.setenv("SAPS_DEBUG", "1")
    assert "Traceback" in saps("run", "(").err


def test_light_commands_import_neither_torch_nor_hydra() -> None:
    code = (
        "import sys; from saps.cli import main\n"
        "sys.argv = ['saps', 'run', '(+ 1 2)']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'lightning', 'hydra', 'numpy', 'sentencepiece', 'wandb'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert _python(code) == "3\n[]\n"


def test_synthesis_imports_no_lightning_and_training_no_wandb() -> None:
    code = (
        "import sys, saps.decoding.synthesizer\n"
        "print('lightning' in sys.modules)\n"
        "import saps.model.training\n"
        "print('lightning' in sys.modules, 'wandb' in sys.modules)"
    )
    assert _python(code) == "False\nTrue False\n"


def _python(code: str) -> str:
    """Run code in a process that has imported nothing yet; return its stdout."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(package.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
