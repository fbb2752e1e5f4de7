"""A second evaluator, written from the language's description alone: plain recursion over the tree.

Slow, without limits, and without any code of `saps.lang` but `Node`.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from saps.lang import Node


class NaiveError(Exception):
    """The program fails; `kind` is the code that the interpreter should report."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Fn:
    arity: int
    call: Callable[..., Any] = field(compare=False)

    def __call__(self, *values: Any) -> Any:
        if len(values) != self.arity:
            raise NaiveError("arity")
        return self.call(*values)


class TypeOfInt:
    pass


def run(node: Node, inputs: Mapping[str, Any]) -> Any:
    """The value of a program, which must not be a function nor hold one."""
    try:
        value = evaluate(node, inputs)
        check(not holds_function(value))
    except OverflowError:
        raise NaiveError("domain") from None
    except RecursionError:
        raise NaiveError("recursion") from None
    return value


def holds_function(value: Any) -> bool:
    if isinstance(value, list | dict):
        return any(map(holds_function, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Fn | TypeOfInt)


def evaluate(node: Node, scope: Mapping[str, Any]) -> Any:
    symbol, children = node.symbol, node.children
    if symbol == "if":
        condition = evaluate(children[0], scope)
        check(isinstance(condition, bool))
        return evaluate(children[1] if condition else children[2], scope)
    if symbol == "lambda1":
        return make_lambda(1, children[0], scope)
    if symbol == "lambda2":
        return make_lambda(2, children[0], scope)
    if not children:
        return leaf(symbol, scope)
    values = [evaluate(child, scope) for child in children]
    if symbol in scope:
        return apply(scope[symbol], *values)
    return BUILTINS[symbol](*values)


def make_lambda(arity: int, body: Node, scope: Mapping[str, Any]) -> Fn:
    def call(*values: Any) -> Any:
        inner = {**scope, "self": function, "arg1": values[0]}
        if arity == 2:
            inner["arg2"] = values[1]
        return evaluate(body, inner)

    function = Fn(arity, call)
    return function


def leaf(symbol: str, scope: Mapping[str, Any]) -> Any:
    if symbol in scope:
        return scope[symbol]
    if symbol in BUILTINS:
        return Fn(ARITIES[symbol], BUILTINS[symbol])
    if symbol in ("true", "false"):
        return symbol == "true"
    if symbol == "inf":
        return math.inf
    if symbol == "int":
        return TypeOfInt()
    if symbol.startswith('"'):
        return json.loads(symbol, strict=False)
    return float(symbol) if set(symbol) & set(".eE") else int(symbol)


def check(condition: bool, kind: str = "type") -> None:
    if not condition:
        raise NaiveError(kind)


def kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", list: "array", dict: "dict", Fn: "function", TypeOfInt: "type"}[
        type(value)
    ]


def need(kinds: str, *values: Any) -> None:
    for expected, value in zip(kinds.split(), values, strict=True):
        check(kind(value) == expected)


def apply(function: Any, *values: Any) -> Any:
    check(isinstance(function, Fn))
    return function(*values)


