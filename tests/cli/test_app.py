import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import saps as package
from tests.cli.conftest import RunSaps

ROOT = Path(package.__file__).parents[1]


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
        "heavy = {'torch', 'lightning', 'hydra', 'numpy', 'sentencepiece', 'wandb', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "sys.argv = ['saps', 'train', 'learning_rate=1']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'lightning'} & set(sys.modules)))"
    )
    assert _python(code) == "3\n[]\n[]\n"  # a misspelt key need not wait for torch either


def test_synthesis_imports_no_lightning_and_training_no_wandb() -> None:
    code = (
        "import sys, saps.synthesis.synthesizer\n"
        "print('lightning' in sys.modules)\n"
        "import saps.training.run\n"
        "print('lightning' in sys.modules, 'wandb' in sys.modules)"
    )
    assert _python(code) == "False\nTrue False\n"


def _python(code: str) -> str:
    """Run code in a process that has imported nothing yet; return its stdout."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_package_is_a_program_too() -> None:
    assert "saps 0." in _python(
        "import runpy, sys; sys.argv = ['saps', '--version']\n"
        "runpy.run_module('saps', run_name='__main__')"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["ru"], ["run"]),
        (["train", "mod"], ["model=saps", "model.decoder.recurrence=vh"]),
        (["train", "optimizer.lr"], ["optimizer.lr=0.002"]),
        (["train", "model=seq2seq", "cell", "=", "gr"], ["gru"]),
        (["evaluate", "--m"], ["--multirun"]),
        (["data", "ver"], ["verify"]),
    ],
)
def test_the_shell_completes_commands_groups_and_settings(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, words: list[str], expected: list[str]
) -> None:
    monkeypatch.setenv("_SAPS_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["saps", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    outcome = saps()
    assert (outcome.status, outcome.err) == (0, "")
    assert set(expected) <= set(outcome.out.split())


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_complete_the_same(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    monkeypatch.setenv("_SAPS_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "saps train model=s")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    outcome = saps()
    assert (outcome.status, outcome.err) == (0, "")
    assert {"model=saps", "model=seq2seq"} <= set(re.findall(r"[\w=]+", outcome.out))


def test_completion_can_be_installed(saps: RunSaps) -> None:
    assert "--install-completion" in saps("--help").out


CLOSED = """
import os, sys
os.close({number})
sys.{name} = None
from saps.cli import main
sys.argv = ["saps", *{arguments!r}]
main()
"""


@pytest.mark.parametrize(
    ("number", "name", "arguments"),
    [
        (0, "stdin", ["repl"]),
        (1, "stdout", ["run", "(+ 1 2)"]),
        (2, "stderr", ["synthesize", ""]),
    ],
)
def test_a_stream_that_is_closed_is_no_defect(
    number: int, name: str, arguments: list[str], tmp_path: Path
) -> None:
    code = CLOSED.format(number=number, name=name, arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == (1 if name == "stderr" else 0), done.stderr
    assert "bug in SAPS" not in done.stderr


def test_what_the_terminal_can_not_show_is_escaped() -> None:
    code = (
        "import sys; from saps.cli import main\n"
        "sys.argv = ['saps', 'run', 's', '--input', '{\"s\": \"\\u2588 \\ud83d\"}']\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "bug in SAPS" not in done.stderr
