"""Iteration over the elements of an array, and what Python has a function for."""

import ast
from dataclasses import dataclass

from saps.lang.python.facts import join
from saps.lang.python.term import Context, Term, assign, call, constant_value, name


@dataclass(frozen=True, slots=True)
class Loop:
    """`for` clauses, the element that they yield, and where code about the element stands."""

    clauses: list[ast.comprehension]
    element: Term
    context: Context
    is_total: bool

    def iterable(self) -> ast.expr:
        """What to iterate over to get the elements, as the only argument of a call."""
        clause = self.clauses[0]
        is_plain = len(self.clauses) == 1 and not clause.ifs
        if is_plain and ast.unparse(clause.target) == ast.unparse(self.element.code):
            return clause.iter
        return ast.GeneratorExp(self.element.code, self.clauses)


def well_known(symbol: str, loop: Loop, first: Term) -> Term | None:
    """What Python has a function for: sums, products, extremes."""
    facts = join(loop.element.facts, first.facts)
    start = constant_value(first)
    values = loop.iterable()
    if symbol == "+" and facts.is_whole:
        extra = [] if start == 0 else [first.code]
        return Term(call("sum", values, *extra), facts, loop.is_total)
    if symbol == "*" and facts.is_whole:
        keywords = [] if start == 1 else [ast.keyword("start", first.code)]
        return Term(ast.Call(name("math.prod"), [values], keywords), facts, loop.is_total)
    if symbol == "min" and ast.unparse(first.code) == "math.inf" and facts.is_ordered:
        default = [ast.keyword("default", first.code)]
        return Term(ast.Call(name("min"), [values], default), facts, loop.is_total)
    if symbol in ("min", "max") and facts.is_whole:
        candidates = ast.List([first.code, ast.Starred(values, ast.Load())], ast.Load())
        return Term(call(symbol, candidates), facts, loop.is_total)
    return None


def for_statement(clauses: list[ast.comprehension], body: list[ast.stmt]) -> ast.stmt:
    """The clauses of a comprehension as statements around a body."""
    for clause in reversed(clauses):
        for test in reversed(clause.ifs):
            body = [ast.If(test, body, [])]
        body = [ast.For(clause.target, clause.iter, body, [], lineno=0)]
    return body[0]


def update(target: str, code: ast.expr) -> ast.stmt:
    """`total += x` where that says the same as `total = total + x`."""
    if (
        isinstance(code, ast.BinOp)
        and isinstance(code.op, ast.Add | ast.Sub | ast.Mult)
        and ast.unparse(code.left) == target
    ):
        return ast.AugAssign(ast.Name(target, ast.Store()), code.op, code.right)
    return assign(target, code)
