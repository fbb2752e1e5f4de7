"""Translates a program into a typed Python function that a person would write.

The function gives the value that the interpreter gives, and raises where the interpreter raises,
limits of steps, time and size aside. Three things follow from that. Work that the language does in
any case is never skipped: `&&` becomes `and` only if its right side cannot fail. Where Python is
more lenient, at negative positions for one, and no harm can be excluded, a small helper function
checks. And what an expression cannot say becomes a statement before it, or an inner function.
"""

import ast
import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

from saps.lang.check import node_types
from saps.lang.errors import DeclarationError, TreePath, on_this_stack
from saps.lang.functions.function_table import FUNCTIONS
from saps.lang.node import Node, uses_self
from saps.lang.program_values import LAMBDA_ARGUMENTS, constant
from saps.lang.python.operations import helper_names, helpers_for, operation
from saps.lang.python.term import (
    ANYTHING,
    DECLARED,
    NATURAL,
    Facts,
    Term,
    annotation,
    assign,
    call,
    code,
    comprehension,
    constant_term,
    facts_of_type,
    function_definition,
    guarded,
    join,
    name,
    spelled,
    variable,
    written,
)
from saps.lang.python.writer import Callee, Context, NeedsStatementError, Writer
from saps.lang.types import BOOL, INT, STRING, Array, FunctionType, Type, innermost

_SHORT: Final = 60
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


def to_python(
    node: Node, arguments: Mapping[str, str], return_type: str, name: str = "program"
) -> str:
    """Return the source of a Python function, with the imports and helpers that it uses.

    The function is bounded by what bounds Python, not by `Limits`: nested `pow`, or a recursion
    that doubles a list, may take all the time and memory there is. Run what is not trusted with
    `compile_program`, whose limits are the interpreter's own.

    Args:
        node: the program.
        arguments: the type of each argument; they become the parameters, in this order.
        return_type: the type of the value.
        name: of the function.

    Raises:
        UnknownSymbolError, ArityError, DeclarationError: the program could not be run either.
        TreeLimitError: it is nested deeper than the stack of the caller has room for.
    """
    if type(name) is not str or not name.isidentifier() or keyword.iskeyword(name):
        given = repr(name) if type(name) is str else f"by a {type(name).__name__}"
        raise DeclarationError(f"a Python function cannot be named {given}")
    return on_this_stack(_source, node, arguments, return_type, name)


def _source(node: Node, arguments: Mapping[str, str], return_type: str, name: str) -> str:
    types = node_types(node, arguments, return_type)
    writer = Translation(node, types.types, helper_names(), is_loose=bool(types.mismatches))
    function = written([writer.function(name, arguments, types.arguments)])
    text = "\n\n".join([*helpers_for(function), function])
    modules = [m for m in ("functools", "itertools", "math", "operator") if f"{m}." in text]
    imports = [f"import {module}\n" for module in modules]
    if "Callable" in text:
        imports.append("from collections.abc import Callable\n")
    return f"{''.join(imports)}\n\n{text}" if imports else text


HIGHER_ORDER: Final = frozenset(
    {"map", "filter", "reduce", "invoke1", "combine", "partial0", "partial1", "partial2"}
)


def _is_function(node: Node) -> bool:
    """Whether a node makes a function that can be applied in place."""
    return node.symbol in ("lambda1", "lambda2", "combine", "partial0", "partial1", "partial2")


def _value_callee(function: Term) -> Callee:
    """A function that is known as a value only."""
    return Callee(None, lambda terms, _: Term(ast.Call(function.code, [t.code for t in terms], [])))


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

    def statement(self, body: list[ast.stmt]) -> ast.stmt:
        """The clauses as statements around a body."""
        for clause in reversed(self.clauses):
            for test in reversed(clause.ifs):
                body = [ast.If(test, body, [])]
            body = [ast.For(clause.target, clause.iter, body, [], lineno=0)]
        return body[0]


