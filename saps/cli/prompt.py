"""A prompt: lines that a person types, with history and completion, and the commands in them."""

import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from saps.cli.console import CommandError, describe

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings


class Completion(NamedTuple):
    """A completion, and what to show beside it."""

    text: str
    meaning: str


# What people type to leave a prompt or to be helped, whatever its own commands look like.
_HELP: Final = frozenset({"help", "/help", ":h", "?", "help()"})
_QUIT: Final = frozenset(
    {"quit", "exit", "/quit", "/exit", ":exit", ":q", "quit()", "exit()", "/q"}
)


class Conversation(ABC):
    """What was said so far, and the answer to the next line. Knows no terminal."""

    # The name of the file that remembers the lines.
    history: str
    welcome: str
    # What answers a line that begins with such a word, given the rest of it.
    commands: dict[str, Callable[[str], str]]

    @abstractmethod
    def say(self, line: str) -> str:
        """Answer a line that is no command."""

    @abstractmethod
    def completions(self, word: str) -> Iterator[Completion]:
        """Yield what a word may become."""

    def answer(self, line: str) -> str:
        """Return what to print for a line; an error becomes its message."""
        try:
            line = self.command(line)
            if not line.startswith(":"):
                return self.say(line) if line else ""
            name, _, rest = line.partition(" ")
            if name not in self.commands:
                raise CommandError(f"there is no command {name}; :help shows all")
            return self.commands[name](rest.strip())
        except Exception as error:  # the prompt lives on whatever one line does
            return f"error: {describe(error)}"

    def command(self, line: str) -> str:
        """Return a line without spaces around it; ":help" or ":quit" for what means these."""
        word = line.strip()
        if word.lower() in _HELP:
            return ":help"
        return ":quit" if word.lower() in _QUIT else word

    def run(self) -> None:
        """Answer what is typed, or what comes from a file or a pipe, until the person leaves."""
        lines: Iterable[str] = sys.stdin
        if sys.stdin.isatty():
            print(self.welcome, file=sys.stderr)
            lines = typed_lines(self.completions, self.history)
        for line in lines:
            if self.command(line) == ":quit":
                break
            try:
                answer = self.answer(line)
            except KeyboardInterrupt:
                answer = "stopped"
            if answer:
                print(answer)


# The terminal.

Completions = Callable[[str], Iterable[Completion]]
_WORD: Final = re.compile(r'[^\s()\[\],"]+$')
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[()\[\]]', re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def typed_lines(completions: Completions, history: str) -> Iterator[str]:
    """Yield what a person types, until they leave; Ctrl-C drops a line, Ctrl-D leaves."""
    # One session, so that what was typed is in its history at once.
    session = prompt_session(completions, history)
    while True:
        try:
            yield session.prompt("saps> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def prompt_session(
    completions: Completions, history: str = "repl-history", **devices: Any
) -> "PromptSession[str]":
    """A prompt that edits one program at a time; `devices` are prompt_toolkit's, for tests."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit import completion as toolkit
    from prompt_toolkit.document import Document

    class SymbolCompleter(toolkit.Completer):
        """Completes the symbol before the cursor."""

        def get_completions(
            self,
            document: Document,
            complete_event: toolkit.CompleteEvent,  # noqa: ARG002  their name
        ) -> Iterable[toolkit.Completion]:
            word = word_before(document.text_before_cursor)
            for text, meaning in completions(word):
                yield toolkit.Completion(text, start_position=-len(word), display_meta=meaning)

    return PromptSession(
        completer=SymbolCompleter(),
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
        elif _STRING.fullmatch(piece) is None:
            return True
    return depth > 0


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


def _key_bindings() -> "KeyBindings":
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    bindings = KeyBindings()

    @bindings.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        # Enter ends a program, and only a whole one.
        if is_open(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    return bindings
