"""`saps repl`: evaluate programs as they are typed."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption
from saps.cli.prompt_words import as_command

if TYPE_CHECKING:
    from saps.cli.terminal import Candidate
    from saps.lang import Node, Type, Value

_HELP = """\
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
    session = Session()
    for line in _lines(session):
        if session.command(line) == ":quit":
            break
        answer = session.answer(line)
        if answer:
            print(answer)


def _lines(session: "Session") -> Iterable[str]:
    """What is typed, or what comes from a file or a pipe, a line each."""
    if not sys.stdin.isatty():
        return sys.stdin
    from saps.cli.terminal import typed_lines

    print("AlgoLisp. :help shows the commands, Ctrl-D leaves.", file=sys.stderr)
    return typed_lines("saps> ", session.candidates)


class Session:
    """What a user has bound and typed so far. Knows no terminal."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._types: dict[str, Type] = {}
        self._last: Node | None = None
        self._commands: dict[str, Callable[[str], str]] = {
            ":let": self._let,
            ":args": self._show_arguments,
            ":type": self._show_type,
            ":python": self._show_python,
            ":tree": self._show_tree,
            ":help": self._show_help,
        }

    def answer(self, line: str) -> str:
        """What to print for a line; an error becomes its message."""
        from saps.lang import AlgoLispError

        try:
            return self._answer(self.command(line))
        except (AlgoLispError, CommandError) as error:
            return f"error: {error}"

    def command(self, line: str) -> str:
        """Return a line without spaces around it; `help` and `quit` unless they are arguments."""
        program = line.strip()
        return program if program in self._values else as_command(line)

    def candidates(self, word: str) -> "Iterator[Candidate]":
        """The completions of a word, each with its signature or its type."""
        from saps.cli.terminal import Candidate
        from saps.lang import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS

        meanings = dict.fromkeys([*self._commands, ":quit"], "command")
        meanings |= {name: function.signature for name, function in FUNCTIONS.items()}
        meanings |= dict.fromkeys([*FORMS], "form") | dict.fromkeys(LAMBDA_ARGUMENTS, "of a lambda")
        meanings |= {"self": "the innermost lambda"}
        meanings |= {name: str(kind) for name, kind in self._types.items()}
        for name, meaning in meanings.items():
            if name.startswith(word):
                yield Candidate(name, meaning)

    def _answer(self, line: str) -> str:
        if not line:
            return ""
        if not line.startswith(":"):
            return self._evaluate(line)
        command, _, rest = line.partition(" ")
        if command not in self._commands:
            raise CommandError(f"there is no command {command}; :help shows all")
        return self._commands[command](rest.strip())

    def _evaluate(self, text: str) -> str:
        from saps.cli.values import show_value
        from saps.lang import AlgoLispError, compile_program, infer_type
        from saps.lang.drawing import explain

        node = self._program(text)
        types = {name: str(kind) for name, kind in self._types.items()}
        try:
            infer_type(node, types)
            value = compile_program(node, types)(self._values)
        except AlgoLispError as error:
            raise CommandError(f"{error}\n{explain(node, error)}") from error
        return show_value(value)

    def _program(self, text: str) -> "Node":
        """The program of a command: what was typed, or else the last one."""
        from saps.cli.program import read_program

        if text:
            self._last = read_program(text)
        if self._last is None:
            raise CommandError("there is no last program; type one")
        return self._last

    def _let(self, text: str) -> str:
        from saps.lang import parse_type
        from saps.lang.scope import check_argument_names
        from saps.lang.value_type import type_of_value

        left, found, right = text.partition("=")
        name, _, kind = (part.strip() for part in left.partition(":"))
        if not found or not name:
            raise CommandError("expected a name and a value, such as :let a = [1, 2, 3]")
        try:
            value = json.loads(right)
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{right.strip()[:60]!r} is not JSON: {error}") from error
        check_argument_names([name])
        self._types[name] = parse_type(kind) if kind else type_of_value(value)
        self._values[name] = value
        return f"{name}: {self._types[name]}"

    def _show_arguments(self, _: str) -> str:
        from saps.cli.values import show_value

        return "\n".join(
            f"{name}: {self._types[name]} = {show_value(value)}"
            for name, value in self._values.items()
        )

    def _show_type(self, text: str) -> str:
        from saps.lang import infer_signature

        node = self._program(text)
        return str(infer_signature(node, self._occurring(node)))

    def _show_python(self, text: str) -> str:
        from saps.lang import infer_signature, to_python

        node = self._program(text)
        signature = infer_signature(node, self._occurring(node))
        types = {name: str(kind) for name, kind in signature.arguments.items()}
        return to_python(node, types, str(signature.result)).rstrip()

    def _show_tree(self, text: str) -> str:
        from saps.lang.drawing import box_tree

        return box_tree(self._program(text))

    def _show_help(self, name: str) -> str:
        from saps.cli.functions import function_named
        from saps.lang.reference import describe

        return describe(function_named(name)) if name else _HELP

    def _occurring(self, node: "Node") -> "dict[str, Type]":
        """The types of the bound arguments that a program mentions."""
        symbols = {part.symbol for part in node.preorder()}
        return {name: kind for name, kind in self._types.items() if name in symbols}
