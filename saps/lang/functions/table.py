"""The table of the functions, and how an entry gets into it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from saps.lang.types import Constraint, FunctionType, Row, Type, Variable, parse_type

Implementation = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Function:
    """One entry of the table.

    Attributes:
        name: the symbol.
        parameters: their types; variables are shared with `result`.
        result: its type.
        doc: the meaning, in words.
        errors: when it fails, besides values of the wrong kind; pairs of error code and condition.
        example: a program without arguments that uses the function.
        value: what the example gives, in JSON.
        implementation: called with the meter and the argument values.
        python: the same in Python; see `function`. None for those that `saps.lang.python` writes
            with regard to what it knows of the arguments.
        gives: the result as the entry spells it; `number` where it may be a float.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    doc: str
    errors: tuple[tuple[str, str], ...]
    example: str
    value: str
    implementation: Implementation
    python: str | None
    gives: str

    @property
    def arity(self) -> int:
        return len(self.parameters)

    @property
    def type(self) -> FunctionType:
        """The type of the function as a value."""
        return FunctionType(Row(self.parameters), self.result)

    @property
    def function_parameters(self) -> tuple[int, ...]:
        """Where the function takes a function."""
        return tuple(i for i, p in enumerate(self.parameters) if isinstance(p, FunctionType))

    @property
    def signature(self) -> str:
        """As the reference prints it: `T[] (T -> bool) -> T[]`."""
        parts = [f"({p})" if isinstance(p, FunctionType) else str(p) for p in self.parameters]
        return f"{' '.join(parts)} -> {self.result}"


_TABLE: Final[dict[str, Function]] = {}
FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(_TABLE)
FORMS: Final[Mapping[str, int]] = MappingProxyType({"lambda1": 1, "lambda2": 1, "if": 3})
LAMBDA_ARGUMENTS: Final = ("arg1", "arg2")
SELF: Final = "self"

_VARIABLES: Final = {
    "E": Variable("T", Constraint.EQUATABLE),
    "O": Variable("T", Constraint.ORDERED),
    "K": Variable("K", Constraint.KEY),
}


def function(
    name: str,
    signature: str,
    doc: str,
    example: str,
    value: str,
    *errors: tuple[str, str],
    python: str | None = None,
) -> Callable[[Implementation], Implementation]:
    """Enter the decorated implementation into the table.

    Args:
        name: the symbol.
        signature: `(int, int) -> int`. Variables: E is any type without functions, O one with an
            order, K one that may be a dictionary key; other capitals are any type. `number` says
            the same as `int`, but promises `to_python` no whole number.
        doc: the meaning.
        example: a program without arguments.
        value: what it gives, in JSON.
        errors: pairs of error code and condition. Without any, `to_python` takes it that the
            function never fails.
        python: the same in Python, for `to_python`: an expression, or the body of a function, over
            the parameters of the implementation. It may use `functools`, `itertools`, `math` and
            `operator`, and must raise where the implementation does.
    """

    def enter(implementation: Implementation) -> Implementation:
        constrained = _constrain(parse_type(signature))
        assert isinstance(constrained, FunctionType)
        _TABLE[name] = Function(
            name,
            constrained.row.parameters,
            constrained.result,
            doc,
            errors,
            example,
            value,
            implementation,
            python,
            signature.rpartition("->")[2].strip(),
        )
        return implementation

    return enter


def _constrain(kind: Any) -> Any:
    """Replace the variables named E, O, K by constrained ones, all through a type."""
    if isinstance(kind, Variable):
        return _VARIABLES.get(kind.name, kind)
    if isinstance(kind, tuple):
        return tuple(map(_constrain, kind))
    if isinstance(kind, Type) and getattr(kind, "__dataclass_fields__", {}):
        parts = {f: getattr(kind, f) for f in kind.__dataclass_fields__}  # type: ignore[attr-defined]
        return type(kind)(
            **{f: p if isinstance(p, str) else _constrain(p) for f, p in parts.items()}
        )
    return kind
