"""Walks a program and builds the Python function that does the same."""

import ast
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from saps.lang.constants import constant
from saps.lang.errors import TreePath
from saps.lang.functions import FUNCTIONS
from saps.lang.node import Node
from saps.lang.python.annotation import (
    annotation,
    function_definition,
    identifier_for,
    parameter,
    promised,
)
from saps.lang.python.constant_term import constant_term
from saps.lang.python.facts import Facts, join
from saps.lang.python.guard import guarded
from saps.lang.python.loop_writer import LoopWriter
from saps.lang.python.occurrence import is_function
from saps.lang.python.operations import operation
from saps.lang.python.term import Callee, Context, NeedsStatementError, Term, assign, call, name
from saps.lang.types import BOOL

_SHORT: Final = 60
HINTS: Final[Mapping[str, str]] = {
    "sort": "ordered",
    "digits": "digits",
    "str_split": "pieces",
    "filter": "kept",
    "map": "mapped",
    "slice": "part",
    "reverse": "backwards",
    "range": "numbers",
    "len": "count",
    "reduce": "result",
}


class Translation(LoopWriter):
    """The translation of one program."""

    def function(self, function_name: str) -> ast.FunctionDef:
        self._used.add(function_name)
        parameters = []
        for argument, kind in self._declared.items():
            facts = promised(kind, self._types.arguments[argument])
            identifier = self._fresh(identifier_for(argument))
            self._arguments[argument] = Term(name(identifier), facts, is_total=True)
            parameters.append(parameter(identifier, self._types.arguments[argument], facts))
        body: list[ast.stmt] = []
        facts = self._return(self._root, (), Context(body))
        result = annotation(self._types.types[()], facts)
        return function_definition(function_name, parameters, body, result)

    # Statements

    def _return(self, node: Node, path: TreePath, context: Context) -> Facts:
        """Add statements that return the node's value."""
        if node.symbol == "if" and node.children:
            return self._return_choice(node, path, context)
        term = self._term(node, path, context)
        context.block.append(ast.Return(term.code))
        return term.facts

    def _return_choice(self, node: Node, path: TreePath, context: Context) -> Facts:
        short = self._short_choice(node, path, context)
        if short is not None:
            context.block.append(ast.Return(short.code))
            return short.facts
        test = self._condition(node.children[0], (*path, 0), context)
        then: list[ast.stmt] = []
        facts = self._return(node.children[1], (*path, 1), context.branch(then))
        context.block.append(ast.If(test.code, then, []))
        return join(facts, self._return(node.children[2], (*path, 2), context))

    def _short_choice(self, node: Node, path: TreePath, context: Context) -> Term | None:
        """The choice as an expression, if one can say it in few words and without statements."""
        if not self._spare.take(node.size):
            return None
        n_before = len(context.block)
        term = self._attempt(node, path, context)
        if term is not None and len(context.block) == n_before and self._is_short(term):
            self._spare.give_back(node.size)
            return term
        del context.block[n_before:]
        return None

    def _is_short(self, term: Term) -> bool:
        choices = sum(isinstance(n, ast.IfExp) for n in ast.walk(term.code))
        return choices <= 1 and len(ast.unparse(term.code)) <= _SHORT

    def _attempt(self, node: Node, path: TreePath, context: Context) -> Term | None:
        n_before = len(context.block)
        try:
            return self._term(node, path, context.lazy())
        except NeedsStatementError:
            del context.block[n_before:]
            return None

    # Expressions

    def _term(self, node: Node, path: TreePath, context: Context) -> Term:
        """The value of a node."""
        if node in context.known:
            return context.known[node]
        term = self._any_term(node, path, context)
        if self._loose:
            return replace(term, is_total=False)
        if context.is_strict and node in self._repeated and not is_function(node):
            term = self._bind(term, HINTS.get(node.symbol, "value"), context)
            context.known[node] = term
        return term

    def _any_term(self, node: Node, path: TreePath, context: Context) -> Term:
        symbol = node.symbol
        if not node.children:
            return self._leaf(node, path, context)
        if symbol == "if":
            return self._choice(node, path, context)
        if is_function(node):
            return self._function_term(node, path, context)
        if symbol == "map":
            return self._map(node, path, context)
        if symbol == "filter":
            return self._filter(node, path, context)
        if symbol == "reduce":
            return self._reduce(node, path, context)
        if symbol == "invoke1":
            return self._invoke(node, path, context)
        if symbol == "len" and node.children[0].symbol == "filter" and node.children[0].children:
            return self._count(node.children[0], (*path, 0), context)
        terms = [
            self._term(child, (*path, index), context) for index, child in enumerate(node.children)
        ]
        if symbol in FUNCTIONS:
            return self._operation(symbol, terms)
        return self._named_callee(node, path, context).apply(terms, context)

    def _operation(self, symbol: str, terms: list[Term]) -> Term:
        if not self._loose:
            return operation(symbol)(*terms)
        if symbol in ("==", "!="):
            same = call("same", *(term.code for term in terms))
            return Term(same if symbol == "==" else ast.UnaryOp(ast.Not(), same))
        return operation(symbol)(*map(guarded, terms, FUNCTIONS[symbol].parameters))

    def _leaf(self, node: Node, path: TreePath, context: Context) -> Term:
        symbol = node.symbol
        bound = context.names.get(symbol)
        if isinstance(bound, Term):
            return bound
        if isinstance(bound, Callee) or symbol in FUNCTIONS:
            return self._function_term(node, path, context)
        if symbol in self._arguments:
            return self._arguments[symbol]
        found = constant(symbol)
        assert found is not None, "the program was compiled before"
        return constant_term(found[0])

    def _choice(self, node: Node, path: TreePath, context: Context) -> Term:
        test = self._condition(node.children[0], (*path, 0), context)
        branches = self._branches(node, path, context)
        if branches is not None:
            then, otherwise = branches
            facts = join(then.facts, otherwise.facts)
            is_total = test.is_total and then.is_total and otherwise.is_total
            return Term(ast.IfExp(test.code, then.code, otherwise.code), facts, is_total)
        if not context.is_strict:
            raise NeedsStatementError
        return self._choice_statement(test, node, path, context)

    def _branches(self, node: Node, path: TreePath, context: Context) -> tuple[Term, Term] | None:
        """What the choice is between, if expressions can say both."""
        # Where no statement can take its place, the choice is not translated again here.
        n_again = sum(child.size for child in node.children[1:]) if context.is_strict else 0
        if not self._spare.take(n_again):
            return None
        then, otherwise = (self._attempt(node.children[i], (*path, i), context) for i in (1, 2))
        if then is None or otherwise is None:
            return None
        self._spare.give_back(n_again)
        return then, otherwise

    def _choice_statement(self, test: Term, node: Node, path: TreePath, context: Context) -> Term:
        target = self._fresh("chosen")
        facts, blocks = [], []
        for index in (1, 2):
            block: list[ast.stmt] = []
            term = self._term(node.children[index], (*path, index), context.branch(block))
            block.append(assign(target, term.code))
            facts.append(term.facts)
            blocks.append(block)
        context.block.append(ast.If(test.code, *blocks))
        return Term(name(target), join(*facts), is_total=True)

    def _condition(self, node: Node, path: TreePath, context: Context) -> Term:
        term = self._term(node, path, context)
        return guarded(term, BOOL) if self._loose else term
