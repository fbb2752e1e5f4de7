"""Writes lambdas, partial applications and functions that are values."""

import ast
from dataclasses import dataclass, replace
from typing import Final

from saps.lang.errors import TreePath
from saps.lang.functions import FUNCTIONS
from saps.lang.node import Node
from saps.lang.python.annotation import annotation, function_definition, parameter, parameter_list
from saps.lang.python.assumption import Assumption, best_facts
from saps.lang.python.callee import applied, value_callee
from saps.lang.python.facts import ANYTHING
from saps.lang.python.occurrence import is_call_with, n_uses, names_in, uses_self
from saps.lang.python.spare import Rounds
from saps.lang.python.term import (
    Callee,
    Context,
    NeedsStatementError,
    Term,
    call,
    comprehension,
    literal,
    name,
)
from saps.lang.python.writer import Writer
from saps.lang.types import INT, FunctionType, Type

HIGHER_ORDER: Final = frozenset(
    {"map", "filter", "reduce", "invoke1", "combine", "partial0", "partial1", "partial2"}
)


class FunctionWriter(Writer):
    """Writes functions: in place where they are called, or as definitions before."""

    def _callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        """Prepare a function where it is made, to be applied where it is called."""
        symbol = node.symbol
        if not node.children:
            return self._leaf_callee(node, path, context)
        if symbol in ("lambda1", "lambda2"):
            return self._lambda_callee(node, path, context)
        if symbol in ("partial0", "partial1", "partial2"):
            return self._partial_callee(node, path, context)
        if symbol == "combine":
            outer = self._callee(node.children[0], (*path, 0), context)
            inner = self._callee(node.children[1], (*path, 1), context)
            return Callee(
                inner.arity,
                lambda terms, where: applied(outer, [applied(inner, terms, where)], where),
            )
        return value_callee(self._early(self._term(node, path, context), "function", context))

    def _leaf_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        symbol = node.symbol
        bound = context.names.get(symbol)
        if isinstance(bound, Callee):
            return bound
        if bound is None and symbol in FUNCTIONS:
            return Callee(
                FUNCTIONS[symbol].arity,
                lambda terms, _: self._apply_builtin(symbol, terms),
            )
        return value_callee(self._leaf(node, path, context))

    def _named_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        return self._leaf_callee(Node(node.symbol), path, context)

    def _apply_builtin(self, symbol: str, terms: list[Term]) -> Term:
        if symbol not in HIGHER_ORDER:
            return self._operation(symbol, terms)
        codes = [term.code for term in terms]
        if symbol == "invoke1":
            return Term(ast.Call(codes[0], [codes[1]], []))
        if symbol == "reduce":
            return Term(call("functools.reduce", codes[2], codes[0], codes[1]))
        if symbol in ("map", "filter"):
            variable = self._variable()
            applied = ast.Call(codes[1], [name(variable)], [])
            clause = comprehension(variable, codes[0])
            if symbol == "map":
                return Term(ast.ListComp(applied, [clause]))
            clause.ifs.append(applied)
            return Term(ast.ListComp(name(variable), [clause]), terms[0].facts)
        return Term(call("fail", literal(f"{symbol} is passed as a function")))

    def _partial_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        position = int(node.symbol[-1])
        fixed = self._early(self._term(node.children[0], (*path, 0), context), "fixed", context)
        inner = self._callee(node.children[1], (*path, 1), context)

        def apply(terms: list[Term], where: Context) -> Term:
            return applied(inner, [*terms[:position], fixed, *terms[position:]], where)

        return Callee(None if inner.arity is None else inner.arity - 1, apply)

    def _lambda_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        is_recursive = uses_self(node.children[0])

        def apply(terms: list[Term], where: Context) -> Term:
            inner = replace(where, names=context.names)
            in_place = None if is_recursive else self._try_inline(node, path, inner, terms)
            if in_place is not None:
                return in_place
            return self._define(node, path, inner, terms).apply(terms, where)

        return Callee(1 if node.symbol == "lambda1" else 2, apply)

    def _try_inline(
        self, node: Node, path: TreePath, context: Context, terms: list[Term]
    ) -> Term | None:
        if not self._spare.take(node.size):
            return None
        n_before, used = len(context.block), set(self._used)
        try:
            term = self._inline(node, path, context, terms)
        except NeedsStatementError:
            del context.block[n_before:]
            self._used = used
            return None
        self._spare.give_back(node.size)
        return term

    def _inline(self, node: Node, path: TreePath, context: Context, terms: list[Term]) -> Term:
        """The body of a lambda with terms for its arguments."""
        names = dict(context.names)
        body = node.children[0]
        for argument, term in zip(("arg1", "arg2"), terms, strict=False):
            if not term.is_simple and not (term.is_total and n_uses(body, argument) <= 1):
                hint = self._variable()
                self._used.discard(hint)
                term = self._bind(term, hint, context)
            names[argument] = term
        return self._term(body, (*path, 0), replace(context, names=names))

    def _define(self, node: Node, path: TreePath, context: Context, terms: list[Term]) -> Callee:
        """Define a lambda as an inner function in front of where it is needed."""
        kinds = self._parameter_kinds(path, len(terms))
        assumed = Assumption([term.facts for term in terms], best_facts(self._result_kind(path)))
        rounds = Rounds(self._spare, node.size)
        used = set(self._used)
        while True:
            self._used = set(used)
            if not rounds.may_follow:
                assumed = Assumption([ANYTHING] * len(terms), ANYTHING)
            definition = self._definition(node, path, context, assumed, kinds)
            if assumed.holds or not uses_self(node.children[0]):
                rounds.end()
                context.block.append(definition.code)
                return definition.callee
            assumed = assumed.weakened()
            rounds.next()

    def _definition(
        self,
        node: Node,
        path: TreePath,
        context: Context,
        assumed: "Assumption",
        kinds: list[Type | None],
    ) -> "Definition":
        is_recursive = uses_self(node.children[0])
        function_name = self._fresh("recurse" if is_recursive else "convert")
        hints = "nmk" if kinds and kinds[0] == INT else "xyz"
        variables = [self._variable(hints) for _ in kinds]
        calls: list[ast.Call] = []

        def apply(terms: list[Term], _: Context) -> Term:
            made = call(function_name, *(term.code for term in terms))
            calls.append(made)
            assumed.note_call([term.facts for term in terms])
            return Term(made, assumed.result)

        callee = Callee(len(variables), apply)
        names: dict[str, Term | Callee] = {**context.names, "self": callee}
        for argument, variable, facts in zip(
            ("arg1", "arg2"), variables, assumed.parameters, strict=False
        ):
            names[argument] = Term(name(variable), facts, is_total=True)
        body: list[ast.stmt] = []
        found = self._return(
            node.children[0], (*path, 0), Context(body, names=names, known=dict(context.known))
        )
        assumed.note_result(found)
        captured = sorted(names_in(body) & context.inner)
        for made in calls:
            made.args.extend(map(name, captured))
        parameters = [
            parameter(variable, kind, facts)
            for variable, kind, facts in zip(variables, kinds, assumed.parameters, strict=True)
        ]
        result_kind = self._result_kind(path)
        code = function_definition(
            function_name,
            parameters + [ast.arg(variable) for variable in captured],
            body,
            None if result_kind is None else annotation(result_kind, found),
        )

        def apply_after(terms: list[Term], _: Context) -> Term:
            codes = [*(term.code for term in terms), *map(name, captured)]
            return Term(call(function_name, *codes), found)

        return Definition(code, Callee(len(variables), apply_after))

    def _parameter_kinds(self, path: TreePath, n_parameters: int) -> list[Type | None]:
        kind = self._types.types.get(path)
        if isinstance(kind, FunctionType) and len(kind.row.parameters) == n_parameters:
            return list(kind.row.parameters)
        return [None] * n_parameters

    def _result_kind(self, path: TreePath) -> Type | None:
        return self._types.types.get((*path, 0))

    def _function_term(self, node: Node, path: TreePath, context: Context) -> Term:
        """A function as a value."""
        callee = self._callee(node, path, context)
        arity = callee.arity if callee.arity is not None else self._arity_by_type(path)
        if arity is None:
            return Term(call("fail", literal("a function of unknown arity")))
        variables = [self._variable() for _ in range(arity)]
        # No facts: a number that reaches a function by way of a value may be a float.
        terms = [Term(name(variable), is_total=True) for variable in variables]
        body = applied(callee, terms, context.within(*variables)).code
        if is_call_with(body, variables):
            return Term(body.func, is_total=True)  # type: ignore[attr-defined]  # it is a Call
        parameters = parameter_list([ast.arg(variable) for variable in variables])
        return Term(ast.Lambda(parameters, body), is_total=True)

    def _arity_by_type(self, path: TreePath) -> int | None:
        kind = self._types.types.get(path)
        if isinstance(kind, FunctionType) and kind.row.rest is None:
            return len(kind.row.parameters)
        return None


@dataclass(frozen=True, slots=True)
class Definition:
    """The code of an inner function, and how it is called."""

    code: ast.FunctionDef
    callee: Callee
