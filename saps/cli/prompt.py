"""Prompts: `saps repl` answers programs as they are typed, `saps synthesize` sentences."""

import os
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saps.cli.answers import (
    VIEWS,
    answer_lines,
    not_known_lines,
    notes,
    read_views,
    sample_lines,
    view_lines,
)
from saps.cli.asking import (
    Asking,
    read_argument,
    read_example,
    read_inputs,
    read_json,
    read_type,
    require_arguments,
)
from saps.cli.console import CommandError, DebugOption, describe, styled
from saps.cli.programs import function_named, read_program
from saps.lang import (
    FORMS,
    FUNCTIONS,
    LAMBDA_ARGUMENTS,
    AlgoLispError,
    Node,
    Signature,
    Value,
    compile_program,
    infer_signature,
    infer_type,
    parse,
    parse_type,
    render,
    to_python,
)
from saps.lang.unify import type_of_value
from saps.resources import show_value

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History

    from saps.synthesis.synthesizer import Synthesis


# What people type to leave a prompt or to be helped, whatever its own commands look like.
_HELP: Final = frozenset({"help", "/help", ":h", "?", "help()"})
_QUIT: Final = frozenset(
    {"quit", "exit", "/quit", "/exit", ":exit", ":q", "quit()", "exit()", "/q"}
)


class _Conversation(ABC):
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
    def names(self) -> Mapping[str, str]:
        """Return what Tab completes, with what to show beside it."""

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
            lines = typed_lines(self.names, self.history)
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

