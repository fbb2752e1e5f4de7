"""Python expressions under construction, what is known of them, and a translation's state."""

import ast
import builtins
import keyword
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import and_
from typing import Any, Final, NamedTuple, TypeVar

from saps.lang.errors import TreePath
from saps.lang.node import Node
from saps.lang.program_values import LAMBDA_ARGUMENTS, SELF
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Type


class Facts(NamedTuple):
    """What is known of a value beyond its type; each fact is known to hold, or not known.

    Attributes:
        is_int: meant as an `int`, as declared; the interpreter takes a float there as well.
        is_whole: known to be an `int`, and no float.
        is_float: a float, not an `int`.
        is_natural: not negative, and not NaN.
        is_ordered: not NaN.
        element: the facts of the elements of an array.
    """

    is_int: bool = False
    is_whole: bool = False
    is_float: bool = False
    is_natural: bool = False
    is_ordered: bool = False
    element: "Facts | None" = None

    @property
    def of_element(self) -> "Facts":
        return self.element or ANYTHING


ANYTHING: Final = Facts()
DECLARED: Final = Facts(is_int=True, is_ordered=True)
WHOLE: Final = DECLARED._replace(is_whole=True)
NATURAL: Final = WHOLE._replace(is_natural=True)
NOTHING: Final = NATURAL._replace(is_float=True)
"""Of the elements of an empty array: all facts hold, there being none to break them."""


def facts_of_type(kind: Type | None, number: Facts = WHOLE) -> Facts:
    """What a type promises, where its numbers are of this sort."""
    if isinstance(kind, Array):
        return Facts(element=facts_of_type(kind.element, number))
    return number if kind == INT else ANYTHING


def join(left: Facts, right: Facts) -> Facts:
    """What holds of a value that is one or the other."""
    element = join(left.element, right.element) if left.element and right.element else None
    return Facts._make([*map(and_, left[:5], right[:5]), element])


def arithmetic(left: Facts, right: Facts) -> Facts:
    """A sum, product, quotient or remainder; without a promise about the sign."""
    is_int = left.is_int and right.is_int
    is_float = left.is_float or right.is_float
    return Facts(is_int, left.is_whole and right.is_whole, is_float, is_ordered=is_int)


def natural_if(facts: Facts, condition: bool) -> Facts:
    """The facts, with the promise that the number is not negative if the condition holds."""
    return facts._replace(is_natural=True, is_ordered=True) if condition else facts


