"""Writes `map`, `filter` and `reduce` as comprehensions and loops."""

import ast
from dataclasses import replace

from saps.lang.errors import TreePath
from saps.lang.node import Node
from saps.lang.python.annotation import parameter_list
from saps.lang.python.callee import applied
from saps.lang.python.facts import ANYTHING, NATURAL, Facts, array_of, join
from saps.lang.python.function_writer import FunctionWriter
from saps.lang.python.guard import guarded
from saps.lang.python.loop import Loop, for_statement, update, well_known
from saps.lang.python.spare import Rounds
from saps.lang.python.term import Context, Term, assign, call, comprehension, literal, name
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, Type


class LoopWriter(FunctionWriter):
    """Writes what goes over arrays."""

    def _loop(self, node: Node, path: TreePath, context: Context) -> "Loop":
        """Iteration over the elements of an array, with maps and filters taken into the loop."""
        if node.symbol == "filter" and node.children:
            loop = self._named(self._loop(node.children[0], (*path, 0), context), context)
            keep = self._callee(node.children[1], (*path, 1), context)
            verdict = applied(keep, [loop.element], loop.context)
            if self._loose:
                verdict = guarded(verdict, BOOL)
            loop.clauses[-1].ifs.append(verdict.code)
            return replace(loop, is_total=loop.is_total and verdict.is_total)
        if node.symbol == "map" and node.children:
            loop = self._loop(node.children[0], (*path, 0), context)
            convert = self._callee(node.children[1], (*path, 1), context)
            element = applied(convert, [loop.element], loop.context)
            return replace(loop, element=element, is_total=loop.is_total and element.is_total)
        values = self._term(node, path, context)
        if self._loose:
            values = guarded(values, Array(INT))
        return self._loop_over(values.code, values.facts.of_element, values.is_total, context)

    def _loop_over(
        self, code: ast.expr, element: Facts, is_total: bool, context: Context
    ) -> "Loop":
        if isinstance(code, ast.Call) and ast.unparse(code).startswith("list(range("):
            code = code.args[0]
        variable = self._variable()
        term = Term(name(variable), element, is_total=True)
        return Loop([comprehension(variable, code)], term, context.within(variable), is_total)

    def _named(self, loop: "Loop", context: Context) -> "Loop":
        """The loop with a name for its element."""
        if isinstance(loop.element.code, ast.Name):
            return loop
        source = ast.GeneratorExp(loop.element.code, loop.clauses)
        return self._loop_over(source, loop.element.facts, loop.is_total, context)

    def _map(self, node: Node, path: TreePath, context: Context) -> Term:
        loop = self._loop(node, path, context)
        facts = array_of(loop.element.facts)
        return Term(ast.ListComp(loop.element.code, loop.clauses), facts, loop.is_total)

    def _filter(self, node: Node, path: TreePath, context: Context) -> Term:
        return self._map(node, path, context)

    def _count(self, node: Node, path: TreePath, context: Context) -> Term:
        loop = self._loop(node, path, context)
        ones = ast.GeneratorExp(literal(1), loop.clauses)
        return Term(call("sum", ones), NATURAL, loop.is_total)

    def _invoke(self, node: Node, path: TreePath, context: Context) -> Term:
        callee = self._callee(node.children[0], (*path, 0), context)
        value = self._term(node.children[1], (*path, 1), context)
        return applied(callee, [value], context)

    def _reduce(self, node: Node, path: TreePath, context: Context) -> Term:
        values, start, function = node.children
        loop = self._loop(values, (*path, 0), context)
        first = self._term(start, (*path, 1), context)
        short = None if self._loose else well_known(function.symbol, loop, first)
        if short is not None and not function.children:
            return short
        kind = self._types.types.get(path)
        if context.is_strict and kind is not None and not has_function(kind):
            return self._reduce_by_loop(node, path, context, loop, first)
        return self._reduce_by_call(node, path, context, loop, first)

    def _reduce_by_loop(
        self, node: Node, path: TreePath, context: Context, loop: "Loop", first: Term
    ) -> Term:
        callee = self._callee(node.children[2], (*path, 2), context)
        total = self._fresh("total" if self._types.types.get(path) == INT else "result")
        context.block.append(assign(total, first.code))
        facts, used = first.facts, set(self._used)
        rounds = Rounds(self._spare, node.children[2].size)
        while True:
            self._used = set(used)
            facts = facts if rounds.may_follow else ANYTHING
            body: list[ast.stmt] = []
            inside = context.branch(body)
            accumulated = Term(name(total), facts, is_total=True)
            found = applied(callee, [accumulated, loop.element], inside)
            body.append(update(total, found.code))
            if join(facts, found.facts) == facts:
                break
            facts = join(facts, found.facts)
            rounds.next()
        rounds.end()
        context.block.append(for_statement(loop.clauses, body))
        return Term(name(total), facts, is_total=True)

    def _reduce_by_call(
        self, node: Node, path: TreePath, context: Context, loop: "Loop", first: Term
    ) -> Term:
        callee = self._callee(node.children[2], (*path, 2), context)
        total, variable = self._fresh("total"), self._variable()
        where = context.within(total, variable)
        facts, used, n_before = first.facts, set(self._used), len(context.block)
        rounds = Rounds(self._spare, node.children[2].size)
        while True:
            self._used = set(used)
            facts = facts if rounds.may_follow else ANYTHING
            del context.block[n_before:]
            terms = [
                Term(name(total), facts, is_total=True),
                Term(name(variable), loop.element.facts, is_total=True),
            ]
            found = applied(callee, terms, where)
            if join(facts, found.facts) == facts:
                break
            facts = join(facts, found.facts)
            rounds.next()
        rounds.end()
        function = ast.Lambda(parameter_list([ast.arg(total), ast.arg(variable)]), found.code)
        code = call("functools.reduce", function, loop.iterable(), first.code)
        return Term(code, facts)


def has_function(kind: Type) -> bool:
    """Whether values of the type are or contain functions, or may be anything."""
    if isinstance(kind, Array):
        return has_function(kind.element)
    if isinstance(kind, Dictionary):
        return has_function(kind.value)
    return kind not in (INT, BOOL, STRING)
