"""Lines that a person types at a terminal: with history, completion, and programs over lines."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

_WORD = re.compile(r'[^\s()\[\],"]+$')
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[()\[\]]', re.DOTALL)


class Candidate(NamedTuple):
    """A completion, and what to show beside it."""

    text: str
    meaning: str


Candidates = Callable[[str], Iterable[Candidate]]


def typed_lines(
    prompt: str, candidates: Candidates, history: str = "repl-history"
) -> Iterator[str]:
    """Yield what a person types, until they leave; Ctrl-C drops a line, Ctrl-D leaves."""
    session = prompt_session(candidates, history)
    while True:
        try:
            yield session.prompt(prompt)
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def prompt_session(
    candidates: Candidates, history: str = "repl-history", **devices: Any
) -> "PromptSession[str]":
    """A prompt that edits one program at a time.

    Args:
        candidates: gives the completions of a word.
        history: name of the file that remembers the lines.
        devices: `input` and `output` of prompt_toolkit, if not the terminal.
    """
    from prompt_toolkit import PromptSession

    return PromptSession(
        completer=_completer(candidates),
        complete_while_typing=False,
        history=_history(history),
        key_bindings=_key_bindings(),
        multiline=True,
        prompt_continuation=lambda width, _line, _wrapped: "." * (width - 1) + " ",
        **devices,
    )


def word_before(text: str) -> str:
    """The symbol that ends a text, which completion is about."""
    found = _WORD.search(text)
    return "" if found is None else found.group()


def is_open(text: str) -> bool:
    """Whether a program goes on in the next line: a bracket or a quote is not closed yet."""
    depth = 0
    for piece in _PIECE.findall(text):
        if piece in "([":
            depth += 1
        elif piece in ")]":
            depth -= 1
        elif len(piece) == 1 or not piece.endswith('"') or _is_escaped_end(piece):
            return True
    return depth > 0


def _is_escaped_end(literal: str) -> bool:
    return re.fullmatch(r'"(?:[^"\\]|\\.)*"', literal, re.DOTALL) is None


def history_file(name: str = "repl-history") -> Path:
    """Where lines are remembered: among the user's other programs' state."""
    state = os.environ.get("XDG_STATE_HOME")
    folder = Path(state) if state else Path("~/.local/state").expanduser()
    return folder / "saps" / name


def _history(name: str) -> "History":
    """The history of earlier sessions; of this one alone where no file can be kept."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        path = history_file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home at all
        print(f"no history is kept: {error}", file=sys.stderr)
        return InMemoryHistory()
    return FileHistory(str(path))


def _completer(candidates: Candidates) -> "Completer":
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document

    class SymbolCompleter(Completer):
        """Completes the symbol before the cursor."""

        def get_completions(
            self,
            document: Document,
            complete_event: CompleteEvent,  # noqa: ARG002  their name
        ) -> Iterable[Completion]:
            word = word_before(document.text_before_cursor)
            for text, meaning in candidates(word):
                yield Completion(text, start_position=-len(word), display_meta=meaning)

    return SymbolCompleter()


def _key_bindings() -> "KeyBindings":
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_open(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    return bindings
