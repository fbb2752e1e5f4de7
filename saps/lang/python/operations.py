"""How calls of functions of the table are written in Python, once their arguments are terms.

What is here depends on what is known of the arguments; a function that is not here is written as
its entry in the table says.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from saps.lang.functions import FUNCTIONS
from saps.lang.python.declared import declared_operation
from saps.lang.python.facts import (
    ANYTHING,
    NATURAL,
    NOTHING,
    Facts,
    arithmetic,
    array_of,
    join,
    natural_if,
)
from saps.lang.python.term import (
    Term,
    binary,
    call,
    compare,
    comprehension,
    constant_value,
    literal,
    name,
)

Operation = Callable[..., Term]

_OPERATIONS: Final[dict[str, Operation]] = {}
OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(_OPERATIONS)


def operation(symbol: str) -> Operation:
    """Give the operation that writes a call of a function."""
    if symbol in OPERATIONS:
        return OPERATIONS[symbol]
    return lambda *terms: declared_operation(FUNCTIONS[symbol], terms)


def _operation(symbol: str) -> Callable[[Operation], Operation]:
    def enter(operation: Operation) -> Operation:
        _OPERATIONS[symbol] = operation
        return operation

    return enter


def _all_total(*terms: Term) -> bool:
    return all(term.is_total for term in terms)


# Numbers


def _arithmetic(symbol: str, operator: ast.operator, keeps_natural: bool) -> None:
    def write(x: Term, y: Term) -> Term:
        facts = arithmetic(x.facts, y.facts)
        both_natural = x.facts.is_natural and y.facts.is_natural and facts.is_whole
        facts = natural_if(facts, keeps_natural and both_natural)
        return Term(binary(operator, x, y), facts, _all_total(x, y) and facts.is_whole)

    _OPERATIONS[symbol] = write


_arithmetic("+", ast.Add(), keeps_natural=True)
_arithmetic("-", ast.Sub(), keeps_natural=False)
_arithmetic("*", ast.Mult(), keeps_natural=True)


@_operation("/")
def _divide(x: Term, y: Term) -> Term:
    facts = arithmetic(x.facts, y.facts)
    facts = natural_if(facts, facts.is_whole and x.facts.is_natural and y.facts.is_natural)
    is_total = facts.is_whole and _all_total(x, y) and bool(constant_value(y))
    if x.facts.is_whole:
        return Term(binary(ast.FloorDiv(), x, y), facts, is_total)
    if x.facts.is_float:
        return Term(binary(ast.Div(), x, y), replace(facts, is_float=True))
    return Term(call("divide", x.code, y.code))


@_operation("%")
def _remainder(x: Term, y: Term) -> Term:
    facts = arithmetic(x.facts, y.facts)
    facts = natural_if(facts, facts.is_whole and y.facts.is_natural)
    is_total = facts.is_whole and _all_total(x, y) and bool(constant_value(y))
    return Term(binary(ast.Mod(), x, y), facts, is_total)


@_operation("pow")
def _power(x: Term, y: Term) -> Term:
    if y.facts.is_whole or x.facts.is_natural:
        is_whole = x.facts.is_whole and y.facts.is_whole and y.facts.is_natural
        facts = Facts(is_whole=is_whole, is_ordered=is_whole)
        return Term(binary(ast.Pow(), x, y), natural_if(facts, is_whole and x.facts.is_natural))
    return Term(call("power", x.code, y.code))


@_operation("sqrt")
def _square_root(x: Term) -> Term:
    facts = Facts(is_float=True, is_ordered=x.facts.is_ordered, is_natural=x.facts.is_ordered)
    return Term(call("math.sqrt", x.code), facts)


@_operation("floor")
def _floor(x: Term) -> Term:
    if x.facts.is_whole:
        return x
    facts = Facts(is_whole=True, is_ordered=True, is_natural=x.facts.is_natural)
    return Term(call("int", x.code), facts)


@_operation("square")
def _square(x: Term) -> Term:
    facts = natural_if(arithmetic(x.facts, x.facts), x.facts.is_whole)
    return Term(binary(ast.Pow(), x, Term(literal(2))), facts, x.is_total and x.facts.is_whole)


@_operation("abs")
def _absolute(x: Term) -> Term:
    if x.facts.is_natural:
        return x
    facts = natural_if(replace(x.facts, element=None), x.facts.is_ordered)
    return Term(call("abs", x.code), facts, x.is_total)


@_operation("min")
def _minimum(x: Term, y: Term) -> Term:
    facts = join(x.facts, y.facts)
    # Python's min agrees on ties, but not on NaN.
    if facts.is_ordered:
        return Term(call("min", x.code, y.code), facts, _all_total(x, y))
    return Term(call("lesser", x.code, y.code))


@_operation("max")
def _maximum(x: Term, y: Term) -> Term:
    facts = join(x.facts, y.facts)
    if facts.is_whole:
        return Term(call("max", x.code, y.code), facts, _all_total(x, y))
    return Term(call("greater", x.code, y.code), replace(facts, is_natural=False))


@_operation("is_prime")
def _is_prime(x: Term) -> Term:
    return Term(call("is_prime", _whole(x)), ANYTHING, x.is_total and x.facts.is_whole)


def _whole(x: Term) -> ast.expr:
    return x.code if x.facts.is_whole else call("whole", x.code)


@_operation("digits")
def _digits(x: Term) -> Term:
    facts = array_of(NATURAL)
    number = _whole(x) if x.facts.is_natural else call("abs", _whole(x))
    digits = comprehension("digit", call("str", number))
    listed = ast.ListComp(call("int", name("digit")), [digits])
    return Term(listed, facts, x.is_total and x.facts.is_whole)


# Truth and comparison


@_operation("!")
def _not(x: Term) -> Term:
    return Term(ast.UnaryOp(ast.Not(), x.code), ANYTHING, x.is_total)


def _logic(symbol: str, lazy: ast.boolop, strict: ast.operator) -> None:
    def write(x: Term, y: Term) -> Term:
        if y.is_total:
            return Term(ast.BoolOp(lazy, [x.code, y.code]), ANYTHING, x.is_total)
        return Term(binary(strict, x, y))

    _OPERATIONS[symbol] = write


_logic("&&", ast.And(), ast.BitAnd())
_logic("||", ast.Or(), ast.BitOr())


def _comparison(symbol: str, operator: ast.cmpop) -> None:
    def write(x: Term, y: Term) -> Term:
        return Term(compare(operator, x, y), ANYTHING, _all_total(x, y))

    _OPERATIONS[symbol] = write


_comparison("<", ast.Lt())
_comparison(">", ast.Gt())
_comparison("<=", ast.LtE())
_comparison(">=", ast.GtE())
_comparison("==", ast.Eq())
_comparison("!=", ast.NotEq())


# Arrays


@_operation("range")
def _range(low: Term, high: Term) -> Term:
    facts = array_of(Facts(is_whole=True, is_natural=low.facts.is_natural, is_ordered=True))
    bounds = constant_value(low), constant_value(high)
    if all(type(bound) is int for bound in bounds) and bounds[1] - bounds[0] <= 1_000:
        return Term(call("list", call("range", low.code, high.code)), facts, True)
    return Term(call("short_range", low.code, high.code), facts)


@_operation("len")
def _length(values: Term) -> Term:
    return Term(call("len", values.code), NATURAL, values.is_total)


def _subscript(values: Term, index: ast.expr) -> ast.Subscript:
    return ast.Subscript(values.code, index, ast.Load())


@_operation("head")
def _head(values: Term) -> Term:
    return Term(_subscript(values, literal(0)), values.facts.of_element)


@_operation("tail")
def _tail(values: Term) -> Term:
    return Term(_subscript(values, ast.Slice(literal(1))), values.facts, values.is_total)


@_operation("deref")
def _deref(values: Term, index: Term) -> Term:
    if index.facts.is_natural:
        return Term(_subscript(values, index.code), values.facts.of_element)
    return Term(call("element", values.code, index.code), values.facts.of_element)


_OPERATIONS["int-deref"] = _deref


@_operation("slice")
def _slice(values: Term, low: Term, high: Term) -> Term:
    bound = constant_value(low)
    if type(bound) is int and bound <= 0:
        start = None
    elif low.facts.is_natural:
        start = low.code
    else:
        # A float would be an error, but max could hide it.
        position = low.code if low.facts.is_whole else call("operator.index", low.code)
        start = call("max", position, literal(0))
    is_total = low.facts.is_whole and high.facts.is_whole and _all_total(values, low, high)
    return Term(_subscript(values, ast.Slice(start, high.code)), values.facts, is_total)


@_operation("append")
def _append(values: Term, value: Term) -> Term:
    starred = [*_elements(values), value.code]
    element = join(values.facts.of_element, value.facts)
    return Term(ast.List(starred, ast.Load()), array_of(element), _all_total(values, value))


def _elements(values: Term) -> list[ast.expr]:
    if isinstance(values.code, ast.List):
        return values.code.elts
    return [ast.Starred(values.code, ast.Load())]


@_operation("sort")
def _sort(values: Term) -> Term:
    return Term(call("sorted", values.code), values.facts, values.is_total)


@_operation("reverse")
def _reverse(values: Term) -> Term:
    backwards = ast.Slice(None, None, literal(-1))
    return Term(_subscript(values, backwards), values.facts, values.is_total)


@_operation("array-new")
def _array_new(kind: Term) -> Term:
    return Term(_after(ast.List([], ast.Load()), kind), array_of(NOTHING), kind.is_total)


def _after(value: ast.expr, *unused: Term) -> ast.expr:
    """The value; but terms that may fail are evaluated all the same."""
    risky = [term.code for term in unused if not term.is_total]
    return call("instead", value, *risky) if risky else value


@_operation("contains")
def _contains(values: Term, value: Term) -> Term:
    return Term(compare(ast.In(), value, values), ANYTHING, _all_total(values, value))


# Strings


@_operation("strlen")
def _string_length(text: Term) -> Term:
    return Term(call("len", text.code), NATURAL, text.is_total)


@_operation("str_index")
def _string_index(index: Term, text: Term) -> Term:
    position = index.code if index.facts.is_whole else call("int", index.code)
    return Term(_subscript(text, position))


@_operation("str_concat")
def _string_concat(x: Term, y: Term) -> Term:
    if constant_value(x) == "" and isinstance(constant_value(x), str):
        return y
    return Term(binary(ast.Add(), x, y), ANYTHING, _all_total(x, y))


@_operation("str_split")
def _string_split(text: Term, delimiter: Term) -> Term:
    pieces = ast.Call(ast.Attribute(text.code, "split", ast.Load()), [delimiter.code], [])
    target = ast.Name("piece", ast.Store())
    listed = ast.ListComp(name("piece"), [ast.comprehension(target, pieces, [name("piece")], 0)])
    return Term(listed, ANYTHING, text.is_total and bool(constant_value(delimiter)))


# Dictionaries


@_operation("dict-new")
def _dict_new(key: Term, value: Term) -> Term:
    return Term(_after(ast.Dict([], []), key, value), ANYTHING, _all_total(key, value))


@_operation("dict-insert")
def _dict_insert(entries: Term, key: Term, value: Term) -> Term:
    return Term(
        ast.Dict([None, key.code], [entries.code, value.code]),
        ANYTHING,
        _all_total(entries, key, value),
    )
