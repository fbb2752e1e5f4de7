"""The reference pages of the language, made from the function table and from the grammar."""

import re
from collections.abc import Iterator

from saps.lang.functions import FUNCTIONS, Function
from saps.lang.types import Constraint, Type, Variable
from saps.resources import resource_folder

_CONSTRAINTS = {
    Constraint.EQUATABLE: "any type without functions",
    Constraint.ORDERED: "a type with an order: int, bool, string, or an array of such",
    Constraint.KEY: "int, bool or string",
}


def describe(function: Function) -> str:
    """What there is to know of one function, in Markdown without its heading."""
    lines = [f"`{function.signature}`", "", function.doc]
    notes = list(_notes(function))
    if notes or function.errors:
        lines.append("")
    lines += notes
    lines += [f"- Error `{code}`: {condition}." for code, condition in function.errors]
    lines += ["", f"`{function.example}` gives `{function.value}`."]
    return "\n".join(lines)


def _notes(function: Function) -> Iterator[str]:
    """What the variables of the signature stand for, if that is not just any type."""
    seen: dict[str, Constraint] = {}
    for kind in (*function.parameters, function.result):
        _collect(kind, seen)
    for name, constraint in seen.items():
        if constraint in _CONSTRAINTS:
            yield f"- `{name}` is {_CONSTRAINTS[constraint]}."


def _collect(kind: object, seen: dict[str, Constraint]) -> None:
    if isinstance(kind, Variable):
        seen[kind.name] = kind.constraint
    elif isinstance(kind, tuple):
        for part in kind:
            _collect(part, seen)
    elif isinstance(kind, Type):
        for field in getattr(kind, "__dataclass_fields__", ()):
            _collect(getattr(kind, field), seen)


def functions_page() -> str:
    """The page of all functions: docs/language-functions.md."""
    sections = [f"## `{name}`\n\n{describe(function)}\n" for name, function in FUNCTIONS.items()]
    index = " ".join(f"`{name}`" for name in FUNCTIONS)
    return (
        "# Functions of AlgoLisp\n\n"
        "<!-- Made from saps/lang/functions/: saps functions --page functions -->\n\n"
        "A capital letter in a signature stands for a type, the same one wherever it recurs. Every "
        "function fails with error `type` on a value of another kind than its signature says. "
        "The examples are run by the tests.\n\n"
        f"{index}\n\n" + "\n".join(sections)
    )


def syntax_page() -> str:
    """The page of the written form: docs/language-syntax.md."""
    return (
        "# Syntax of AlgoLisp\n\n"
        "<!-- Made from grammar/algolisp.lark: saps functions --page syntax -->\n\n"
        "The rules below are the grammar that the parser runs (LALR, by Lark); the examples are "
        "parsed by the tests.\n\n" + "\n\n".join(_syntax_blocks()) + "\n"
    )


def syntax_examples() -> list[str]:
    """The programs in the comments of the grammar."""
    return re.findall(r"^//     (.*)$", _grammar(), re.MULTILINE)


def _syntax_blocks() -> Iterator[str]:
    for block in re.split(r"\n\n+", _grammar().strip()):
        if block.startswith("//"):
            yield from _paragraphs(block)
        else:
            yield f"```lark\n{block}\n```"


def _paragraphs(comment: str) -> Iterator[str]:
    text = "\n".join(line.removeprefix("//").removeprefix(" ") for line in comment.split("\n"))
    for paragraph in re.split(r"\n\n", text):
        yield paragraph.strip("\n")


def _grammar() -> str:
    return (resource_folder("grammar") / "algolisp.lark").read_text(encoding="utf-8")
