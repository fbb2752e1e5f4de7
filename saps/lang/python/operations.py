"""How calls of functions of the table are written in Python, once their arguments are terms.

What is here depends on what is known of the arguments; a function that is not here is written as
its entry in the table says.
"""

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import Final

from saps.lang.functions.function_table import FUNCTIONS, Function
from saps.lang.python.term import (
    ANYTHING,
    NATURAL,
    NOTHING,
    WHOLE,
    Facts,
    Term,
    arithmetic,
    call,
    code,
    facts_of_type,
    filled,
    join,
    natural_if,
    parsed,
    spelled,
)

# Small Python functions that a translated program may need, as source.

_HELPERS: Final = {
    "is_prime": '''
def is_prime(n):
    """Tell whether n is prime; a number with a fraction is not."""
    is_whole = n >= 2 and n % 1 == 0
    return is_whole and all(n % k for k in range(2, math.isqrt(int(n)) + 1))
''',
    "short_range": '''
def short_range(low, high):
    """List the whole numbers from low up to, not including, high: a thousand at most."""
    if high - low > 1000:
        raise ValueError("the range is too long")
    return list(range(int(low), int(high)))
''',
    "element": '''
def element(values, position):
    """Return the element at a position: a whole number that is not negative."""
    if isinstance(position, bool) or position < 0:
        raise IndexError("the position is negative, or none")
    return values[position]
''',
    "divide": '''
def divide(x, y):
    """Divide a whole number rounding down, a float exactly."""
    return x // y if isinstance(x, int) else x / y
''',
    "square": '''
def square(x):
    """Return the number times itself."""
    return x * x
''',
    "power": '''
def power(x, y):
    """Raise x to the power y, if that is a real number."""
    result = x**y
    if isinstance(result, complex):
        raise ValueError("a negative number has no fractional power")
    return result
''',
    "whole": '''
def whole(x):
    """Return the number as an int, if it has no fraction."""
    if x != int(x):
        raise ValueError("the number is not whole")
    return int(x)
''',
    "lesser": '''
def lesser(x, y):
    """Return the smaller number; the first if they are equal."""
    return x if x <= y else y
''',
    "greater": '''
def greater(x, y):
    """Return the larger number; the second if they are equal."""
    return y if x <= y else x
''',
    "same": '''
def same(x, y):
    """Tell whether two values are equal; a truth value never equals a number."""
    if isinstance(x, list) and isinstance(y, list):
        return len(x) == len(y) and all(map(same, x, y))
    if callable(x) and callable(y):
        raise TypeError("functions cannot be compared")
    return x == y and isinstance(x, bool) == isinstance(y, bool)
''',
    "of_kind": '''
def of_kind(value, *kinds):
    """Return the value if it is of one of these kinds."""
    if type(value) not in kinds:
        raise TypeError(f"found {value!r}, expected {kinds}")
    return value
''',
    "instead": '''
def instead(value, *unused):
    """Return the first argument; the others are evaluated, but not used."""
    return value
''',
    "fail": '''
def fail(reason):
    """Raise an error where an expression is needed."""
    raise TypeError(reason)
''',
}

# The Python that an entry of the function table declares. An expression that has each parameter
# once, in order, is written where the call stands; everything else becomes a function beside the
# program.

_RESERVED: Final = frozenset({*keyword.kwlist, *dir(builtins), *_HELPERS})
# What may evaluate a part of itself several times, later, or not at all.
_DELAYING: Final = (
    ast.BoolOp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.IfExp,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
)


def _declared_operation(function: Function, *terms: Term) -> Term:
    """Write a call of a function as its entry says."""
    facts = ANYTHING if "number" in function.gives else facts_of_type(function.result)
    # What is too large is refused by limits of the interpreter, which Python does not have.
    may_fail = any(error != "size" for error, _ in function.errors)
    is_total = not may_fail and all(term.is_total for term in terms)
    text = _inline_text(function)
    if text is None:
        return Term(call(_helper_name(function), *(t.code for t in terms)), facts, is_total)
    named = dict(zip(_parameters(function), terms, strict=True))

    def unchecked(match: re.Match[str]) -> str:
        is_whole = match[1] in named and named[match[1]].facts.is_whole
        return match[1] if is_whole else match[0]

    text = re.sub(r"\bwhole\((\w+)\)", unchecked, text)
    codes = {parameter: term.code for parameter, term in named.items()}
    return Term(filled(parsed(text), codes), facts, is_total)


@cache
def _declared_helpers(n_functions: int) -> dict[str, str]:  # noqa: ARG001  what it is cached by
    """The source of each helper function that entries of the table make necessary, by name."""
    needing = (f for f in FUNCTIONS.values() if f.python and _inline_text(f) is None)
    return {_helper_name(function): _helper_source(function) for function in needing}


def _helper_name(function: Function) -> str:
    """What the helper of a function is called: as the function, where Python allows that."""
    name = spelled(function.name, "f")
    return f"{name}_" if name in _RESERVED else name