@dataclass(frozen=True, slots=True)
class Term:
    """A Python expression, and what is known of it.

    Attributes:
        code: the expression.
        facts: of its value.
        is_total: evaluating it never raises.
    """

    code: ast.expr
    facts: Facts = ANYTHING
    is_total: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether it may be written twice: a name or a constant."""
        return isinstance(self.code, ast.Name | ast.Constant)

    @property
    def value(self) -> Any:
        """The value of a literal, or None."""
        code = self.code
        if isinstance(code, ast.UnaryOp) and isinstance(code.operand, ast.Constant):
            return -code.operand.value  # type: ignore[operator]  # only numbers are negated
        return code.value if isinstance(code, ast.Constant) else None


# Code. What is always the same is written as text, in which x, y and z stand for parts.


def code(text: str, *parts: Term | ast.expr) -> ast.expr:
    """The expression that the text says."""
    codes = [part.code if isinstance(part, Term) else part for part in parts]
    written: ast.expr = filled(parsed(text), dict(zip("xyz", codes, strict=False)))
    return written


@lru_cache(maxsize=1_024)
def parsed(text: str) -> ast.expr:
    """Raises SyntaxError if the text is no expression."""
    return ast.parse(text.strip(), mode="eval").body


def filled(pattern: Any, parts: Mapping[str, ast.expr]) -> Any:
    """A copy of an expression with parts in place of names."""
    if isinstance(pattern, ast.Name) and pattern.id in parts:
        return parts[pattern.id]
    if isinstance(pattern, ast.AST):
        fields = {name: filled(part, parts) for name, part in ast.iter_fields(pattern)}
        return type(pattern)(**fields)
    return [filled(part, parts) for part in pattern] if isinstance(pattern, list) else pattern


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """`function(arguments)`."""
    return ast.Call(name(function), list(arguments), [])


def name(identifier: str) -> ast.Name:
    """A variable that is read."""
    return ast.Name(identifier, ast.Load())


def variable(identifier: str, facts: Facts = ANYTHING) -> Term:
    """The value of a variable."""
    return Term(name(identifier), facts, is_total=True)


def literal(value: Any) -> ast.expr:
    """A constant; Python writes a negative number as an operation."""
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def assign(target: str, value: ast.expr) -> ast.Assign:
    """`target = value`."""
    return ast.Assign([ast.Name(target, ast.Store())], value, lineno=0)


def comprehension(target: str, iterable: ast.expr) -> ast.comprehension:
    """`for target in iterable`, to which conditions may be added."""
    return ast.comprehension(ast.Name(target, ast.Store()), iterable, [], 0)


def lambda_of(variables: list[str], body: ast.expr) -> ast.Lambda:
    """`lambda variables: body`."""
    return ast.Lambda(_parameters([ast.arg(variable) for variable in variables]), body)


def function_definition(
    function_name: str, parameters: list[ast.arg], body: list[ast.stmt], result: ast.expr | None
) -> ast.FunctionDef:
    """`def function_name(parameters) -> result: body`."""
    return ast.FunctionDef(function_name, _parameters(parameters), body, [], result, lineno=0)


def _parameters(listed: list[ast.arg]) -> ast.arguments:
    return ast.arguments([], listed, None, [], [], None, [])


def annotation(kind: Type | None, facts: Facts) -> ast.expr | None:
    """A type of the language as Python declares it, if it is known."""
    return None if kind is None else parsed(_declared(kind, facts))


def _declared(kind: Type, facts: Facts) -> str:
    if kind == INT:
        return "int" if facts.is_int else "float"
    if isinstance(kind, Array):
        return f"list[{_declared(kind.element, facts.of_element)}]"
    if isinstance(kind, Dictionary):
        return f"dict[{_declared(kind.key, ANYTHING)}, {_declared(kind.value, ANYTHING)}]"
    if isinstance(kind, FunctionType):
        return "Callable"
    return "bool" if kind == BOOL else "str" if kind == STRING else "object"


def constant_term(value: Any) -> Term:
    """The term of a constant of the language."""
    if isinstance(value, bool | str):
        return Term(ast.Constant(value), is_total=True)
    if not isinstance(value, int | float):
        return variable("int")
    if type(value) is int:
        return Term(literal(value), NATURAL if value >= 0 else WHOLE, is_total=True)
    facts = Facts(is_float=True, is_natural=value >= 0, is_ordered=True)
    return Term(name("math.inf") if value == float("inf") else literal(value), facts, True)


def guarded(term: Term, kind: Type) -> Term:
    """In an ill-typed program: a check that the value is of the kind that an operation needs."""
    kinds = ("list",) if isinstance(kind, Array) else _PYTHON_TYPES.get(kind, ())
    if isinstance(kind, Dictionary):
        kinds = ("dict",)
    if not kinds or type(term.value).__name__ in kinds:
        return term
    return replace(term, code=call("of_kind", term.code, *map(name, kinds)))


_PYTHON_TYPES: Final[Mapping[Type, tuple[str, ...]]] = {
    INT: ("int", "float"),
    BOOL: ("bool",),
    STRING: ("str",),
}


# What all parts of a translation share: its state, and names for what it writes.

T = TypeVar("T")

MOST_NODES: Final = 1_000
"""How many nodes may be translated that were translated before.

