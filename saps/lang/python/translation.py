"""Walks a program and builds the Python function that does the same."""

import ast
import builtins
import keyword
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from saps.lang.constants import constant
from saps.lang.errors import TreePath
from saps.lang.functions import FUNCTIONS
from saps.lang.inference import NodeTypes
from saps.lang.node import Node
from saps.lang.python.carried import helper_names
from saps.lang.python.facts import ANYTHING, NATURAL, WHOLE, Facts, array_of, facts_of_type, join
from saps.lang.python.operations import operation
from saps.lang.python.repetition import repeated
from saps.lang.python.term import (
    Callee,
    Context,
    NeedsStatementError,
    Term,
    assign,
    call,
    comprehension,
    constant_value,
    literal,
    name,
)
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Type

_SHORT: Final = 60
HIGHER_ORDER: Final = frozenset(
    {"map", "filter", "reduce", "invoke1", "combine", "partial0", "partial1", "partial2"}
)
_TAKEN: Final = frozenset(
    {*keyword.kwlist, *dir(builtins), *helper_names(), "math", "functools", "itertools", "operator"}
)


class Translation:
    """The translation of one program."""

    def __init__(self, root: Node, arguments: Mapping[str, str], types: NodeTypes) -> None:
        self._root = root
        self._declared = arguments
        self._types = types
        self._used: set[str] = {"digit", "piece"}
        self._arguments: dict[str, Term] = {}
        self._loose = bool(types.mismatches)
        self._repeated = repeated(root)

    def function(self, function_name: str) -> ast.FunctionDef:
        self._used.add(function_name)
        parameters = []
        for argument, kind in self._declared.items():
            facts = _promised(kind, self._types.arguments[argument])
            identifier = self._fresh(_identifier(argument))
            self._arguments[argument] = Term(name(identifier), facts, is_total=True)
            parameters.append(_parameter(identifier, self._types.arguments[argument], facts))
        body: list[ast.stmt] = []
        facts = self._return(self._root, (), Context(body))
        result = _annotation(self._types.types[()], facts)
        return _define(function_name, parameters, body, result)

    # Statements

    def _return(self, node: Node, path: TreePath, context: Context) -> Facts:
        """Add statements that return the node's value."""
        if node.symbol == "if" and node.children:
            return self._return_choice(node, path, context)
        term = self._term(node, path, context)
        context.block.append(ast.Return(term.code))
        return term.facts

    def _return_choice(self, node: Node, path: TreePath, context: Context) -> Facts:
        n_before = len(context.block)
        short = self._attempt(node, path, context)
        if short is not None and self._is_short(short) and len(context.block) == n_before:
            context.block.append(ast.Return(short.code))
            return short.facts
        del context.block[n_before:]
        test = self._condition(node.children[0], (*path, 0), context)
        then: list[ast.stmt] = []
        facts = self._return(node.children[1], (*path, 1), context.branch(then))
        context.block.append(ast.If(test.code, then, []))
        return join(facts, self._return(node.children[2], (*path, 2), context))

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
        if context.is_strict and node in self._repeated and not _is_function(node):
            term = self._bind(term, _HINTS.get(node.symbol, "value"), context)
            context.known[node] = term
        return term

    def _any_term(self, node: Node, path: TreePath, context: Context) -> Term:
        symbol = node.symbol
        if not node.children:
            return self._leaf(node, path, context)
        if symbol == "if":
            return self._choice(node, path, context)
        if _is_function(node):
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
        return operation(symbol)(*map(_guarded, terms, FUNCTIONS[symbol].parameters))

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
        return _constant_term(found[0])

    def _choice(self, node: Node, path: TreePath, context: Context) -> Term:
        test = self._condition(node.children[0], (*path, 0), context)
        branches = [self._attempt(node.children[i], (*path, i), context) for i in (1, 2)]
        then, otherwise = branches
        if then is not None and otherwise is not None:
            facts = join(then.facts, otherwise.facts)
            is_total = test.is_total and then.is_total and otherwise.is_total
            return Term(ast.IfExp(test.code, then.code, otherwise.code), facts, is_total)
        if not context.is_strict:
            raise NeedsStatementError
        return self._choice_statement(test, node, path, context)

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
        return _guarded(term, BOOL) if self._loose else term

    # Names and statements for parts of expressions

    def _fresh(self, hint: str) -> str:
        candidate, number = hint, 1
        while candidate in self._used or candidate in _TAKEN:
            number += 1
            candidate = f"{hint}{number}"
        self._used.add(candidate)
        return candidate

    def _variable(self, hints: str = "xyzuvw") -> str:
        free = (h for h in hints if h not in self._used)
        return self._fresh(next(free, hints[0]))

    def _bind(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be written several times, and whose evaluation is done by then."""
        if term.is_simple:
            return term
        if not context.is_strict:
            raise NeedsStatementError
        target = self._fresh(hint)
        context.block.append(assign(target, term.code))
        return Term(name(target), term.facts, is_total=True)

    def _early(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be evaluated later, several times or never instead of now."""
        if term.is_total and _is_cheap(term.code):
            return term
        return self._bind(term, hint, context)

    # Functions

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
                lambda terms, where: _apply(outer, [_apply(inner, terms, where)], where),
            )
        return _value_callee(self._early(self._term(node, path, context), "function", context))

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
        return _value_callee(self._leaf(node, path, context))

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
            return _apply(inner, [*terms[:position], fixed, *terms[position:]], where)

        return Callee(None if inner.arity is None else inner.arity - 1, apply)

    def _lambda_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        is_recursive = _uses_self(node.children[0])

        def apply(terms: list[Term], where: Context) -> Term:
            if not is_recursive:
                n_before, used = len(where.block), set(self._used)
                try:
                    return self._inline(node, path, replace(where, names=context.names), terms)
                except NeedsStatementError:
                    del where.block[n_before:]
                    self._used = used
            inner = replace(where, names=context.names)
            return self._define(node, path, inner, terms).apply(terms, where)

        return Callee(1 if node.symbol == "lambda1" else 2, apply)

    def _inline(self, node: Node, path: TreePath, context: Context, terms: list[Term]) -> Term:
        """The body of a lambda with terms for its arguments."""
        names = dict(context.names)
        body = node.children[0]
        for argument, term in zip(("arg1", "arg2"), terms, strict=False):
            if not term.is_simple and not (term.is_total and _uses(body, argument) <= 1):
                hint = self._variable()
                self._used.discard(hint)
                term = self._bind(term, hint, context)
            names[argument] = term
        return self._term(body, (*path, 0), replace(context, names=names))

    def _define(self, node: Node, path: TreePath, context: Context, terms: list[Term]) -> Callee:
        """Define a lambda as an inner function in front of where it is needed."""
        kinds = self._parameter_kinds(path, len(terms))
        assumed = _Assumption([term.facts for term in terms], _best_facts(self._result_kind(path)))
        used = set(self._used)
        while True:
            self._used = set(used)
            definition = self._definition(node, path, context, assumed, kinds)
            if assumed.holds:
                context.block.append(definition.code)
                return definition.callee
            assumed = assumed.weakened()

    def _definition(
        self,
        node: Node,
        path: TreePath,
        context: Context,
        assumed: "_Assumption",
        kinds: list[Type | None],
    ) -> "_Definition":
        is_recursive = _uses_self(node.children[0])
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
        captured = sorted(_names_in(body) & context.inner)
        for made in calls:
            made.args.extend(map(name, captured))
        parameters = [
            _parameter(variable, kind, facts)
            for variable, kind, facts in zip(variables, kinds, assumed.parameters, strict=True)
        ]
        result_kind = self._result_kind(path)
        code = _define(
            function_name,
            parameters + [ast.arg(variable) for variable in captured],
            body,
            None if result_kind is None else _annotation(result_kind, found),
        )

        def apply_after(terms: list[Term], _: Context) -> Term:
            codes = [*(term.code for term in terms), *map(name, captured)]
            return Term(call(function_name, *codes), found)

        return _Definition(code, Callee(len(variables), apply_after))

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
        body = _apply(callee, terms, context.within(*variables)).code
        if _is_call_with(body, variables):
            return Term(body.func, is_total=True)  # type: ignore[attr-defined]  # it is a Call
        parameters = _parameters([ast.arg(variable) for variable in variables])
        return Term(ast.Lambda(parameters, body), is_total=True)

    def _arity_by_type(self, path: TreePath) -> int | None:
        kind = self._types.types.get(path)
        if isinstance(kind, FunctionType) and kind.row.rest is None:
            return len(kind.row.parameters)
        return None

    # Loops

    def _loop(self, node: Node, path: TreePath, context: Context) -> "_Loop":
        """Iteration over the elements of an array, with maps and filters taken into the loop."""
        if node.symbol == "filter" and node.children:
            loop = self._named(self._loop(node.children[0], (*path, 0), context), context)
            keep = self._callee(node.children[1], (*path, 1), context)
            verdict = _apply(keep, [loop.element], loop.context)
            if self._loose:
                verdict = _guarded(verdict, BOOL)
            loop.clauses[-1].ifs.append(verdict.code)
            return replace(loop, is_total=loop.is_total and verdict.is_total)
        if node.symbol == "map" and node.children:
            loop = self._loop(node.children[0], (*path, 0), context)
            convert = self._callee(node.children[1], (*path, 1), context)
            element = _apply(convert, [loop.element], loop.context)
            return replace(loop, element=element, is_total=loop.is_total and element.is_total)
        values = self._term(node, path, context)
        if self._loose:
            values = _guarded(values, Array(INT))
        return self._loop_over(values.code, values.facts.of_element, values.is_total, context)

    def _loop_over(
        self, code: ast.expr, element: Facts, is_total: bool, context: Context
    ) -> "_Loop":
        if isinstance(code, ast.Call) and ast.unparse(code).startswith("list(range("):
            code = code.args[0]
        variable = self._variable()
        term = Term(name(variable), element, is_total=True)
        return _Loop([comprehension(variable, code)], term, context.within(variable), is_total)

    def _named(self, loop: "_Loop", context: Context) -> "_Loop":
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
        return _apply(callee, [value], context)

    def _reduce(self, node: Node, path: TreePath, context: Context) -> Term:
        values, start, function = node.children
        loop = self._loop(values, (*path, 0), context)
        first = self._term(start, (*path, 1), context)
        short = None if self._loose else _well_known(function.symbol, loop, first)
        if short is not None and not function.children:
            return short
        kind = self._types.types.get(path)
        if context.is_strict and kind is not None and not _has_function(kind):
            return self._reduce_by_loop(node, path, context, loop, first)
        return self._reduce_by_call(node, path, context, loop, first)

    def _reduce_by_loop(
        self, node: Node, path: TreePath, context: Context, loop: "_Loop", first: Term
    ) -> Term:
        callee = self._callee(node.children[2], (*path, 2), context)
        total = self._fresh("total" if self._types.types.get(path) == INT else "result")
        context.block.append(assign(total, first.code))
        facts, used = first.facts, set(self._used)
        while True:
            self._used = set(used)
            body: list[ast.stmt] = []
            inside = context.branch(body)
            accumulated = Term(name(total), facts, is_total=True)
            found = _apply(callee, [accumulated, loop.element], inside)
            body.append(_update(total, found.code))
            if join(facts, found.facts) == facts:
                break
            facts = join(facts, found.facts)
        context.block.append(_for_statement(loop.clauses, body))
        return Term(name(total), facts, is_total=True)

    def _reduce_by_call(
        self, node: Node, path: TreePath, context: Context, loop: "_Loop", first: Term
    ) -> Term:
        callee = self._callee(node.children[2], (*path, 2), context)
        total, variable = self._fresh("total"), self._variable()
        where = context.within(total, variable)
        facts, used, n_before = first.facts, set(self._used), len(context.block)
        while True:
            self._used = set(used)
            del context.block[n_before:]
            terms = [
                Term(name(total), facts, is_total=True),
                Term(name(variable), loop.element.facts, is_total=True),
            ]
            found = _apply(callee, terms, where)
            if join(facts, found.facts) == facts:
                break
            facts = join(facts, found.facts)
        function = ast.Lambda(_parameters([ast.arg(total), ast.arg(variable)]), found.code)
        code = call("functools.reduce", function, loop.iterable(), first.code)
        return Term(code, facts)


