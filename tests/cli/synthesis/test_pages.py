"""What the pages of `saps synthesize` and docs/python.md show is what comes."""

import doctest
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from saps.cli.prompt import SENTENCE_HELP
from saps.synthesis.synthesizer import Synthesizer
from tests import pretrained
from tests.cli.conftest import RunSaps

DOCS = Path(__file__).parents[3] / "docs"
NAMES = ["synthesize-more.md", "synthesize-table.md", "synthesize.md"]
PAGES = "\n".join((DOCS / name).read_text(encoding="utf-8") for name in NAMES)


class Command(NamedTuple):
    """A command of a page, and what it shows below it."""

    text: str
    output: str


def _commands() -> list[Command]:
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", PAGES, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            text, _, output = part.partition("\n")
            found.append(Command(text, output))
    return found


@pytest.fixture(scope="module")
def synthesizer() -> Synthesizer:
    return pretrained.synthesizer()


@pytest.mark.parametrize("command", _commands(), ids=lambda command: command.text[-40:])
def test_a_command_prints_what_the_page_shows(
    command: Command,
    saps: RunSaps,
    synthesizer: Synthesizer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if "--model" not in command.text:
        monkeypatch.setattr(Synthesizer, "load", lambda path: synthesizer)
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"^`(\S+)`:\n\n```text\n(.*?)^```$", PAGES, re.M | re.S):
        (tmp_path / name).write_text(text)
    program, *arguments = shlex.split(command.text)
    assert program == "saps"
    outcome = saps(*arguments)
    shown, wanted = map(_rounded, (outcome.out + outcome.err, command.output))
    assert doctest.OutputChecker().check_output(wanted, shown, doctest.ELLIPSIS), shown


def _rounded(text: str) -> str:
    """Round long decimals: their last digits depend on the processor that adds them up."""
    return re.sub(r"\d+\.\d{7,}", lambda number: f"{float(number[0]):.6f}", text)


def test_every_option_of_the_command_is_on_a_page(saps: RunSaps) -> None:
    options = set(re.findall(r"^\s+(--[a-z]+)", saps("synthesize", "--help").out, re.MULTILINE))
    assert len(options) > 12
    assert sorted(option for option in options - {"--debug", "--help"} if option not in PAGES) == []


def test_a_page_has_the_help_of_the_prompt() -> None:
    assert SENTENCE_HELP in PAGES


def test_the_python_page_prints_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "python.md", None, None)
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)
    assert len(test.examples) > 20