class Translation(Writer):
    """The translation of one program."""

    def function(
        self, function_name: str, declared: Mapping[str, str], kinds: Mapping[str, Type]
    ) -> ast.FunctionDef:
        self._used.add(function_name)
        parameters = []
        for argument, text in declared.items():
            kind = kinds[argument]
            # `float` and `number` are other names of `int` that promise nothing.
            is_open = "float" in str(text) or "number" in str(text)
            facts = ANYTHING if is_open else facts_of_type(kind, DECLARED)
            identifier = self._fresh(spelled(argument, "x"))
            self._arguments[argument] = variable(identifier, facts)
            parameters.append(ast.arg(identifier, annotation(kind, facts)))
        body: list[ast.stmt] = []
        facts = self._return(self._root, (), Context(body))
        result = annotation(self._types[()], facts)
        return function_definition(function_name, parameters, body, result)

    # Statements

    def _return(self, node: Node, path: TreePath, context: Context) -> Facts:
        """Add statements that return the node's value."""
        is_choice = node.symbol == "if" and node.children
        term = self._short_choice(node, path, context) if is_choice else None
        if is_choice and term is None:
            test = self._condition(node.children[0], (*path, 0), context)
            then: list[ast.stmt] = []
            facts = self._return(node.children[1], (*path, 1), context.branch(then))
            context.block.append(ast.If(test.code, then, []))
            return join(facts, self._return(node.children[2], (*path, 2), context))
        term = term or self._term(node, path, context)
        context.block.append(ast.Return(term.code))
        return term.facts

    def _short_choice(self, node: Node, path: TreePath, context: Context) -> Term | None:
        """The choice as an expression, if one can say it in few words and without statements."""
        if not self._may_repeat(node.size):
            return None
        n_before = len(context.block)
        term = self._attempt(node, path, context)
        if term is not None and len(context.block) == n_before:
            n_choices = sum(isinstance(n, ast.IfExp) for n in ast.walk(term.code))
            if n_choices <= 1 and len(ast.unparse(term.code)) <= _SHORT:
                self._n_spare += node.size
                return term
        del context.block[n_before:]
        return None

    def _attempt(self, node: Node, path: TreePath, context: Context) -> Term | None:
        n_before = len(context.block)
        try:
            return self._term(node, path, context.within())
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
        symbol, children = node.symbol, node.children
        if not children:
            return self._leaf(node, path, context)
        if _is_function(node):
            return self._function_term(node, path, context)
        if symbol == "len" and children[0].symbol == "filter" and children[0].children:
            return self._count(children[0], (*path, 0), context)
        special: dict[str, Callable[[Node, TreePath, Context], Term]] = {
            "if": self._choice,
            "map": self._listed,
            "filter": self._listed,
            "reduce": self._reduce,
            "invoke1": self._invoke,
        }
        if symbol in special:
            return special[symbol](node, path, context)
        terms = [self._term(child, (*path, i), context) for i, child in enumerate(children)]
        if symbol in FUNCTIONS:
            return self._operation(symbol, terms)
        return self._named_callee(symbol, path, context).apply(terms, context)

    def _operation(self, symbol: str, terms: list[Term]) -> Term:
        if not self._loose:
            return operation(symbol)(*terms)
        if symbol in ("==", "!="):
            return Term(code("same(x, y)" if symbol == "==" else "not same(x, y)", *terms))
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
            then, other = branches
            is_total = test.is_total and then.is_total and other.is_total
            choice = code("y if x else z", test, then, other)
            return Term(choice, join(then.facts, other.facts), is_total)
        if not context.is_strict:
            raise NeedsStatementError
        target = self._fresh("chosen")
        facts, blocks = [], []
        for index in (1, 2):
            block: list[ast.stmt] = []
            term = self._term(node.children[index], (*path, index), context.branch(block))
            block.append(assign(target, term.code))
            facts.append(term.facts)
            blocks.append(block)
        context.block.append(ast.If(test.code, *blocks))
        return variable(target, join(*facts))

    def _branches(self, node: Node, path: TreePath, context: Context) -> tuple[Term, Term] | None:
        """What the choice is between, if expressions can say both."""
        # Where no statement can take its place, the choice is not translated again here.
        n_again = sum(child.size for child in node.children[1:]) if context.is_strict else 0
        if not self._may_repeat(n_again):
            return None
        then, other = [self._attempt(node.children[i], (*path, i), context) for i in (1, 2)]
        if then is None or other is None:
            return None
        self._n_spare += n_again
        return then, other

    def _condition(self, node: Node, path: TreePath, context: Context) -> Term:
        term = self._term(node, path, context)
        return guarded(term, BOOL) if self._loose else term

    # Functions, in place or before, and what goes over arrays with them: loops, sums, folds.

    def _callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        """Prepare a function where it is made, to be applied where it is called."""
        symbol = node.symbol
        if not node.children:
            return self._named_callee(symbol, path, context)
        if symbol in ("lambda1", "lambda2"):
            return self._lambda_callee(node, path, context)
        if symbol in ("partial0", "partial1", "partial2"):
            return self._partial_callee(node, path, context)
        if symbol == "combine":
            outer = self._callee(node.children[0], (*path, 0), context)
            inner = self._callee(node.children[1], (*path, 1), context)
            return Callee(
                inner.arity, lambda terms, where: outer.apply([inner.apply(terms, where)], where)
            )
        return _value_callee(self._early(self._term(node, path, context), "function", context))

    def _named_callee(self, symbol: str, path: TreePath, context: Context) -> Callee:
        bound = context.names.get(symbol)
        if isinstance(bound, Callee):
            return bound
        if bound is None and symbol in FUNCTIONS:
            arity = FUNCTIONS[symbol].arity
            return Callee(arity, lambda terms, _: self._builtin(symbol, terms))
        return _value_callee(self._leaf(Node(symbol), path, context))

    def _builtin(self, symbol: str, terms: list[Term]) -> Term:
        """A call of a function of the table; those it takes are values."""
        if symbol not in HIGHER_ORDER:
            return self._operation(symbol, terms)
        if symbol == "invoke1":
            return Term(code("x(y)", *terms))
        if symbol == "reduce":
            return Term(code("functools.reduce(z, x, y)", *terms))
        if symbol not in ("map", "filter"):
            return Term(call("fail", ast.Constant(f"{symbol} is passed as a function")))
        element = self._variable()
        clause = comprehension(element, terms[0].code)
        applied = ast.Call(terms[1].code, [name(element)], [])
        if symbol == "map":
            return Term(ast.ListComp(applied, [clause]))
        clause.ifs.append(applied)
        return Term(ast.ListComp(name(element), [clause]), terms[0].facts)

    def _partial_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        position = int(node.symbol[-1])
        fixed = self._early(self._term(node.children[0], (*path, 0), context), "fixed", context)
        inner = self._callee(node.children[1], (*path, 1), context)

        def write(terms: list[Term], where: Context) -> Term:
            return inner.apply([*terms[:position], fixed, *terms[position:]], where)

        return Callee(None if inner.arity is None else inner.arity - 1, write)

    def _lambda_callee(self, node: Node, path: TreePath, context: Context) -> Callee:
        def write(terms: list[Term], where: Context) -> Term:
            inner = replace(where, names=context.names)
            is_recursive = uses_self(node.children[0])
            in_place = None if is_recursive else self._try_inline(node, path, inner, terms)
            if in_place is not None:
                return in_place
            return self._define(node, path, inner, terms).apply(terms, where)

        return Callee(1 if node.symbol == "lambda1" else 2, write)

    def _try_inline(
        self, node: Node, path: TreePath, context: Context, terms: list[Term]
    ) -> Term | None:
        """The body of a lambda with terms for its arguments, if that takes no statement."""
        if not self._may_repeat(node.size):
            return None
        n_before, used = len(context.block), set(self._used)
        names, body = dict(context.names), node.children[0]
        try:
            for argument, term in zip(LAMBDA_ARGUMENTS, terms, strict=False):
                if not term.is_simple and not (term.is_total and _n_uses(body, argument) <= 1):
                    hint = self._variable()
                    self._used.discard(hint)
                    term = self._bind(term, hint, context)
                names[argument] = term
            found = self._term(body, (*path, 0), replace(context, names=names))
        except NeedsStatementError:
            del context.block[n_before:]
            self._used = used
            return None
        self._n_spare += node.size
        return found

    def _define(self, node: Node, path: TreePath, context: Context, terms: list[Term]) -> Callee:
        """Define a lambda as an inner function in front of where it is needed."""
        is_recursive = uses_self(node.children[0])

        def attempt(
            assumed: tuple[Facts, ...],
        ) -> tuple[tuple[ast.FunctionDef, Callee], tuple[Facts, ...]]:
            made, found = self._definition(node, path, context, assumed)
            return made, found if is_recursive else assumed

        result = facts_of_type(self._types.get((*path, 0)), NATURAL)
        assumed = (*(term.facts for term in terms), result)
        (definition, callee), _ = self._settled(node.size, assumed, attempt)
        context.block.append(definition)
        return callee

    def _definition(
        self, node: Node, path: TreePath, context: Context, assumed: tuple[Facts, ...]
    ) -> tuple[tuple[ast.FunctionDef, Callee], tuple[Facts, ...]]:
        """An inner function, what calls it, and what holds of its arguments and its result."""
        *parameters, result = assumed
        kinds = self._parameter_kinds(path, len(parameters))
        function_name = self._fresh("recurse" if uses_self(node.children[0]) else "convert")
        variables = [self._variable("nmk" if kinds[:1] == [INT] else "xyz") for _ in kinds]
        calls: list[tuple[ast.Call, list[Facts]]] = []

        def recurse(terms: list[Term], _: Context) -> Term:
            made = call(function_name, *(term.code for term in terms))
            calls.append((made, [term.facts for term in terms]))
            return Term(made, result)

        names: dict[str, Term | Callee] = {**context.names, "self": Callee(len(kinds), recurse)}
        names.update(zip(LAMBDA_ARGUMENTS, map(variable, variables, parameters), strict=False))
        body: list[ast.stmt] = []
        inside = Context(body, names=names, known=dict(context.known))
        found = self._return(node.children[0], (*path, 0), inside)
        # What comprehensions around it bind, an inner function does not see.
        captured = sorted(_names_in(body) & context.inner)
        for made, _ in calls:
            made.args.extend(map(name, captured))
        declared = map(annotation, kinds, parameters)
        listed = [ast.arg(v, kind) for v, kind in zip(variables, declared, strict=True)]
        listed += map(ast.arg, captured)
        declared_result = annotation(self._types.get((*path, 0)), found)
        definition = function_definition(function_name, listed, body, declared_result)

        def write(terms: list[Term], _: Context) -> Term:
            codes = [*(term.code for term in terms), *map(name, captured)]
            return Term(call(function_name, *codes), found)

        given = zip(parameters, *(facts for _, facts in calls), strict=True)
        held = [reduce(join, facts) for facts in given]
        return (definition, Callee(len(kinds), write)), (*held, found)

    def _parameter_kinds(self, path: TreePath, n_parameters: int) -> list[Type | None]:
        kind = self._types.get(path)
        if isinstance(kind, FunctionType) and len(kind.row.parameters) == n_parameters:
            return list(kind.row.parameters)
        return [None] * n_parameters

    def _function_term(self, node: Node, path: TreePath, context: Context) -> Term:
        """A function as a value."""
        callee = self._callee(node, path, context)
        arity, kind = callee.arity, self._types.get(path)
        if arity is None and isinstance(kind, FunctionType) and kind.row.rest is None:
            arity = len(kind.row.parameters)
        if arity is None:
            return Term(call("fail", ast.Constant("a function of unknown arity")))
        variables = [self._variable() for _ in range(arity)]
        # No facts: a number that reaches a function by way of a value may be a float.
        body = callee.apply([variable(v) for v in variables], context.within(*variables)).code
        match body:
            case ast.Call(ast.Name(), args, []) if list(map(ast.unparse, args)) == variables:
                return Term(body.func, is_total=True)
        return Term(code(f"lambda {', '.join(variables)}: x", body), is_total=True)

    # What goes over arrays

    def _loop(self, node: Node, path: TreePath, context: Context) -> Loop:
        """Iteration over the elements of an array, with maps and filters taken into the loop."""
        if node.symbol in ("map", "filter") and node.children:
            loop = self._loop(node.children[0], (*path, 0), context)
            if node.symbol == "filter" and not isinstance(loop.element.code, ast.Name):
                source = ast.GeneratorExp(loop.element.code, loop.clauses)
                loop = self._loop_over(source, loop.element.facts, loop.is_total, context)
            callee = self._callee(node.children[1], (*path, 1), context)
            found = callee.apply([loop.element], loop.context)
            is_total = loop.is_total and found.is_total
            if node.symbol == "map":
                return replace(loop, element=found, is_total=is_total)
            verdict = guarded(found, BOOL) if self._loose else found
            loop.clauses[-1].ifs.append(verdict.code)
            return replace(loop, is_total=is_total)
        values = self._term(node, path, context)
        if self._loose:
            values = guarded(values, Array(INT))
        return self._loop_over(values.code, values.facts.of_element, values.is_total, context)

    def _loop_over(
        self, iterable: ast.expr, element: Facts, is_total: bool, context: Context
    ) -> Loop:
        if isinstance(iterable, ast.Call) and ast.unparse(iterable).startswith("list(range("):
            iterable = iterable.args[0]
        target = self._variable()
        clauses = [comprehension(target, iterable)]
        return Loop(clauses, variable(target, element), context.within(target), is_total)

    def _listed(self, node: Node, path: TreePath, context: Context) -> Term:
        """`map` or `filter`."""
        loop = self._loop(node, path, context)
        facts = Facts(element=loop.element.facts)
        return Term(ast.ListComp(loop.element.code, loop.clauses), facts, loop.is_total)

    def _count(self, node: Node, path: TreePath, context: Context) -> Term:
        loop = self._loop(node, path, context)
        ones = ast.GeneratorExp(ast.Constant(1), loop.clauses)
        return Term(call("sum", ones), NATURAL, loop.is_total)

    def _invoke(self, node: Node, path: TreePath, context: Context) -> Term:
        callee = self._callee(node.children[0], (*path, 0), context)
        return callee.apply([self._term(node.children[1], (*path, 1), context)], context)

    def _reduce(self, node: Node, path: TreePath, context: Context) -> Term:
        values, start, function = node.children
        loop = self._loop(values, (*path, 0), context)
        first = self._term(start, (*path, 1), context)
        short = None if self._loose else _well_known(function.symbol, loop, first)
        if short is not None and not function.children:
            return short
        kind = self._types.get(path)
        callee = self._callee(function, (*path, 2), context)
        # A total that is or holds functions stays an expression.
        if context.is_strict and kind and innermost(kind) in (INT, BOOL, STRING):
            total = self._fresh("total" if kind == INT else "result")
            return self._reduce_by_loop(total, callee, function.size, context, loop, first)
        return self._reduce_by_call(callee, function.size, context, loop, first)

    def _reduce_by_loop(
        self, total: str, callee: Callee, n_nodes: int, context: Context, loop: Loop, first: Term
    ) -> Term:
        context.block.append(assign(total, first.code))

        def attempt(assumed: tuple[Facts, ...]) -> tuple[list[ast.stmt], tuple[Facts, ...]]:
            body: list[ast.stmt] = []
            terms = [variable(total, assumed[0]), loop.element]
            found = callee.apply(terms, context.branch(body))
            return [*body, _update(total, found.code)], (found.facts,)

        body, (facts,) = self._settled(n_nodes, (first.facts,), attempt)
        context.block.append(loop.statement(body))
        return variable(total, facts)

    def _reduce_by_call(
        self, callee: Callee, n_nodes: int, context: Context, loop: Loop, first: Term
    ) -> Term:
        total, element = self._fresh("total"), self._variable()
        where, n_before = context.within(total, element), len(context.block)

        def attempt(assumed: tuple[Facts, ...]) -> tuple[ast.expr, tuple[Facts, ...]]:
            del context.block[n_before:]
            terms = [variable(total, assumed[0]), variable(element, loop.element.facts)]
            found = callee.apply(terms, where)
            return found.code, (found.facts,)

        body, (facts,) = self._settled(n_nodes, (first.facts,), attempt)
        function = code(f"lambda {total}, {element}: x", body)
        return Term(code("functools.reduce(x, y, z)", function, loop.iterable(), first), facts)