Some parts are tried in one form and, where that fails, translated again in another; parts of them
likewise. Without a limit, each level of such parts doubles the work. What is tried is paid for by
its size, so that the work is at most the size of the program and this limit."""

_WORTHWHILE: Final = frozenset(
    {"map", "filter", "reduce", "invoke1", "range", "sort", "reverse", "slice"}
    | {"digits", "is_prime", "str_split"}
)
_MANY_NODES: Final = 6
_TAKEN: Final = frozenset(
    {*keyword.kwlist, *dir(builtins), "math", "functools", "itertools", "operator"}
)


@dataclass(frozen=True, slots=True)
class Context:
    """Where an expression stands.

    Attributes:
        block: the statements before it.
        is_strict: the expression is evaluated exactly once after `block`, so that parts of it may
            become statements there.
        inner: variables of comprehensions and lambdas, which `block` does not see.
        names: what `arg1`, `arg2` and `self` mean.
        known: variables of the block that hold the values of whole subtrees.
    """

    block: list[ast.stmt]
    is_strict: bool = True
    inner: frozenset[str] = frozenset()
    names: Mapping[str, "Term | Callee"] = field(default_factory=dict)
    known: dict[Node, "Term"] = field(default_factory=dict)

    def branch(self, block: list[ast.stmt]) -> "Context":
        """In a block inside of this one."""
        return replace(self, block=block, known=dict(self.known))

    def within(self, *variables: str) -> "Context":
        """Where an expression may remain unevaluated, as in a comprehension over variables."""
        return replace(self, is_strict=False, inner=self.inner | set(variables))


@dataclass(frozen=True, slots=True)
class Callee:
    """A function, ready to be applied wherever its calls stand.

    Attributes:
        arity: how many terms it takes; None if that is not known.
        write: gives the term of a call.
    """

    arity: int | None
    write: Callable[[list[Term], Context], Term]

    def apply(self, terms: list[Term], where: Context) -> Term:
        """The term of a call, which fails if the number of arguments is wrong."""
        if self.arity is None or self.arity == len(terms):
            return self.write(terms, where)
        reason = f"a function of {self.arity} is called with {len(terms)} arguments"
        return Term(call("fail", ast.Constant(reason)))


class NeedsStatementError(Exception):
    """An expression alone cannot say it; whoever is further out has to make room."""


class Writer:
    """The state of one translation. Knows no construct of the language."""

    def __init__(
        self, root: Node, types: Mapping[TreePath, Type], taken: frozenset[str], *, is_loose: bool
    ) -> None:
        """Begin a translation.

        Args:
            root: the program.
            types: of its nodes.
            taken: names of helper functions, which no variable may have.
            is_loose: the program is ill-typed.
        """
        self._root = root
        self._types = types
        self._taken = _TAKEN | taken
        self._used: set[str] = {"digit", "piece"}
        self._arguments: dict[str, Term] = {}
        self._loose = is_loose
        self._repeated = _repeated(root)
        self._n_spare = MOST_NODES

    def _fresh(self, hint: str) -> str:
        candidate, number = hint, 1
        while candidate in self._used or candidate in self._taken:
            number += 1
            candidate = f"{hint}{number}"
        self._used.add(candidate)
        return candidate

    def _variable(self, hints: str = "xyzuvw") -> str:
        return self._fresh(next((h for h in hints if h not in self._used), hints[0]))

    def _bind(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be written several times, and whose evaluation is done by then."""
        if term.is_simple:
            return term
        if not context.is_strict:
            raise NeedsStatementError
        target = self._fresh(hint)
        context.block.append(assign(target, term.code))
        return variable(target, term.facts)

    def _early(self, term: Term, hint: str, context: Context) -> Term:
        """A term that may be evaluated later, several times or never instead of now."""
        if term.is_total and _is_cheap(term.code):
            return term
        return self._bind(term, hint, context)

    def _may_repeat(self, n_nodes: int) -> bool:
        """Set apart what it costs to translate some nodes again, if so much is left."""
        if n_nodes > self._n_spare:
            return False
        self._n_spare -= n_nodes
        return True

    def _settled(
        self,
        n_nodes: int,
        assumed: tuple[Facts, ...],
        attempt: Callable[[tuple[Facts, ...]], tuple[T, tuple[Facts, ...]]],
    ) -> tuple[T, tuple[Facts, ...]]:
        """What an attempt makes of facts that hold, and these facts: from the best ones down.

        An attempt gives what it made, and what it found to hold. One more of them is set apart in
        advance: the last one, which assumes nothing and so always holds.
        """
        used = set(self._used)
        while True:
            may_follow = self._may_repeat(n_nodes)
            self._used = set(used)
            if not may_follow:
                assumed = (ANYTHING,) * len(assumed)
            made, found = attempt(assumed)
            weaker = tuple(map(join, assumed, found))
            if weaker == assumed:
                self._n_spare += n_nodes * may_follow
                return made, assumed
            assumed = weaker


def _repeated(root: Node) -> frozenset[Node]:
    """The subtrees that occur twice or more, and that a person would give a name.

    Not just as parts of larger ones that do; only those that mean the same everywhere, having no
    argument of a lambda around them, and that take more than a few operations.
    """
    counts: Counter[Node] = Counter()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.children:
            counts[node] += 1
            if counts[node] == 1:
                stack.extend(node.children)
    repeated = [node for node, n in counts.items() if n > 1]
    return frozenset(node for node in repeated if _is_worthwhile(node) and not _free(node))


def _is_worthwhile(node: Node) -> bool:
    symbols = {part.symbol for part in node.preorder() if part.children}
    return bool(symbols & _WORTHWHILE) or node.size >= _MANY_NODES


def _free(node: Node) -> frozenset[str]:
    """The names in a subtree that a lambda around it binds."""
    own = frozenset({node.symbol} & {*LAMBDA_ARGUMENTS, SELF})
    below = own.union(*[_free(child) for child in node.children])
    if node.children and node.symbol in ("lambda1", "lambda2"):
        return below - {SELF, *LAMBDA_ARGUMENTS[: int(node.symbol[-1])]}
    return below


def _is_cheap(code: ast.expr) -> bool:
    """Whether code is short and goes over no array."""
    nodes = list(ast.walk(code))
    return len(nodes) <= 8 and not any(
        isinstance(node, ast.ListComp | ast.GeneratorExp | ast.Starred) for node in nodes
    )
