"""How arguments and results are declared."""

import ast

from saps.lang.python.facts import ANYTHING, Facts, facts_of_type
from saps.lang.python.term import name
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Type


def promised(text: str, kind: Type) -> Facts:
    """What the declared type of an argument promises; `float` and `number` promise nothing."""
    return ANYTHING if "float" in text or "number" in text else facts_of_type(kind)


def identifier_for(argument: str) -> str:
    """A Python name that recalls an argument's name."""
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in argument)
    return letters if letters[:1].isalpha() else f"x{letters}"


def function_definition(
    function_name: str, parameters: list[ast.arg], body: list[ast.stmt], result: ast.expr | None
) -> ast.FunctionDef:
    """`def function_name(parameters) -> result: body`."""
    return ast.FunctionDef(function_name, parameter_list(parameters), body, [], result, lineno=0)


def parameter_list(listed: list[ast.arg]) -> ast.arguments:
    """Parameters without defaults."""
    return ast.arguments([], listed, None, [], [], None, [])


def parameter(identifier: str, kind: Type | None, facts: Facts) -> ast.arg:
    """A parameter, with its type where that is known."""
    return ast.arg(identifier, None if kind is None else annotation(kind, facts))


def annotation(kind: Type, facts: Facts) -> ast.expr:
    """A type of the language as Python declares it."""
    if kind == INT:
        return name("int" if facts.is_whole else "float")
    if kind == BOOL:
        return name("bool")
    if kind == STRING:
        return name("str")
    if isinstance(kind, Array):
        inner = annotation(kind.element, facts.of_element)
        return ast.Subscript(name("list"), inner, ast.Load())
    if isinstance(kind, Dictionary):
        parts = [annotation(kind.key, ANYTHING), annotation(kind.value, ANYTHING)]
        return ast.Subscript(name("dict"), ast.Tuple(parts, ast.Load()), ast.Load())
    if isinstance(kind, FunctionType):
        return name("Callable")
    return name("object")