@dataclass(frozen=True, slots=True)
class _Loop:
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


@dataclass(frozen=True, slots=True)
class _Definition:
    code: ast.FunctionDef
    callee: Callee


class _Assumption:
    """Facts about the parameters and the result of an inner function, held until disproved."""

    def __init__(self, parameters: list[Facts], result: Facts) -> None:
        self.parameters = parameters
        self.result = result
        self._seen_parameters = parameters
        self._seen_result = result

    def note_call(self, facts: list[Facts]) -> None:
        self._seen_parameters = list(map(join, self._seen_parameters, facts))

    def note_result(self, facts: Facts) -> None:
        self._seen_result = join(self._seen_result, facts)

    @property
    def holds(self) -> bool:
        return self._seen_parameters == self.parameters and self._seen_result == self.result

    def weakened(self) -> "_Assumption":
        return _Assumption(self._seen_parameters, self._seen_result)


def _apply(callee: Callee, terms: list[Term], where: Context) -> Term:
    if callee.arity is not None and callee.arity != len(terms):
        reason = f"a function of {callee.arity} is called with {len(terms)} arguments"
        return Term(call("fail", literal(reason)))
    return callee.apply(terms, where)


def _guarded(term: Term, kind: Type) -> Term:
    """In an ill-typed program: a check that the value is of the kind that an operation needs."""
    kinds = _PYTHON_TYPES.get(kind, ())
    if isinstance(kind, Array):
        kinds = ("list",)
    if isinstance(kind, Dictionary):
        kinds = ("dict",)
    if not kinds or type(constant_value(term)).__name__ in kinds:
        return term
    return replace(term, code=call("of_kind", term.code, *map(name, kinds)))


