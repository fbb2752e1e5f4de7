"""What functions are applied by."""

import ast

from saps.lang.python.term import Callee, Context, Term, call, literal


def applied(callee: Callee, terms: list[Term], where: Context) -> Term:
    """The term of a call, which fails if the number of arguments is wrong."""
    if callee.arity is not None and callee.arity != len(terms):
        reason = f"a function of {callee.arity} is called with {len(terms)} arguments"
        return Term(call("fail", literal(reason)))
    return callee.apply(terms, where)


def value_callee(function: Term) -> Callee:
    """A function that is known as a value only."""
    return Callee(None, lambda terms, _: Term(ast.Call(function.code, [t.code for t in terms], [])))
