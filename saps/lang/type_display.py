"""Shows types under inference as types of the language, with letters for what is unknown."""

from typing import Any, Final

from saps.lang.types import Array, Constraint, Dictionary, FunctionType, Row, Type, Variable
from saps.lang.unification import Unknown, flatten, prune


class Display:
    """Gives the unknowns that remain their names, in order of appearance."""

    def __init__(self) -> None:
        self._names: dict[int, Variable] = {}

    def type(self, kind: Type) -> Type:
        kind = prune(kind)
        if isinstance(kind, Unknown):
            return self._variable(kind)
        if isinstance(kind, Array):
            return Array(self.type(kind.element))
        if isinstance(kind, Dictionary):
            return Dictionary(self.type(kind.key), self.type(kind.value))
        if isinstance(kind, FunctionType):
            row = self.type(kind.row)
            assert isinstance(row, Row)
            return FunctionType(row, self.type(kind.result))
        if isinstance(kind, Row):
            flat = flatten(kind)
            rest = None if flat.rest is None else self.type(flat.rest)
            return Row(tuple(map(self.type, flat.parameters)), rest)
        return kind

    def text(self, kind: Type) -> str:
        return str(self.type(kind))

    def demand(self, kind: Type) -> str:
        """What a place calls for, where any type of a sort would do."""
        shown = self.type(kind)
        if isinstance(shown, Variable) and shown.constraint != Constraint.ANY:
            return _SORTS[shown.constraint]
        return str(shown)

    def _variable(self, unknown: Unknown) -> Variable:
        if id(unknown) not in self._names:
            name = _variable_name(len(self._names))
            self._names[id(unknown)] = Variable(name, unknown.constraint)
        return self._names[id(unknown)]


_SORTS: Final = {
    Constraint.EQUATABLE: "a type without functions",
    Constraint.ORDERED: "a type with an order (int, bool, string, or an array of such)",
    Constraint.KEY: "a type of keys (int, bool or string)",
}


def _variable_name(index: int) -> Any:
    letters = "TUVWXYZABCDEFGHIJKLMNOPQRS"
    return letters[index] if index < len(letters) else f"T{index}"
