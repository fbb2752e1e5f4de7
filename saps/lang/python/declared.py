"""The Python that an entry of the function table declares, as an operation on terms.

An expression that uses each parameter once, in order, is written where the call stands; everything
else becomes a function beside the program.
"""

import ast
import builtins
import keyword
from functools import cache
from typing import Final

from saps.lang.functions import FUNCTIONS, Function
from saps.lang.python.facts import ANYTHING, Facts, facts_of_type
from saps.lang.python.helpers import HELPERS
from saps.lang.python.term import Term, call

_RESERVED: Final = frozenset({*keyword.kwlist, *dir(builtins), *HELPERS})
_DELAYING: Final = (
    ast.BoolOp,
    ast.Compare,
    ast.DictComp,
    ast.GeneratorExp,
    ast.IfExp,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
)
"""What may evaluate a part of itself several times, later, or not at all."""


def declared_operation(function: Function, terms: tuple[Term, ...]) -> Term:
    """Write a call of a function as its entry says."""
    is_total = not function.errors and all(term.is_total for term in terms)
    expression = _inline_expression(function)
    if expression is None:
        codes = [term.code for term in terms]
        return Term(call(helper_name(function), *codes), _facts(function), is_total)
    substitution = _Substitution(dict(zip(_parameters(function), terms, strict=True)))
    written: ast.expr = substitution.visit(_parsed_expression(expression))
    return Term(written, _facts(function), is_total)


def declared_helpers() -> dict[str, str]:
    """The source of each helper function that entries of the table make necessary, by name."""
    needing = (f for f in FUNCTIONS.values() if f.python and _inline_expression(f) is None)
    return {helper_name(function): _helper_source(function) for function in needing}


def helper_name(function: Function) -> str:
    """What the helper of a function is called: as the function, where Python allows that."""
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in function.name)
    spelled = letters if letters[:1].isalpha() else f"f{letters}"
    return f"{spelled}_" if spelled in _RESERVED else spelled


def _facts(function: Function) -> Facts:
    return ANYTHING if "number" in function.gives else facts_of_type(function.result)


def _parameters(function: Function) -> tuple[str, ...]:
    """The names of the implementation's parameters after the meter."""
    code = function.implementation.__code__
    return tuple(code.co_varnames[1 : code.co_argcount])


@cache
def _inline_expression(function: Function) -> str | None:
    """The declared text, if it can stand in place of the call."""
    assert function.python is not None
    try:
        expression = _parsed_expression(function.python)
    except SyntaxError:
        return None  # statements, then
    nodes = list(ast.walk(expression))
    if any(isinstance(node, _DELAYING) for node in nodes):
        return None
    places = [n for n in nodes if isinstance(n, ast.Name) and n.id in _parameters(function)]
    places.sort(key=lambda place: (place.lineno, place.col_offset))
    in_order = tuple(place.id for place in places) == _parameters(function)
    return function.python if in_order else None


def _parsed_expression(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def _helper_source(function: Function) -> str:
    assert function.python is not None
    try:
        _parsed_expression(function.python)
        body = [f"return {function.python.strip()}"]
    except SyntaxError:
        body = function.python.strip("\n").splitlines()
    head = f"def {helper_name(function)}({', '.join(_parameters(function))}):"
    return "\n    ".join([head, f'"""{function.doc}"""', *body])


class _Substitution(ast.NodeTransformer):
    """Puts terms in place of the parameters; what is known to be whole is not checked for that."""

    def __init__(self, terms: dict[str, Term]) -> None:
        self._terms = terms

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._terms[node.id].code if node.id in self._terms else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(ast.Name("whole"), [ast.Name(parameter)]) if parameter in self._terms:
                if self._terms[parameter].facts.is_whole:
                    return self._terms[parameter].code
        return self.generic_visit(node)