_Names = Callable[[], Mapping[str, str]]
# Of the text before the cursor, which prompt_toolkit reads backwards: hence ^ for its end.
_WORD: Final = re.compile(r'^[^\s()\[\],"]+')
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[()\[\]]', re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def typed_lines(names: _Names, history: str) -> Iterator[str]:
    """Yield what a person types, until they leave; Ctrl-C drops a line, Ctrl-D leaves."""
    # One session, so that what was typed is in its history at once.
    session = prompt_session(names, history)
    while True:
        try:
            yield session.prompt("saps> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def prompt_session(
    names: _Names, history: str = "repl-history", **devices: Any
) -> "PromptSession[str]":
    """A prompt that edits one program at a time; `devices` are prompt_toolkit's, for tests."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import DynamicCompleter, WordCompleter
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    def completer() -> WordCompleter:
        known = names()  # what is bound meanwhile is known, too
        return WordCompleter([*known], meta_dict=known, pattern=_WORD)

    bindings = KeyBindings()

    @bindings.add("enter")
    def _enter(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        # Enter ends a program, and only a whole one.
        if is_open(buffer.text):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    return PromptSession(
        completer=DynamicCompleter(completer),
        complete_while_typing=False,
        history=_history(history),
        key_bindings=bindings,
        multiline=True,
        prompt_continuation=lambda width, _line, _wrapped: "." * (width - 1) + " ",
        **devices,
    )


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


# Programs: `saps repl`.

PROGRAM_HELP: Final = """\
PROGRAM              compute the value
:let a = [1, 2, 3]   bind an argument to a value, in JSON; :let a: int[] = [] gives its type too
:args                show what is bound
:type [PROGRAM]      the types of its arguments and value
:python [PROGRAM]    the same as a Python function
:tree [PROGRAM]      the tree
:help [NAME]         this, or what a function does
:quit                leave; so does Ctrl-D
At a terminal, Tab completes names, and a program may go over lines until its brackets are closed.
Without PROGRAM, a command takes the last one."""


def repl(_debug: DebugOption = False) -> None:
    """Evaluate programs interactively; :help shows the commands.

    echo '(+ 1 2)' | saps repl
    """
    ProgramPrompt().run()


class ProgramPrompt(_Conversation):
    """`saps repl`: what a user has bound and typed so far."""

    history = "repl-history"
    welcome = "AlgoLisp. :help shows the commands, Ctrl-D leaves."

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._types: dict[str, str] = {}
        self._last: Node | None = None
        self.commands = {
            ":let": self._let,
            ":args": self._show_arguments,
            ":type": lambda text: str(self._signature(self._program(text))),
            ":python": self._show_python,
            ":tree": lambda text: render.box_tree(self._program(text)),
            ":help": lambda n: render.describe(function_named(n)) if n else PROGRAM_HELP,
        }

    def command(self, line: str) -> str:
        """See `_Conversation.command`; `help` and `quit` may be arguments."""
        program = line.strip()
        return program if program in self._values else super().command(line)

    def names(self) -> Mapping[str, str]:
        """Return names with their signatures or types."""
        meanings = dict.fromkeys([*self.commands, ":quit"], "command")
        meanings |= {name: function.signature for name, function in FUNCTIONS.items()}
        meanings |= dict.fromkeys([*FORMS], "form") | dict.fromkeys(LAMBDA_ARGUMENTS, "of a lambda")
        meanings |= {"self": "the innermost lambda"}
        return meanings | self._types

    def say(self, line: str) -> str:
        node = self._program(line)
        try:
            infer_type(node, self._types)
            value = compile_program(node, self._types)(self._values)
        except AlgoLispError as error:
            raise CommandError(f"{error}\n{render.explain(node, error)}") from error
        return show_value(value)

    def _program(self, text: str) -> Node:
        """The program of a command: what was typed, or else the last one."""
        if text:
            self._last = read_program(text)
        if self._last is None:
            raise CommandError("there is no last program; type one")
        return self._last

    def _let(self, text: str) -> str:
        left, found, right = text.partition("=")
        name, _, kind = (part.strip() for part in left.partition(":"))
        if not found or not name:
            raise CommandError("expected a name and a value, such as :let a = [1, 2, 3]")
        value = read_json(right.strip(), repr(right.strip()[:60]))
        infer_signature(parse("0"), {name: "int"})  # refuses what no argument may be called
        self._types[name] = str(parse_type(kind) if kind else type_of_value(value))
        self._values[name] = value
        return f"{name}: {self._types[name]}"

    def _show_arguments(self, _: str) -> str:
        return "\n".join(
            f"{name}: {self._types[name]} = {show_value(value)}"
            for name, value in self._values.items()
        )

    def _show_python(self, text: str) -> str:
        node = self._program(text)
        signature = self._signature(node)
        return to_python(node, signature.types, str(signature.result)).rstrip()

    def _signature(self, node: Node) -> Signature:
        """Return the types of a program, under those of the bound arguments that it mentions."""
        # An argument that is bound and not used is none of the program.
        symbols = {part.symbol for part in node.preorder()}
        bound = {name: kind for name, kind in self._types.items() if name in symbols}
        return infer_signature(node, bound)


# Sentences: `saps synthesize` without one.

SENTENCE_HELP: Final = """\
SENTENCE              write a program for it; the next sentence replaces it
+ WORDS               add words to the last sentence
:run {"a": [1, 2]}    compute the program's value
:show VIEW            tree, attention, steps, python or all
:arg a=int[]          declare an argument; :arg alone shows what is declared
:returns int          declare the type of the value; :returns alone forgets it
:example {"a": 1} -> 2  the program should do this; :example alone shows all
1, 2 or n             answer a question: the first output is right, the second, neither
:forget               forget arguments, type and examples
:top 3                show the three best programs
:save out.py          write the Python; :save! replaces a file that is there
:help                 this
:quit                 leave; so does Ctrl-D
What is declared holds until :forget, and the last sentence is answered anew when it changes."""


class SentencePrompt(_Conversation):
    """The prompt of `saps synthesize`: what was declared and said so far."""

    history = "synthesize-history"
    welcome = "Say what a program should do. :help shows the commands, Ctrl-D leaves."

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._text = ""
        self._last: Synthesis | None = None
        self.commands = {
            ":run": self._run,
            ":show": self._show,
            ":arg": self._declare,
            ":returns": self._returns,
            ":example": self._example,
            ":forget": lambda _: self._change(
                "nothing is declared", arguments={}, examples=[], rejected=[], returns=None
            ),
            ":top": self._top,
            ":save": lambda name: self._save(name, "x"),
            ":save!": lambda name: self._save(name, "w"),
            ":help": lambda _: SENTENCE_HELP,
        }

    def names(self) -> Mapping[str, str]:
        """Return the commands and views."""
        return dict.fromkeys([*self.commands, ":quit"], "command") | dict.fromkeys(VIEWS, "view")

    def say(self, line: str) -> str:
        question = None if self._last is None else self._last.question()
        if line in ("1", "2", "n") and question is not None:
            told = self._asking.answered(question, line)
            return self._change("noted", examples=told.examples, rejected=told.rejected)
        if line.startswith("+"):
            line = f"{self._text} {line.removeprefix('+').strip()}".strip()
        return self._synthesize(line)

    def _synthesize(self, text: str) -> str:
        from saps.synthesis.asking_back import NotKnownError

        # What was said to be wrong was about the sentence before.
        rejected = self._asking.rejected if text == self._text else []
        self._asking = replace(self._asking, rejected=rejected)
        self._text, self._last = text, None
        try:
            self._last = self._asking.synthesize(text)
        except NotKnownError as error:
            self._last = error.guess  # so that its question can be answered
            return "\n".join(not_known_lines(error))
        remarks = [styled("faint", note) for note in notes(self._last)]
        shown = [*answer_lines(self._last), *sample_lines(self._last)]
        return "\n".join([*shown, *([""] if remarks else []), *remarks])

    def _change(self, told: str, **fields: Any) -> str:
        """Declare something, and answer the last sentence anew; undo what makes it fail."""
        before, last = self._asking, self._last
        self._asking = replace(before, **fields)
        try:
            if self._text:
                return f"{told}\n{self._synthesize(self._text)}"
            self._asking.check()
        # A declaration that no program can have is not kept.
        except Exception:
            self._asking, self._last = before, last
            raise
        return told

    def _program(self) -> "Synthesis":
        if self._last is None:
            raise CommandError("there is no program yet; say what it should do")
        return self._last

    def _run(self, text: str) -> str:
        synthesis = self._program()
        inputs = read_inputs(text or "{}", ":run")
        require_arguments(synthesis.by_letter(inputs), synthesis.arguments, ":run")
        return show_value(synthesis.run(inputs))

    def _show(self, text: str) -> str:
        synthesis, views = self._program(), read_views([text or "all"], ":show")
        synthesizer = self._asking.synthesizer
        return "\n\n".join("\n".join(view_lines(view, synthesizer, synthesis)) for view in views)

    def _declare(self, text: str) -> str:
        arguments = self._asking.arguments
        if not text:
            return "\n".join(f"{name}: {kind}" for name, kind in arguments.items()) or "none"
        name, kind = read_argument(text, ":arg")
        return self._change(f"{name}: {kind}", arguments={**arguments, name: kind})

    def _returns(self, text: str) -> str:
        if not text:
            return self._change("the type of the value is no longer declared", returns=None)
        return self._change(f"returns {text}", returns=read_type(text))

    def _example(self, text: str) -> str:
        examples = list(self._asking.examples)
        if not text:
            listed = [f"{show_value(inputs)} -> {show_value(out)}" for inputs, out in examples]
            return "\n".join(listed) or "none"
        examples.append(read_example(text, ":example"))
        n = len(examples)
        return self._change(f"{n} example{'s' if n > 1 else ''}", examples=examples)

    def _top(self, text: str) -> str:
        if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
            raise CommandError(f":top {text}: expected a number of programs, such as :top 3")
        return self._change(f"the best {text}", top=int(text[:9]))

    def _save(self, name: str, mode: str) -> str:
        python = self._program().python
        if not name:
            raise CommandError("expected a file, such as :save out.py")
        path = Path(name).expanduser()
        try:
            with path.open(mode, encoding="utf-8") as file:
                file.write(python)
        except FileExistsError as error:
            raise CommandError(f"{path} is there already; :save! {name} replaces it") from error
        return f"saved {path}"