_PYTHON_TYPES: Final[Mapping[Type, tuple[str, ...]]] = {
    INT: ("int", "float"),
    BOOL: ("bool",),
    STRING: ("str",),
}


def _value_callee(function: Term) -> Callee:
    """A function that is known as a value only."""
    return Callee(None, lambda terms, _: Term(ast.Call(function.code, [t.code for t in terms], [])))


def _well_known(symbol: str, loop: _Loop, first: Term) -> Term | None:
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


def _for_statement(clauses: list[ast.comprehension], body: list[ast.stmt]) -> ast.stmt:
    for clause in reversed(clauses):
        for test in reversed(clause.ifs):
            body = [ast.If(test, body, [])]
        body = [ast.For(clause.target, clause.iter, body, [], lineno=0)]
    return body[0]


def _update(target: str, code: ast.expr) -> ast.stmt:
    """`total += x` where that says the same as `total = total + x`."""
    if (
        isinstance(code, ast.BinOp)
        and isinstance(code.op, ast.Add | ast.Sub | ast.Mult)
        and ast.unparse(code.left) == target
    ):
        return ast.AugAssign(ast.Name(target, ast.Store()), code.op, code.right)
    return assign(target, code)


def _constant_term(value: object) -> Term:
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


def _promised(text: str, kind: Type) -> Facts:
    """What the declared type of an argument promises; `float` and `number` promise nothing."""
    return ANYTHING if "float" in text or "number" in text else facts_of_type(kind)


