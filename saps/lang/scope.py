"""Which symbols of a program mean what: checks of names, arity and forms, without types."""

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from saps.lang.constants import constant
from saps.lang.errors import (
    AlgoLispError,
    ArityError,
    DeclarationError,
    TreePath,
    UnknownSymbolError,
)
from saps.lang.functions import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS, SELF
from saps.lang.node import Node
from saps.lang.types import FunctionType
from saps.lang.values import is_text

E = TypeVar("E", bound=AlgoLispError)

RESERVED: Final = frozenset({*FUNCTIONS, *FORMS, *LAMBDA_ARGUMENTS, SELF})
_NAME: Final = re.compile(r"[^\s(),\[\]\"]+")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_argument_names(names: Iterable[str]) -> None:
    """Raises DeclarationError if a name is no symbol or already means something else."""
    for name in names:
        if name in RESERVED or constant(name) is not None:
            raise DeclarationError(
                f"an argument can not be named {name!r}: that has a meaning already"
            )
        if not _NAME.fullmatch(name) or not is_text(name):
            raise DeclarationError(f"an argument can not be named {name!r}: that is no symbol")


def can_be_argument(symbol: str) -> bool:
    """Whether an undeclared symbol may be taken for an argument whose type is to be inferred."""
    return (
        symbol not in RESERVED
        and constant(symbol) is None
        and _IDENTIFIER.fullmatch(symbol) is not None
    )


def lambda_arity(symbol: str) -> int:
    """How many arguments the function takes that a lambda form makes; 0 for other symbols."""
    return 1 if symbol == "lambda1" else 2 if symbol == "lambda2" else 0


def makes_function(node: Node) -> bool:
    """Whether a call or form gives a function: a lambda, `combine`, `partial0` and the like."""
    if node.symbol in FUNCTIONS:
        return isinstance(FUNCTIONS[node.symbol].result, FunctionType)
    return lambda_arity(node.symbol) > 0


def arity_error(node: Node, expected: int, root: Node, path: TreePath) -> ArityError:
    """The error for a node that takes `expected` arguments and has another number."""
    noun = "argument" if expected == 1 else "arguments"
    return located(
        ArityError(
            f"`{node.symbol}` takes {expected} {noun}, found {len(node.children) or 'none'}"
        ),
        root,
        path,
    )


def unknown_symbol(symbol: str, root: Node, path: TreePath) -> UnknownSymbolError:
    """The error for a symbol that means nothing at `path`."""
    if symbol in (*LAMBDA_ARGUMENTS, SELF):
        message = f"`{symbol}` stands outside of a lambda that would bind it"
    else:
        message = f"unknown symbol `{symbol}`: no function, no constant, no argument"
    return located(UnknownSymbolError(message), root, path)


def located(error: E, root: Node, path: TreePath) -> E:
    """The same error, which now knows where in the tree it happened."""
    error.path = path
    error.place = root.place(path)
    return error