def _well_known(symbol: str, loop: Loop, first: Term) -> Term | None:
    """What Python has a function for: sums, products, extremes."""
    facts = join(loop.element.facts, first.facts)
    values, start = loop.iterable(), first.value
    is_total, text = loop.is_total, ""
    if symbol == "+" and facts.is_int:
        text = "sum(x)" if start == 0 else "sum(x, y)"
    elif symbol == "*" and facts.is_int:
        text = "math.prod(x)" if start == 1 else "math.prod(x, start=y)"
    elif symbol == "min" and ast.unparse(first.code) == "math.inf" and facts.is_ordered:
        text = "min(x, default=y)"
    elif symbol in ("min", "max"):
        whole = _begun_with_first(values, first) if facts.is_ordered else None
        if whole is not None:
            text, values, is_total = f"{symbol}(x)", whole, False
        elif facts.is_int:
            text = f"{symbol}([y, *x])"
    return Term(code(text, values, first), facts, is_total) if text else None


def _begun_with_first(values: ast.expr, first: Term) -> ast.expr | None:
    """Return `xs` where a fold begins with `xs[0]` and goes over `xs[1:]`, or over all of `xs`."""
    if not isinstance(first.code, ast.Subscript) or ast.unparse(first.code.slice) != "0":
        return None
    whole = first.code.value
    spelled = ast.unparse(whole)
    return whole if ast.unparse(values) in (spelled, f"{spelled}[1:]") else None


def _update(target: str, value: ast.expr) -> ast.stmt:
    """`total += x` where that says the same as `total = total + x`."""
    match value:
        case ast.BinOp(ast.Name(left), ast.Add() | ast.Sub() | ast.Mult()) if left == target:
            return ast.AugAssign(ast.Name(target, ast.Store()), value.op, value.right)
    return assign(target, value)


def _n_uses(node: Node, argument: str) -> int:
    """How often an argument occurs; inside of inner lambdas counts as often."""
    if node.symbol == argument and not node.children:
        return 1
    n_below = sum([_n_uses(child, argument) for child in node.children])
    return 2 * n_below if node.symbol.startswith("lambda") else n_below


def _names_in(statements: list[ast.stmt]) -> set[str]:
    """The variables that statements mention."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    return {node.id for node in nodes if isinstance(node, ast.Name)}