def _best_facts(kind: Type | None) -> Facts:
    if kind == INT:
        return NATURAL
    if isinstance(kind, Array):
        return array_of(_best_facts(kind.element))
    return ANYTHING


def _has_function(kind: Type) -> bool:
    if isinstance(kind, Array):
        return _has_function(kind.element)
    if isinstance(kind, Dictionary):
        return _has_function(kind.value)
    return kind not in (INT, BOOL, STRING)


def _is_function(node: Node) -> bool:
    return node.symbol in ("lambda1", "lambda2", "combine", "partial0", "partial1", "partial2")


_HINTS: Final[Mapping[str, str]] = {
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


def _uses_self(node: Node) -> bool:
    """Whether `self` occurs, other than in an inner lambda."""
    if node.symbol == "self":
        return True
    return not node.symbol.startswith("lambda") and any(map(_uses_self, node.children))


def _uses(node: Node, argument: str) -> int:
    """How often an argument occurs; inside of inner lambdas counts as often."""
    if node.symbol == argument and not node.children:
        return 1
    n_below = sum(_uses(child, argument) for child in node.children)
    return 2 * n_below if node.symbol.startswith("lambda") else n_below


def _names_in(statements: list[ast.stmt]) -> set[str]:
    return {
        n.id for statement in statements for n in ast.walk(statement) if isinstance(n, ast.Name)
    }


def _is_cheap(code: ast.expr) -> bool:
    return sum(1 for _ in ast.walk(code)) <= 8 and not any(
        isinstance(n, ast.ListComp | ast.GeneratorExp | ast.Starred) for n in ast.walk(code)
    )


def _is_call_with(code: ast.expr, variables: list[str]) -> bool:
    return (
        isinstance(code, ast.Call)
        and isinstance(code.func, ast.Name)
        and not code.keywords
        and [ast.unparse(argument) for argument in code.args] == variables
    )


def _identifier(argument: str) -> str:
    """A Python name that recalls an argument's name."""
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in argument)
    return letters if letters[:1].isalpha() else f"x{letters}"


def _define(
    function_name: str, parameters: list[ast.arg], body: list[ast.stmt], result: ast.expr | None
) -> ast.FunctionDef:
    return ast.FunctionDef(function_name, _parameters(parameters), body, [], result, lineno=0)


def _parameters(listed: list[ast.arg]) -> ast.arguments:
    return ast.arguments([], listed, None, [], [], None, [])


def _parameter(identifier: str, kind: Type | None, facts: Facts) -> ast.arg:
    return ast.arg(identifier, None if kind is None else _annotation(kind, facts))


def _annotation(kind: Type, facts: Facts) -> ast.expr:
    if kind == INT:
        return name("int" if facts.is_whole else "float")
    if kind == BOOL:
        return name("bool")
    if kind == STRING:
        return name("str")
    if isinstance(kind, Array):
        inner = _annotation(kind.element, facts.of_element)
        return ast.Subscript(name("list"), inner, ast.Load())
    if isinstance(kind, Dictionary):
        parts = [_annotation(kind.key, ANYTHING), _annotation(kind.value, ANYTHING)]
        return ast.Subscript(name("dict"), ast.Tuple(parts, ast.Load()), ast.Load())
    if isinstance(kind, FunctionType):
        return name("Callable")
    return name("object")
