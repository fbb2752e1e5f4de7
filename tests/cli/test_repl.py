"""Words that people type at the prompt of `saps repl`."""

import pytest

from saps.cli.prompt import ProgramPrompt
from tests.cli.conftest import RunSaps


@pytest.mark.parametrize("word", ["help", "/help", "?", "Help"])
def test_help_is_no_program(word: str) -> None:
    session = ProgramPrompt()
    assert session.answer(word) == session.answer(":help")


@pytest.mark.parametrize("word", ["quit", "exit", "/quit", ":exit", ":q"])
def test_who_wants_to_leave_leaves(saps: RunSaps, word: str) -> None:
    outcome = saps("repl", stdin=f"(+ 1 2)\n{word}\n(+ 1 1)\n".encode())
    assert (outcome.status, outcome.out) == (0, "3\n")


def test_an_argument_may_be_called_help() -> None:
    session = ProgramPrompt()
    session.answer(":let help = 5")
    assert session.answer("help") == "5"
