"""Constants of programs as Python."""

import ast

from saps.lang.python.facts import NATURAL, WHOLE, Facts
from saps.lang.python.term import Term, literal, name


def constant_term(value: object) -> Term:
    """The term of a constant of the language."""
    if value == float("inf"):
        facts = Facts(is_float=True, is_natural=True, is_ordered=True)
        return Term(name("math.inf"), facts, is_total=True)
    if type(value) is int:
        return Term(literal(value), NATURAL if value >= 0 else WHOLE, is_total=True)
    if type(value) is float:
        facts = Facts(is_float=True, is_natural=value >= 0, is_ordered=True)
        return Term(literal(value), facts, is_total=True)
    if isinstance(value, bool | str):
        return Term(ast.Constant(value), is_total=True)
    return Term(name("int"), is_total=True)