def _parameters(function: Function) -> tuple[str, ...]:
    """The names of the implementation's parameters after the meter."""
    implementation = function.implementation.__code__
    return tuple(implementation.co_varnames[1 : implementation.co_argcount])


@lru_cache(maxsize=1_024)
def _inline_text(function: Function) -> str | None:
    """The declared text, if it can stand in place of the call."""
    assert function.python is not None
    try:
        nodes = list(ast.walk(parsed(function.python)))
    except SyntaxError:
        return None  # statements, then
    places = [n for n in nodes if isinstance(n, ast.Name) and n.id in _parameters(function)]
    places.sort(key=lambda place: (place.lineno, place.col_offset))
    is_delayed = any(
        isinstance(node, _DELAYING) or (isinstance(node, ast.Compare) and len(node.ops) > 1)
        for node in nodes
    )
    in_order = tuple(place.id for place in places) == _parameters(function)
    return function.python if in_order and not is_delayed else None


def _helper_source(function: Function) -> str:
    assert function.python is not None
    try:
        parsed(function.python)
        body = [f"return {function.python.strip()}"]
    except SyntaxError:
        body = function.python.strip("\n").splitlines()
    head = f"def {_helper_name(function)}({', '.join(_parameters(function))}):"
    return "\n    ".join([head, f'"""{function.doc}"""', *body])


# The functions whose Python depends on what is known of the arguments.

Operation = Callable[..., Term]


def _made(text: str, facts: Facts, *terms: Term, is_safe: object = True) -> Term:
    """What the text says of the terms, which may fail where they may; or anyway."""
    is_total = bool(is_safe) and all(term.is_total for term in terms)
    return Term(code(text, *terms), facts, is_total)


def _arithmetic(symbol: str, x: Term, y: Term) -> Term:
    facts = arithmetic(x.facts, y.facts)
    both_natural = x.facts.is_natural and y.facts.is_natural and facts.is_whole
    facts = natural_if(facts, both_natural and symbol != "-")
    return _made(f"x {symbol} y", facts, x, y, is_safe=facts.is_int)


def _divide(x: Term, y: Term) -> Term:
    facts = arithmetic(x.facts, y.facts)
    facts = natural_if(facts, facts.is_whole and x.facts.is_natural and y.facts.is_natural)
    if x.facts.is_float and not x.facts.is_whole:
        return Term(code("x / y", x, y), facts._replace(is_float=True))
    text = "x // y" if x.facts.is_whole else "divide(x, y)"
    return _made(text, facts, x, y, is_safe=facts.is_int and y.value)


def _remainder(x: Term, y: Term) -> Term:
    facts = arithmetic(x.facts, y.facts)
    facts = natural_if(facts, facts.is_whole and y.facts.is_natural)
    return _made("x % y", facts, x, y, is_safe=facts.is_int and y.value)


def _power(x: Term, y: Term) -> Term:
    is_whole = x.facts.is_whole and y.facts.is_whole and y.facts.is_natural
    facts = natural_if(WHOLE if is_whole else ANYTHING, is_whole and x.facts.is_natural)
    is_real = y.facts.is_whole or x.facts.is_natural
    return Term(code("x**y" if is_real else "power(x, y)", x, y), facts)


def _square_root(x: Term) -> Term:
    is_ordered = x.facts.is_ordered
    facts = Facts(is_float=True, is_ordered=is_ordered, is_natural=is_ordered)
    return Term(code("math.sqrt(x)", x), facts)


def _floor(x: Term) -> Term:
    if x.facts.is_whole:
        return x
    return Term(code("int(x)", x), WHOLE._replace(is_natural=x.facts.is_natural))


def _square(x: Term) -> Term:
    facts = natural_if(arithmetic(x.facts, x.facts), x.facts.is_whole)
    text = "x**2" if x.facts.is_whole else "square(x)"
    if x.is_simple and not x.facts.is_whole:
        text = "x * x"  # a power of a float may fail where its product is infinite
    return _made(text, facts, x, is_safe=x.facts.is_int)


def _absolute(x: Term) -> Term:
    if x.facts.is_natural:
        return x
    return _made("abs(x)", natural_if(x.facts._replace(element=None), x.facts.is_ordered), x)


def _minimum(x: Term, y: Term) -> Term:
    facts = join(x.facts, y.facts)
    # Python's min agrees on ties, but not on NaN.
    if facts.is_ordered:
        return _made("min(x, y)", facts, x, y)
    return Term(code("lesser(x, y)", x, y))


def _maximum(x: Term, y: Term) -> Term:
    facts = join(x.facts, y.facts)
    if facts.is_int:
        return _made("max(x, y)", facts, x, y)
    return Term(code("greater(x, y)", x, y), facts._replace(is_natural=False))


