"""Random programs: well-typed ones, drawn from the function table by type, and nonsense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from saps.lang import FORMS, FUNCTIONS, Node
from saps.lang.functions import Function
from saps.lang.types import (
    BOOL,
    INT,
    STRING,
    TYPE,
    Array,
    Constraint,
    Dictionary,
    FunctionType,
    Row,
    Type,
    Variable,
)
from tests.lang.naive import BUILTINS

ARGUMENTS: Mapping[str, Type] = {
    "a": Array(INT),
    "b": INT,
    "c": STRING,
    "d": Array(STRING),
    "e": BOOL,
    "f": Array(Array(INT)),
}
DECLARED = {name: str(kind) for name, kind in ARGUMENTS.items()}

CONSTANTS: Mapping[Type, tuple[str, ...]] = {
    INT: ("0", "1", "2", "10", "-3", "2.5", "40", "inf", "7"),
    BOOL: ("true", "false"),
    STRING: ('""', '" "', '"z"', '"ab ba"'),
    TYPE: ("int",),
}
PLAIN = (INT, BOOL, STRING)

Binding = dict[str, Type]


@dataclass
class Scope:
    """What may be named: arguments of the task, and those of the innermost lambdas."""

    names: dict[str, Type] = field(default_factory=lambda: dict(ARGUMENTS))
    self_type: FunctionType | None = None

    def inside(self, kind: FunctionType) -> "Scope":
        inner = dict(self.names)
        inner.update(zip(("arg1", "arg2"), kind.row.parameters, strict=False))
        return Scope(inner, kind)


def random_inputs(rng: Random) -> dict[str, Any]:
    def number() -> int:
        return rng.choice((rng.randint(-3, 12), rng.randint(0, 1000)))

    def word() -> str:
        return "".join(rng.choice("abz ") for _ in range(rng.randint(0, 5)))

    return {
        "a": [number() for _ in range(rng.randint(0, 6))],
        "b": number(),
        "c": word(),
        "d": [word() for _ in range(rng.randint(0, 4))],
        "e": rng.random() < 0.5,
        "f": [[number() for _ in range(rng.randint(0, 3))] for _ in range(rng.randint(0, 3))],
    }


def random_program(rng: Random, depth: int = 5) -> Node:
    """A well-typed program over ARGUMENTS."""
    kind = rng.choice((INT, INT, BOOL, STRING, Array(INT), Array(STRING), Array(Array(INT))))
    return _expression(rng, kind, depth, Scope())


def _expression(rng: Random, kind: Type, depth: int, scope: Scope) -> Node:
    if isinstance(kind, FunctionType):
        return _function(rng, kind, depth, scope)
    leaves = [name for name, found in scope.names.items() if found == kind]
    leaves += CONSTANTS.get(kind, ())
    if leaves and (depth <= 1 or rng.random() < 0.15):
        return Node(rng.choice(leaves))
    if depth > 1 and rng.random() < 0.08:
        return Node("if", _all(rng, (BOOL, kind, kind), depth, scope))
    self_type = scope.self_type
    if depth > 1 and self_type is not None and self_type.result == kind and rng.random() < 0.1:
        return Node("self", _all(rng, self_type.row.parameters, depth, scope))
    return _call(rng, kind, depth, scope)


def _all(rng: Random, kinds: tuple[Type, ...], depth: int, scope: Scope) -> tuple[Node, ...]:
    return tuple(_expression(rng, kind, depth - 1, scope) for kind in kinds)


def _call(rng: Random, kind: Type, depth: int, scope: Scope) -> Node:
    if depth < -2 or (depth <= 1 and isinstance(kind, Array | Dictionary)):
        return _smallest(rng, kind)
    for _ in range(20):
        function = rng.choice(_BY_SHAPE[_shape(kind)])
        if function.name in _PARTIAL and rng.random() < 0.85:
            continue
        binding: Binding = {}
        if _match(function.result, kind, binding):
            parameters = tuple(_fill(rng, p, binding) for p in function.parameters)
            return Node(function.name, _all(rng, parameters, depth, scope))
    return _smallest(rng, kind)


def _smallest(rng: Random, kind: Type) -> Node:
    if isinstance(kind, Array):
        return Node("array-new", (Node("int"),))
    if isinstance(kind, Dictionary):
        return Node("dict-new", (Node("int"), Node("int")))
    return Node(rng.choice(CONSTANTS[kind]))


def _function(rng: Random, kind: FunctionType, depth: int, scope: Scope) -> Node:
    parameters = kind.row.parameters
    choice = rng.random()
    if choice < 0.25:
        fitting = [f for f in _TABLE if _match(f.type, kind, {})]
        if fitting:
            return Node(rng.choice(fitting).name)
    if choice < 0.45 and depth > 1:
        position = rng.randint(0, min(len(parameters), 2))
        fixed = rng.choice(PLAIN)
        longer = (*parameters[:position], fixed, *parameters[position:])
        fitting = [f for f in _TABLE if _match(f.type, FunctionType(Row(longer), kind.result), {})]
        if fitting:
            value = _expression(rng, fixed, depth - 1, scope)
            return Node(f"partial{position}", (value, Node(rng.choice(fitting).name)))
    if choice < 0.55 and depth > 1:
        middle = rng.choice(PLAIN)
        outer = _expression(rng, FunctionType(Row((middle,)), kind.result), depth - 1, scope)
        inner = _expression(rng, FunctionType(kind.row, middle), depth - 1, scope)
        return Node("combine", (outer, inner))
    if len(parameters) in (1, 2):
        body = _expression(rng, kind.result, depth - 1, scope.inside(kind))
        return Node(f"lambda{len(parameters)}", (body,))
    fitting = [f for f in _TABLE if _match(f.type, kind, {})]
    if fitting:
        return Node(rng.choice(fitting).name)
    return Node("partial0", (Node("0"), _function(rng, _with_first(kind), depth, scope)))


def _with_first(kind: FunctionType) -> FunctionType:
    return FunctionType(Row((INT, *kind.row.parameters)), kind.result)


# These fail so often on random values that little else would be seen.
_PARTIAL = frozenset({"deref", "int-deref", "str_index", "head"})
# What the second evaluator knows: a new function needs no entry there.
_KNOWN = [function for name, function in FUNCTIONS.items() if name in BUILTINS]
_TABLE = [f for f in _KNOWN if not isinstance(f.result, FunctionType)]


def _shape(kind: Type) -> str:
    return type(kind).__name__ if isinstance(kind, Array | Dictionary) else str(kind)


def _fits_shape(result: Type, shape: str) -> bool:
    return isinstance(result, Variable) or _shape(result) == shape


_BY_SHAPE: Mapping[str, list[Function]] = {
    shape: [f for f in _TABLE if _fits_shape(f.result, shape)]
    for shape in ("int", "bool", "string", "type", "Array", "Dictionary")
}


def _match(pattern: Type, kind: Type, binding: Binding) -> bool:
    """Bind the variables of the pattern so that it becomes the type."""
    if isinstance(pattern, Variable):
        if not _satisfies(kind, pattern.constraint):
            return False
        return binding.setdefault(pattern.name, kind) == kind
    if isinstance(pattern, Array) and isinstance(kind, Array):
        return _match(pattern.element, kind.element, binding)
    if isinstance(pattern, Dictionary) and isinstance(kind, Dictionary):
        return _match(pattern.key, kind.key, binding) and _match(pattern.value, kind.value, binding)
    if isinstance(pattern, FunctionType) and isinstance(kind, FunctionType):
        pairs = zip(pattern.row.parameters, kind.row.parameters, strict=False)
        return (
            len(pattern.row.parameters) == len(kind.row.parameters)
            and all(_match(p, k, binding) for p, k in pairs)
            and _match(pattern.result, kind.result, binding)
        )
    return pattern == kind


def _satisfies(kind: Type, constraint: Constraint) -> bool:
    if constraint == Constraint.ANY:
        return True
    if isinstance(kind, Array):
        return constraint != Constraint.KEY and _satisfies(kind.element, constraint)
    if isinstance(kind, Dictionary):
        return constraint == Constraint.EQUATABLE and _satisfies(kind.value, constraint)
    return kind in PLAIN


def _fill(rng: Random, kind: Type, binding: Binding) -> Type:
    """Replace variables; those not bound yet get a plain type."""
    if isinstance(kind, Variable):
        return binding.setdefault(kind.name, rng.choice(PLAIN))
    if isinstance(kind, Array):
        return Array(_fill(rng, kind.element, binding))
    if isinstance(kind, Dictionary):
        return Dictionary(_fill(rng, kind.key, binding), _fill(rng, kind.value, binding))
    if isinstance(kind, FunctionType):
        parameters = tuple(_fill(rng, p, binding) for p in kind.row.parameters)
        return FunctionType(Row(parameters), _fill(rng, kind.result, binding))
    return kind


def random_nonsense(rng: Random, depth: int = 5) -> Node:
    """A tree with no regard for types, arity or scope."""
    if depth <= 1 or rng.random() < 0.2:
        return Node(rng.choice(_ANY_LEAF))
    symbol = rng.choice(_ANY_SYMBOL)
    arity = FUNCTIONS[symbol].arity if symbol in FUNCTIONS else FORMS.get(symbol, 1)
    if rng.random() < 0.02:
        arity = rng.randint(1, 4)
    return Node(symbol, tuple(random_nonsense(rng, depth - 1) for _ in range(arity)))


_ANY_SYMBOL = [*BUILTINS, *FORMS, *FORMS, *FORMS, "self", "arg1"]
_ANY_LEAF = [
    *ARGUMENTS,
    *(c for constants in CONSTANTS.values() for c in constants),
    *("arg1", "arg2", "self", "+", "head", "is_prime", "1000000000", "zz"),
]


def programs() -> st.SearchStrategy[Node]:
    """Well-typed programs for hypothesis."""
    return st.randoms(use_true_random=False).map(random_program)


def trees() -> st.SearchStrategy[Node]:
    """Any trees for hypothesis."""
    return st.randoms(use_true_random=False).map(random_nonsense)
