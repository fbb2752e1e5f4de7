"""Python expressions under construction, and what is known of their values."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import and_
from typing import Any, Final, NamedTuple

from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Type


class Facts(NamedTuple):
    """What is known of a value beyond its type; each fact is known to hold, or not known.

    Attributes:
        is_int: meant as an `int`, as declared; the interpreter takes a float there as well.
        is_whole: known to be an `int`, and no float.
        is_float: a float, not an `int`.
        is_natural: not negative, and not NaN.
        is_ordered: not NaN.
        element: the facts of the elements of an array.
    """

    is_int: bool = False
    is_whole: bool = False
    is_float: bool = False
    is_natural: bool = False
    is_ordered: bool = False
    element: "Facts | None" = None

    @property
    def of_element(self) -> "Facts":
        return self.element or ANYTHING


ANYTHING: Final = Facts()
DECLARED: Final = Facts(is_int=True, is_ordered=True)
WHOLE: Final = DECLARED._replace(is_whole=True)
NATURAL: Final = WHOLE._replace(is_natural=True)
NOTHING: Final = NATURAL._replace(is_float=True)
"""Of the elements of an empty array: all facts hold, there being none to break them."""


def facts_of_type(kind: Type | None, number: Facts = WHOLE) -> Facts:
    """What a type promises, where its numbers are of this sort."""
    if isinstance(kind, Array):
        return Facts(element=facts_of_type(kind.element, number))
    return number if kind == INT else ANYTHING


def join(left: Facts, right: Facts) -> Facts:
    """What holds of a value that is one or the other."""
    element = join(left.element, right.element) if left.element and right.element else None
    return Facts._make([*map(and_, left[:5], right[:5]), element])


def arithmetic(left: Facts, right: Facts) -> Facts:
    """A sum, product, quotient or remainder; without a promise about the sign."""
    is_int = left.is_int and right.is_int
    is_float = left.is_float or right.is_float
    return Facts(is_int, left.is_whole and right.is_whole, is_float, is_ordered=is_int)


def natural_if(facts: Facts, condition: bool) -> Facts:
    """The facts, with the promise that the number is not negative if the condition holds."""
    return facts._replace(is_natural=True, is_ordered=True) if condition else facts


@dataclass(frozen=True, slots=True)
class Term:
    """A Python expression, and what is known of it.

    Attributes:
        code: the expression.
        facts: of its value.
        is_total: evaluating it never raises.
    """

    code: ast.expr
    facts: Facts = ANYTHING
    is_total: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether it may be written twice: a name or a constant."""
        return isinstance(self.code, ast.Name | ast.Constant)

    @property
    def value(self) -> Any:
        """The value of a literal, or None."""
        code = self.code
        if isinstance(code, ast.UnaryOp) and isinstance(code.operand, ast.Constant):
            return -code.operand.value  # type: ignore[operator]  # only numbers are negated
        return code.value if isinstance(code, ast.Constant) else None


# Code. What is always the same is written as text, in which x, y and z stand for parts.


def code(text: str, *parts: Term | ast.expr) -> ast.expr:
    """The expression that the text says."""
    codes = [part.code if isinstance(part, Term) else part for part in parts]
    written: ast.expr = filled(parsed(text), dict(zip("xyz", codes, strict=False)))
    return written


@lru_cache(maxsize=1_024)
def parsed(text: str) -> ast.expr:
    """Raises SyntaxError if the text is no expression."""
    return ast.parse(text.strip(), mode="eval").body


def filled(pattern: Any, parts: Mapping[str, ast.expr]) -> Any:
    """A copy of an expression with parts in place of names."""
    if isinstance(pattern, ast.Name) and pattern.id in parts:
        return parts[pattern.id]
    if isinstance(pattern, ast.AST):
        fields = {name: filled(part, parts) for name, part in ast.iter_fields(pattern)}
        return type(pattern)(**fields)
    return [filled(part, parts) for part in pattern] if isinstance(pattern, list) else pattern


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """`function(arguments)`."""
    return ast.Call(name(function), list(arguments), [])


def name(identifier: str) -> ast.Name:
    """A variable that is read."""
    return ast.Name(identifier, ast.Load())


def variable(identifier: str, facts: Facts = ANYTHING) -> Term:
    """The value of a variable."""
    return Term(name(identifier), facts, is_total=True)


def literal(value: Any) -> ast.expr:
    """A constant; Python writes a negative number as an operation."""
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def assign(target: str, value: ast.expr) -> ast.Assign:
    """`target = value`."""
    return ast.Assign([ast.Name(target, ast.Store())], value, lineno=0)


def comprehension(target: str, iterable: ast.expr) -> ast.comprehension:
    """`for target in iterable`, to which conditions may be added."""
    return ast.comprehension(ast.Name(target, ast.Store()), iterable, [], 0)


def lambda_of(variables: list[str], body: ast.expr) -> ast.Lambda:
    """`lambda variables: body`."""
    return ast.Lambda(_parameters([ast.arg(variable) for variable in variables]), body)


def function_definition(
    function_name: str, parameters: list[ast.arg], body: list[ast.stmt], result: ast.expr | None
) -> ast.FunctionDef:
    """`def function_name(parameters) -> result: body`."""
    return ast.FunctionDef(function_name, _parameters(parameters), body, [], result, lineno=0)


def _parameters(listed: list[ast.arg]) -> ast.arguments:
    return ast.arguments([], listed, None, [], [], None, [])


def annotation(kind: Type | None, facts: Facts) -> ast.expr | None:
    """A type of the language as Python declares it, if it is known."""
    return None if kind is None else parsed(_declared(kind, facts))


def _declared(kind: Type, facts: Facts) -> str:
    if kind == INT:
        return "int" if facts.is_int else "float"
    if isinstance(kind, Array):
        return f"list[{_declared(kind.element, facts.of_element)}]"
    if isinstance(kind, Dictionary):
        return f"dict[{_declared(kind.key, ANYTHING)}, {_declared(kind.value, ANYTHING)}]"
    if isinstance(kind, FunctionType):
        return "Callable"
    return "bool" if kind == BOOL else "str" if kind == STRING else "object"


def constant_term(value: Any) -> Term:
    """The term of a constant of the language."""
    if isinstance(value, bool | str):
        return Term(ast.Constant(value), is_total=True)
    if not isinstance(value, int | float):
        return variable("int")
    if type(value) is int:
        return Term(literal(value), NATURAL if value >= 0 else WHOLE, is_total=True)
    facts = Facts(is_float=True, is_natural=value >= 0, is_ordered=True)
    return Term(name("math.inf") if value == float("inf") else literal(value), facts, True)


def guarded(term: Term, kind: Type) -> Term:
    """In an ill-typed program: a check that the value is of the kind that an operation needs."""
    kinds = ("list",) if isinstance(kind, Array) else _PYTHON_TYPES.get(kind, ())
    if isinstance(kind, Dictionary):
        kinds = ("dict",)
    if not kinds or type(term.value).__name__ in kinds:
        return term
    return replace(term, code=call("of_kind", term.code, *map(name, kinds)))


_PYTHON_TYPES: Final[Mapping[Type, tuple[str, ...]]] = {
    INT: ("int", "float"),
    BOOL: ("bool",),
    STRING: ("str",),
}
