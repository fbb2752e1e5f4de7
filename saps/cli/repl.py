"""`saps repl`: evaluate programs as they are typed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from saps.cli.console import CommandError, DebugOption
from saps.cli.programs import function_named, read_program
from saps.cli.prompt import Completion, Conversation
from saps.cli.values import read_json
from saps.resources import show_value

if TYPE_CHECKING:
    from saps.lang import Node, Signature, Type, Value

HELP: Final = """\
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
    Session().run()


class Session(Conversation):
    """What a user has bound and typed so far."""

    history = "repl-history"
    welcome = "AlgoLisp. :help shows the commands, Ctrl-D leaves."

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._types: dict[str, Type] = {}
        self._last: Node | None = None
        self.commands = {
            ":let": self._let,
            ":args": self._show_arguments,
            ":type": self._show_type,
            ":python": self._show_python,
            ":tree": self._show_tree,
            ":help": self._show_help,
        }

    def command(self, line: str) -> str:
        """See `Conversation.command`; `help` and `quit` may be arguments."""
        program = line.strip()
        return program if program in self._values else super().command(line)

    def completions(self, word: str) -> Iterator[Completion]:
        """The completions of a word, each with its signature or its type."""
        from saps.lang import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS

        meanings = dict.fromkeys([*self.commands, ":quit"], "command")
        meanings |= {name: function.signature for name, function in FUNCTIONS.items()}
        meanings |= dict.fromkeys([*FORMS], "form") | dict.fromkeys(LAMBDA_ARGUMENTS, "of a lambda")
        meanings |= {"self": "the innermost lambda"}
        meanings |= {name: str(kind) for name, kind in self._types.items()}
        for name, meaning in meanings.items():
            if name.startswith(word):
                yield Completion(name, meaning)

    def say(self, line: str) -> str:
        from saps.lang import AlgoLispError, compile_program, infer_type
        from saps.lang.render import explain

        node = self._program(line)
        types = {name: str(kind) for name, kind in self._types.items()}
        try:
            infer_type(node, types)
            value = compile_program(node, types)(self._values)
        except AlgoLispError as error:
            raise CommandError(f"{error}\n{explain(node, error)}") from error
        return show_value(value)

    def _program(self, text: str) -> "Node":
        """The program of a command: what was typed, or else the last one."""
        if text:
            self._last = read_program(text)
        if self._last is None:
            raise CommandError("there is no last program; type one")
        return self._last

    def _let(self, text: str) -> str:
        from saps.lang import infer_signature, parse, parse_type
        from saps.lang.unify import type_of_value

        left, found, right = text.partition("=")
        name, _, kind = (part.strip() for part in left.partition(":"))
        if not found or not name:
            raise CommandError("expected a name and a value, such as :let a = [1, 2, 3]")
        value = read_json(right.strip(), repr(right.strip()[:60]))
        infer_signature(parse("0"), {name: "int"})  # refuses what no argument may be called
        self._types[name] = parse_type(kind) if kind else type_of_value(value)
        self._values[name] = value
        return f"{name}: {self._types[name]}"

    def _show_arguments(self, _: str) -> str:
        return "\n".join(
            f"{name}: {self._types[name]} = {show_value(value)}"
            for name, value in self._values.items()
        )

    def _show_type(self, text: str) -> str:
        return str(self._signature(self._program(text)))

    def _show_python(self, text: str) -> str:
        from saps.lang import to_python

        node = self._program(text)
        signature = self._signature(node)
        types = {name: str(kind) for name, kind in signature.arguments.items()}
        return to_python(node, types, str(signature.result)).rstrip()

    def _signature(self, node: "Node") -> "Signature":
        """Return the types of a program, under those of the bound arguments that it mentions."""
        from saps.lang import infer_signature

        # An argument that is bound and not used is none of the program.
        symbols = {part.symbol for part in node.preorder()}
        bound = {name: kind for name, kind in self._types.items() if name in symbols}
        return infer_signature(node, bound)

    def _show_tree(self, text: str) -> str:
        from saps.lang.render import box_tree

        return box_tree(self._program(text))

    def _show_help(self, name: str) -> str:
        from saps.lang.render import describe

        return describe(function_named(name)) if name else HELP
