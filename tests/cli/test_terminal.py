"""What a person types at the prompt of `saps repl`, and what comes of it."""

import os
import pty
import select
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from saps.cli.prompt import ProgramPrompt, history_file, is_open, prompt_session


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


def typed(keys: PipeInput, text: str) -> str:
    keys.send_text(text)
    return prompt_session(ProgramPrompt().names, input=keys, output=DummyOutput()).prompt("> ")


def test_enter_goes_on_while_a_bracket_is_open(keys: PipeInput) -> None:
    assert typed(keys, "(reduce a\r0 +)\r") == "(reduce a\n0 +)"


def completions(text: str) -> list[Completion]:
    """What Tab offers at the end of a text."""
    session = prompt_session(ProgramPrompt().names, output=DummyOutput())
    assert session.completer is not None
    return list(session.completer.get_completions(Document(text), CompleteEvent()))


def test_completions_show_signatures() -> None:
    found = completions("(map a (str_co")
    assert [(c.text, c.start_position, c.display_meta_text) for c in found] == [
        ("str_concat", -6, "string string -> string")
    ]


def test_history_is_there_in_the_next_session(keys: PipeInput) -> None:
    typed(keys, "(+ 1 2)\r")
    assert "(+ 1 2)" in history_file().read_text(encoding="utf-8")
    assert typed(keys, "\x1b[A\r") == "(+ 1 2)"  # the key with the arrow that points up


def test_prompt_works_where_no_history_can_be_kept(
    keys: PipeInput, state_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (state_folder / "saps").write_text("a file where the folder should be", encoding="utf-8")
    assert typed(keys, "(+ 1 2)\r") == "(+ 1 2)"
    assert "no history is kept: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", False), ("(+ 1 2)", False), ("(+ 1", True), ('["+", "1"', True), ("(f))", False),
        ('(strlen ")")', False), ('(strlen "(")', False), ('"a', True), ('"', True),
        ('"a\\"', True), ('"a\\\\"', False), ('(f "', True), (":let a = [1,", True),
    ],
)  # fmt: skip
def test_a_program_is_open_until_brackets_and_quotes_are_closed(text: str, answer: bool) -> None:
    assert is_open(text) is answer


@pytest.mark.parametrize(
    ("text", "word"),
    [("(map a str_", "str_"), ("(", ""), ("a ", ""), (":le", ":le"), ("(int-de", "int-de")],
)
def test_the_word_before_the_cursor_is_a_symbol(text: str, word: str) -> None:
    found = completions(text)
    assert {c.start_position for c in found} == {-len(word)}
    assert {c.text for c in found} == {n for n in ProgramPrompt().names() if n.startswith(word)}


def test_repl_answers_at_a_terminal() -> None:
    mine, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    command = [sys.executable, "-c", "from saps.cli import main; main()", "repl"]
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
    with Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = _read_until(mine, b"saps>")
        os.write(mine, b'(str_concat "for"\r"ty")\r')
        shown = _read_until(mine, b'"forty"')
        # Between two prompts the terminal is not raw, and what is typed then may be lost.
        if b"saps>" not in shown.partition(b'"forty"')[2]:
            shown += _read_until(mine, b"saps>")
        os.write(mine, b"\x04")
        shown += _read_until(mine, b"never written")
        assert process.wait(20) == 0
    os.close(mine)
    assert b'"forty"' in shown


def _read_until(terminal: int, end: bytes) -> bytes:
    """What the other side writes, up to a text or to its end."""
    shown = b""
    while end not in shown:
        assert select.select([terminal], [], [], 60)[0], shown
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # how Linux says that the other side is closed
            break
    return shown