def _digits(x: Term) -> Term:
    number = x.code if x.facts.is_natural else code("abs(x)", x)
    digits = code("[int(digit) for digit in str(x)]", number)
    return Term(digits, Facts(element=NATURAL), x.is_total and x.facts.is_whole)


def _logic(lazy: str, strict: str, x: Term, y: Term) -> Term:
    # Both sides are evaluated, unless nobody can tell.
    return _made(f"x {lazy if y.is_total else strict} y", ANYTHING, x, y)


def _range(low: Term, high: Term) -> Term:
    facts = Facts(element=WHOLE._replace(is_natural=low.facts.is_natural))
    if type(low.value) is type(high.value) is int and high.value - low.value <= 1_000:
        return Term(code("list(range(x, y))", low, high), facts, True)
    return Term(code("short_range(x, y)", low, high), facts)


def _deref(values: Term, index: Term) -> Term:
    text = "x[y]" if index.facts.is_natural else "element(x, y)"
    return Term(code(text, values, index), values.facts.of_element)


def _slice(values: Term, low: Term, high: Term) -> Term:
    text = "x[max(operator.index(y), 0):z]"  # a float would be an error, but max could hide it
    if type(low.value) is int and low.value <= 0:
        text = "x[:z]"
    elif low.facts.is_natural:
        text = "x[y:z]"
    elif low.facts.is_whole:
        text = "x[max(y, 0):z]"
    is_safe = low.facts.is_whole and high.facts.is_whole
    return _made(text, values.facts, values, low, high, is_safe=is_safe)


def _append(values: Term, value: Term) -> Term:
    listed = values.code
    first = listed.elts if isinstance(listed, ast.List) else [ast.Starred(listed, ast.Load())]
    facts = Facts(element=join(values.facts.of_element, value.facts))
    longer = ast.List([*first, value.code], ast.Load())
    return Term(longer, facts, values.is_total and value.is_total)


def _new(text: str, facts: Facts, *unused: Term) -> Term:
    """An empty value; but terms that may fail are evaluated all the same."""
    risky = [term.code for term in unused if not term.is_total]
    return Term(call("instead", code(text), *risky) if risky else code(text), facts, not risky)


def _string_concat(x: Term, y: Term) -> Term:
    return y if x.value == "" else _made("x + y", ANYTHING, x, y)


def _string_split(text: Term, delimiter: Term) -> Term:
    pieces = code("[piece for piece in x.split(y) if piece]", text, delimiter)
    return Term(pieces, ANYTHING, text.is_total and bool(delimiter.value))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "len": partial(_made, "len(x)", NATURAL),
    "strlen": partial(_made, "len(x)", NATURAL),
    "contains": partial(_made, "y in x", ANYTHING),
    "is_prime": partial(_made, "is_prime(x)", ANYTHING),
    "tail": lambda x: _made("x[1:]", x.facts, x),
    "sort": lambda x: _made("sorted(x)", x.facts, x),
    "reverse": lambda x: _made("x[::-1]", x.facts, x),
    "head": lambda x: Term(code("x[0]", x), x.facts.of_element),
    "+": partial(_arithmetic, "+"),
    "-": partial(_arithmetic, "-"),
    "*": partial(_arithmetic, "*"),
    "/": _divide,
    "%": _remainder,
    "pow": _power,
    "sqrt": _square_root,
    "floor": _floor,
    "square": _square,
    "abs": _absolute,
    "min": _minimum,
    "max": _maximum,
    "digits": _digits,
    "&&": partial(_logic, "and", "&"),
    "||": partial(_logic, "or", "|"),
    "range": _range,
    "deref": _deref,
    "int-deref": _deref,
    "slice": _slice,
    "append": _append,
    "array-new": partial(_new, "[]", Facts(element=NOTHING)),
    "dict-new": partial(_new, "{}", ANYTHING),
    "str_index": lambda i, s: Term(code("x[y]" if i.facts.is_whole else "x[int(y)]", s, i)),
    "str_concat": _string_concat,
    "str_split": _string_split,
}


def operation(symbol: str) -> Operation:
    """Give the operation that writes a call of a function."""
    return OPERATIONS.get(symbol) or partial(_declared_operation, FUNCTIONS[symbol])


# The helper functions that a translated program carries along.


def helper_names() -> frozenset[str]:
    """The names that a program's own variables must not take."""
    return frozenset({*_HELPERS, *_declared_helpers(len(FUNCTIONS))})


def helpers_for(source: str) -> list[str]:
    """The helper functions that the source calls, and that those call, in the order of names."""
    sources = {**_declared_helpers(len(FUNCTIONS)), **_HELPERS}
    found: dict[str, str] = {}
    waiting = [source]
    while waiting:
        names = set(re.findall(r"\b[A-Za-z_]\w*(?=\()", waiting.pop()))
        for needed in names & sources.keys() - found.keys():
            found[needed] = sources[needed].strip("\n") + "\n"
            waiting.append(found[needed])
    return [found[needed] for needed in sorted(found)]