def typed(kinds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(implementation: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*values: Any) -> Any:
            need(kinds, *values)
            return implementation(*values)

        return checked

    return wrap


def equal(x: Any, y: Any) -> bool:
    if kind(x) != kind(y):
        return False
    check(kind(x) not in ("function", "type"))
    if isinstance(x, list):
        return len(x) == len(y) and all(equal(a, b) for a, b in zip(x, y, strict=True))
    if isinstance(x, dict):
        return sorted(x) == sorted(y) and all(equal(x[k], y[k]) for k in x)
    return bool(x == y)


def before(x: Any, y: Any) -> bool:
    check(kind(x) == kind(y) and kind(x) in ("number", "string", "bool", "array"))
    if isinstance(x, list):
        for a, b in zip(x, y, strict=False):
            if not equal(a, b):
                return before(a, b)
        return len(x) < len(y)
    return bool(x < y)


def insertion_sort(values: list[Any]) -> list[Any]:
    done: list[Any] = []
    for value in values:
        place = len(done)
        while place > 0 and before(value, done[place - 1]):
            place -= 1
        done.insert(place, value)
    return done


def divide(x: Any, y: Any) -> Any:
    check(y != 0, "division-by-zero")
    return x // y if isinstance(x, int) else x / y


def modulo(x: Any, y: Any) -> Any:
    check(y != 0, "division-by-zero")
    return x % y


def power(x: Any, y: Any) -> Any:
    check(not (x == 0 and y < 0), "division-by-zero")
    if isinstance(x, int) and isinstance(y, int):
        check(abs(x) < 2 or (x.bit_length() - 1) * y <= 4_096, "size")
    result = x**y
    check(not isinstance(result, complex), "domain")
    return result


def root(x: Any) -> float:
    check(not x < 0, "domain")
    return math.sqrt(x)


def truncate(x: Any) -> int:
    check(not isinstance(x, float) or math.isfinite(x), "domain")
    return int(x)


def whole(x: Any) -> int:
    check(isinstance(x, int) or float(x).is_integer(), "domain")
    return int(x)


def numbers(low: Any, high: Any) -> list[int]:
    check(not high - low > 1000, "range-too-long")
    return list(range(truncate(low), truncate(high)))


def element(values: list[Any], index: Any) -> Any:
    check(isinstance(index, int) and 0 <= index < len(values), "index")
    return values[index]


def part(values: list[Any], low: Any, high: Any) -> list[Any]:
    check(isinstance(low, int) and isinstance(high, int), "index")
    end = len(values) + high if high < 0 else high
    return [value for i, value in enumerate(values) if max(low, 0) <= i < end]


def head(values: list[Any]) -> Any:
    check(bool(values), "empty")
    return values[0]


def fold(values: Any, start: Any, function: Any) -> Any:
    need("array", values)
    for value in values:
        start = apply(function, start, value)
    return start


def convert(values: Any, function: Any) -> list[Any]:
    need("array", values)
    return [apply(function, value) for value in values]


def keep(values: Any, function: Any) -> list[Any]:
    need("array", values)
    kept = []
    for value in values:
        verdict = apply(function, value)
        check(isinstance(verdict, bool))
        kept += [value] if verdict else []
    return kept


def after(outer: Any, inner: Any) -> Fn:
    if not isinstance(outer, Fn) or not isinstance(inner, Fn):
        return Fn(1, lambda *_: check(False))
    return Fn(inner.arity, lambda *values: apply(outer, apply(inner, *values)))


def fix(position: int) -> Callable[[Any, Any], Fn]:
    def partial(value: Any, function: Any) -> Fn:
        if not isinstance(function, Fn):
            return Fn(1, lambda *_: check(False))
        return Fn(
            function.arity - 1,
            lambda *values: function(*values[:position], value, *values[position:]),
        )

    return partial


def extend(values: Any, value: Any) -> list[Any]:
    need("array", values)
    return [*values, value]


def contains(values: Any, value: Any) -> bool:
    need("array", values)
    return any(equal(element, value) for element in values)


def is_prime(x: Any) -> bool:
    return x >= 2 and x % 1 == 0 and all(x % k for k in range(2, math.isqrt(int(x)) + 1))


def digits(x: Any) -> list[int]:
    check(type(x) is int, "domain")
    return [int(digit) for digit in str(abs(x))]


def character(index: Any, text: str) -> str:
    position = truncate(index)
    check(-len(text) <= position < len(text), "index")
    return text[position]


def split(text: str, delimiter: str) -> list[str]:
    check(delimiter != "", "domain")
    return [piece for piece in text.split(delimiter) if piece]


def insert(entries: dict[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    need("dict", entries)
    check(kind(key) in ("number", "string", "bool"))
    return {**entries, key: value}


BUILTINS: dict[str, Callable[..., Any]] = {
    "+": typed("number number")(lambda x, y: x + y),
    "-": typed("number number")(lambda x, y: x - y),
    "*": typed("number number")(lambda x, y: x * y),
    "/": typed("number number")(divide),
    "%": typed("number number")(modulo),
    "pow": typed("number number")(power),
    "sqrt": typed("number")(root),
    "floor": typed("number")(truncate),
    "square": typed("number")(lambda x: x * x),
    "abs": typed("number")(abs),
    "min": typed("number number")(lambda x, y: x if x <= y else y),
    "max": typed("number number")(lambda x, y: y if x <= y else x),
    "is_prime": typed("number")(is_prime),
    "digits": typed("number")(digits),
    "!": typed("bool")(lambda x: not x),
    "&&": typed("bool bool")(lambda x, y: x and y),
    "||": typed("bool bool")(lambda x, y: x or y),
    "<": before,
    ">": lambda x, y: before(y, x),
    "<=": lambda x, y: before(x, y) or equal(x, y),
    ">=": lambda x, y: before(y, x) or equal(x, y),
    "==": equal,
    "!=": lambda x, y: not equal(x, y),
    "reduce": fold,
    "map": convert,
    "filter": keep,
    "range": typed("number number")(numbers),
    "len": typed("array")(len),
    "head": typed("array")(head),
    "tail": typed("array")(lambda values: values[1:]),
    "deref": typed("array number")(element),
    "int-deref": typed("array number")(element),
    "slice": typed("array number number")(part),
    "append": extend,
    "sort": typed("array")(insertion_sort),
    "reverse": typed("array")(lambda values: list(reversed(values))),
    "array-new": typed("type")(lambda _: []),
    "is_sorted": typed("array")(lambda values: not any(before(y, x) for x, y in pairwise(values))),
    "contains": contains,
    "invoke1": apply,
    "combine": after,
    "partial0": fix(0),
    "partial1": fix(1),
    "partial2": fix(2),
    "strlen": typed("string")(len),
    "str_index": typed("number string")(character),
    "str_concat": typed("string string")(lambda x, y: x + y),
    "str_split": typed("string string")(split),
    "str_min": typed("string string")(min),
    "str_max": typed("string string")(max),
    "dict-new": typed("type type")(lambda *_: {}),
    "dict-insert": insert,
    "dict-keys": typed("dict")(insertion_sort),
}

UNARY = """
sqrt floor square abs is_prime digits ! len head tail sort reverse array-new is_sorted
strlen dict-keys
"""
ARITIES = {
    **dict.fromkeys(BUILTINS, 2),
    **dict.fromkeys(UNARY.split(), 1),
    **dict.fromkeys(["reduce", "slice", "dict-insert"], 3),
}
