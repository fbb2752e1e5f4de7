"""Checks for programs that are ill-typed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from saps.lang.python.term import Term, call, constant_value, name
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, Type


def guarded(term: Term, kind: Type) -> Term:
    """In an ill-typed program: a check that the value is of the kind that an operation needs."""
    kinds = _PYTHON_TYPES.get(kind, ())
    if isinstance(kind, Array):
        kinds = ("list",)
    if isinstance(kind, Dictionary):
        kinds = ("dict",)
    if not kinds or type(constant_value(term)).__name__ in kinds:
        return term
    return replace(term, code=call("of_kind", term.code, *map(name, kinds)))


_PYTHON_TYPES: Final[Mapping[Type, tuple[str, ...]]] = {
    INT: ("int", "float"),
    BOOL: ("bool",),
    STRING: ("str",),
}
