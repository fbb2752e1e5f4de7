"""The README's commands are read from the README, run, and print what it says they print."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_SCREEN = 40  # lines


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the output shown below it."""

    line: int
    text: str
    output: str


def _blocks(language: str) -> Iterator[tuple[int, str]]:
    """Yield the fenced blocks of a language, each with the line it starts on."""
    for match in re.finditer(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL):
        yield README.count("\n", 0, match.start(1)) + 1, match.group(1)


def _commands() -> Iterator[Command]:
    for line, block in _blocks("console"):
        joined = re.sub(r"\\\n\s+", "", block)
        for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
            text, _, output = part.partition("\n")
            yield Command(line, text, output)


COMMANDS = list(_commands())
FROM_CLONE = [command for command in COMMANDS if command.text.startswith("python3.11 -m venv")]


def _quick() -> Iterator[Command]:
    """Commands that synthesize, run or check, without the installation ahead of them."""
    for command in COMMANDS:
        text = command.text.rpartition("&& ")[2]
        if re.search(r"\bsaps (synthesize|run|check)\b", text):
            yield Command(command.line, text, command.output)


@pytest.mark.parametrize("command", list(_quick()), ids=lambda command: command.text[:40])
def test_command_prints_what_the_readme_shows(command: Command) -> None:
    # A shell, since these are quoted and piped as a reader would type them; the `saps` of this
    # environment, installed or not.
    saps = f'saps() {{ "{sys.executable}" -c "from saps.cli import main; main()" "$@"; }}'
    done = subprocess.run(
        ["bash", "-c", f"{saps}\n{command.text}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    # Only `...` stands for what differs from machine to machine.
    checker = doctest.OutputChecker()
    assert checker.check_output(command.output, done.stdout, doctest.ELLIPSIS), done.stdout


@pytest.mark.parametrize(("line", "block"), list(_blocks("pycon")))
def test_python_session_prints_what_the_readme_shows(line: int, block: str) -> None:
    test = doctest.DocTestParser().get_doctest(block, {}, "README.md", "README.md", line)
    runner = doctest.DocTestRunner(verbose=False)
    report: list[str] = []
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
    assert test.examples


def test_applications_of_the_readme_compose(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from saps.cli import main

    texts = [command.text for command in COMMANDS]
    applications = [text for text in texts if re.match(r"saps (generate|train|evaluate) ", text)]
    assert {text.split()[1] for text in applications} == {"generate", "train", "evaluate"}
    for text in applications:
        monkeypatch.setattr(sys, "argv", [*text.split(), "--cfg", "job"])
        with pytest.raises(SystemExit) as exit_:
            main()
        assert exit_.value.code in (0, None), capsys.readouterr().err


def test_first_screen_holds_the_two_commands_that_start_from_a_clone() -> None:
    first, second = FROM_CLONE
    assert "saps synthesize" in first.text
    assert second.text.endswith(" pytest -n auto")
    assert second.line < FIRST_SCREEN


def test_ci_runs_those_two_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    reading = re.search(r"^mapfile .* < <\((.*)\)$", script, re.MULTILINE)
    assert reading is not None
    done = subprocess.run(
        ["bash", "-c", reading.group(1)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [command.text for command in FROM_CLONE]
    assert '"${commands[0]}"' in script
    assert '"${commands[1]}"' in script


def test_every_link_to_a_file_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_nothing_is_left_to_fill_in() -> None:
    assert re.findall(r"<[a-z]+>", README) == []
