"""Makes types the same, by finding out what their unknown parts must be."""

from collections.abc import Iterator
from typing import Final

from saps.lang.types import (
    BOOL,
    INT,
    STRING,
    Array,
    Constraint,
    Dictionary,
    FunctionType,
    Row,
    Type,
    Variable,
)


class Unknown(Type):
    """A type yet to be found; `binding` is what it was found to be."""

    __slots__ = ("binding", "constraint")

    def __init__(self, constraint: Constraint = Constraint.ANY) -> None:
        self.binding: Type | None = None
        self.constraint = constraint


def instantiate(kind: Type, variables: dict[str, Type]) -> Type:
    """A copy with fresh unknowns for its variables, the same one for the same name."""
    if isinstance(kind, Variable):
        if kind.name not in variables:
            variables[kind.name] = Unknown(kind.constraint)
        return variables[kind.name]
    if isinstance(kind, Array):
        return Array(instantiate(kind.element, variables))
    if isinstance(kind, FunctionType):
        row = instantiate(kind.row, variables)
        assert isinstance(row, Row)
        return FunctionType(row, instantiate(kind.result, variables))
    if isinstance(kind, Row):
        rest = None if kind.rest is None else instantiate(kind.rest, variables)
        return Row(tuple(instantiate(p, variables) for p in kind.parameters), rest)
    if isinstance(kind, Dictionary):
        return Dictionary(instantiate(kind.key, variables), instantiate(kind.value, variables))
    return kind


def prune(kind: Type) -> Type:
    """What a type was found to be, as far as its outermost part."""
    while isinstance(kind, Unknown) and kind.binding is not None:
        kind = kind.binding
    return kind


def unify(left: Type, right: Type) -> bool:
    """Make two types the same, if they can be."""
    left, right = prune(left), prune(right)
    if left is right:
        return True
    if isinstance(left, Unknown):
        return _bind(left, right)
    if isinstance(right, Unknown):
        return _bind(right, left)
    if isinstance(left, Array) and isinstance(right, Array):
        return unify(left.element, right.element)
    if isinstance(left, FunctionType) and isinstance(right, FunctionType):
        return unify(left.row, right.row) and unify(left.result, right.result)
    if isinstance(left, Row) and isinstance(right, Row):
        return _unify_rows(flatten(left), flatten(right))
    if isinstance(left, Dictionary) and isinstance(right, Dictionary):
        return unify(left.key, right.key) and unify(left.value, right.value)
    return left == right


def flatten(row: Row) -> Row:
    """The row with what is known of its rest taken in."""
    rest = None if row.rest is None else prune(row.rest)
    if isinstance(rest, Row):
        inner = flatten(rest)
        return Row((*row.parameters, *inner.parameters), inner.rest)
    return Row(row.parameters, rest)


def _unify_rows(left: Row, right: Row) -> bool:
    n_common = min(len(left.parameters), len(right.parameters))
    for a, b in zip(left.parameters[:n_common], right.parameters[:n_common], strict=True):
        if not unify(a, b):
            return False
    # The common ones may have told more about the rests.
    left = flatten(Row(left.parameters[n_common:], left.rest))
    right = flatten(Row(right.parameters[n_common:], right.rest))
    if left.parameters and right.parameters:
        return _unify_rows(left, right)
    if left.parameters:
        left, right = right, left
    if right.parameters:
        return left.rest is not None and unify(left.rest, right)
    return unify(left.rest or _NO_MORE, right.rest or _NO_MORE)


_NO_MORE: Final = Row(())


def _bind(unknown: Unknown, kind: Type) -> bool:
    if _occurs(unknown, kind) or not _constrain(kind, unknown.constraint):
        return False
    unknown.binding = kind
    return True


def _occurs(unknown: Unknown, kind: Type) -> bool:
    kind = prune(kind)
    if kind is unknown:
        return True
    return any(_occurs(unknown, part) for part in _parts(kind))


def _parts(kind: Type) -> Iterator[Type]:
    if isinstance(kind, Array):
        yield kind.element
    elif isinstance(kind, FunctionType):
        yield kind.row
        yield kind.result
    elif isinstance(kind, Row):
        yield from kind.parameters
        if kind.rest is not None:
            yield kind.rest
    elif isinstance(kind, Dictionary):
        yield kind.key
        yield kind.value


def _constrain(kind: Type, constraint: Constraint) -> bool:
    """Make the type satisfy the constraint, if it can."""
    kind = prune(kind)
    if constraint == Constraint.ANY or kind in (INT, BOOL, STRING):
        return True
    if isinstance(kind, Unknown):
        kind.constraint = max(kind.constraint, constraint)
        return True
    if isinstance(kind, Array):
        return constraint != Constraint.KEY and _constrain(kind.element, constraint)
    if isinstance(kind, Dictionary):
        return constraint == Constraint.EQUATABLE and _constrain(kind.value, constraint)
    return False
