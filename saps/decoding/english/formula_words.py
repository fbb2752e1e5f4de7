"""Formulas in the words of the data: `xs[i]` is "the element of xs at index i"."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from saps.decoding.english.formula import Formula

_PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "//": 2, "%": 2}
_PHRASES: Final = {
    "+": "the sum of {} and {}",
    "-": "the difference of {} and {}",
    "*": "the product of {} and {}",
    "/": "the result of dividing {} by {}",
    "//": "the result of dividing {} by {}",
    "%": "the remainder of division of {} by {}",
}
_SPOKEN: Final = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "modulo"}
_COMPARED: Final = {
    "<": "less than",
    ">": "greater than",
    "<=": "less than or equal to",
    ">=": "greater than or equal to",
    "==": "equal to",
    "!=": "not equal to",
}
_LARGEST_POWER: Final = 10**18


def compared(sign: str) -> str:
    """Return "less than" for "<"."""
    return _COMPARED[sign]


class FormulaTeller:
    """Tells formulas in words."""

    def __init__(self, types: Mapping[str, str]) -> None:
        """Take the types of arguments by name, lower case, as far as they are known."""
        self._types = types
        self._tellers: dict[str, Callable[[Formula], str]] = {
            "atom": lambda formula: formula.text,
            "opaque": lambda formula: formula.text,
            "neg": self._negative,
            "^": self._power,
            "!": lambda formula: f"the factorial of {self.noun(formula.part(0))}",
            "index": self._element,
            "slice": self._slice,
            "call": self._call,
            "sequence": lambda formula: self.sequence(formula) or "",
        }

    def noun(self, formula: Formula) -> str:
        """Return the noun phrase for a value."""
        if formula.head in _PHRASES:
            return self._operation(formula)
        teller = self._tellers.get(formula.head)
        return teller(formula) if teller is not None else formula.text

    def sum_form(self, formula: Formula) -> str:
        """Return the value as it is said beside others: "a + b" where that needs no brackets."""
        if not _is_flat(formula):
            return self.noun(formula)
        return _infix(formula, spoken=_has_square(formula))

    def after_of(self, formula: Formula) -> str:
        """Return the value where a word such as "of" before it would take its first part only."""
        if formula.head not in _SPOKEN or _is_flat(formula):
            return self.sum_form(formula)
        left, right = formula.part(0), formula.part(1)
        first = self.after_of(left) if left.head in ("+", "-") else self.sum_form(left)
        return f"{first} {_SPOKEN[formula.head]} {self.noun(right)}"

    def condition(self, formula: Formula, verb: str) -> str:
        """Return a comparison, "a is less than b".

        Args:
            formula: a comparison.
            verb: "is", or nothing: "elements less than b".
        """
        signs = formula.text.split()
        if len(signs) > 1:
            return self._between(formula, signs)
        left, right = formula.part(0), formula.part(1)
        divided = self._divisible(left, signs[0], right)
        subject, said = divided or (
            self.sum_form(left),
            f"{_COMPARED[signs[0]]} {self.sum_form(right)}",
        )
        return " ".join(filter(None, (subject, verb, said)))

    def interval(self, formula: Formula, *, is_range: bool) -> str:
        """Return "between 1 and n inclusive" for [1, n].

        Args:
            formula: an interval.
            is_range: whether a word such as "range" stands before it.
        """
        low, high = self.sum_form(formula.part(0)), self.sum_form(formula.part(1))
        if formula.text == "[]":
            return (
                f"from {low} to {high} inclusive"
                if is_range
                else f"between {low} and {high} inclusive"
            )
        if formula.text == "[)":
            return f"from {low} to {high} exclusive"
        return f"greater than {low} and less than or equal to {high}"

    # Arithmetic.

    def _negative(self, formula: Formula) -> str:
        value = formula.part(0)
        return f"-{value.text}" if value.is_atom else f"the difference of 0 and {self.noun(value)}"

    def _operation(self, formula: Formula) -> str:
        terms = _terms(formula)
        if len(terms) > 2:
            noun = "sum" if formula.head == "+" else "product"
            return f"the {noun} of numbers {_listed([self.sum_form(term) for term in terms])}"
        left, right = terms
        if formula.head in ("//", "%") and _is_flat(left) and _is_flat(right):
            if formula.head == "%":
                return f"{_infix(formula)}" if _is_flat(formula) else self._phrase(formula)
            if left.is_atom and right.is_atom:
                return f"{left.text} divided by {right.text} rounded down"
        return self._phrase(formula)

    def _phrase(self, formula: Formula) -> str:
        left, right = formula.part(0), formula.part(1)
        last = self.sum_form(right) if right.is_atom else self.noun(right)
        return _PHRASES[formula.head].format(self.sum_form(left), last)

    def _power(self, formula: Formula) -> str:
        base, exponent = formula.part(0), formula.part(1)
        if base.number is not None and exponent.number is not None and exponent.number < 64:
            value = base.number**exponent.number
            if value <= _LARGEST_POWER:
                return str(value)
        if exponent.number == 2:
            return f"the square of {self.noun(base)}"
        if exponent.number == 3 and base.is_atom:
            return " * ".join([base.text] * 3)
        return f"{self.sum_form(base)} to the power of {self.sum_form(exponent)}"

    # Parts of arrays and strings.

    def kind(self, formula: Formula) -> str | None:
        """Return the type of a value, where it is known."""
        if formula.is_atom:
            return self._types.get(formula.text.lower())
        if formula.head == "slice" or (
            formula.head == "call" and formula.text in ("sorted", "reverse", "concatenation")
        ):
            return self.kind(formula.part(0))
        if formula.head == "index":
            kind = self.kind(formula.part(0))
            return kind.removesuffix("[]") if kind is not None else None
        return None

    def _member(self, base: Formula) -> str:
        return "character" if self.kind(base) == "string" else "element"

    def _element(self, formula: Formula) -> str:
        base, index = formula.part(0), formula.part(1)
        noun, whole = self._member(base), self.noun(base)
        back = index.part(0) if index.head == "neg" else _from_end(base, index)
        if index.number == 0:
            return f"the first {noun} of {whole}"
        if index.number == 1 and noun == "element":
            return f"the second {noun} of {whole}"
        if back is not None and back.number == 1:
            return f"the last {noun} of {whole}"
        if index.head == "neg":
            return f"the {self.sum_form(index.part(0))}-th {noun} of {whole} from the end"
        if _is_half(base, index):
            return f"the middle {noun} of {whole}"
        return f"the {noun} of {whole} at index {self.sum_form(index)}"

    def _slice(self, formula: Formula) -> str:
        base, start, stop, step = formula.part(0), *formula.parts[1:]
        nouns, whole = self._member(base) + "s", self.noun(base)
        if step is not None and step.number != 1:
            return self._stepped(formula, nouns, whole)
        if start is not None and start.number == 0:
            start = None
        if start is None:
            return self._up_to(base, stop, nouns, whole)
        if stop is None:
            return self._starting(base, start, nouns, whole)
        if start.number == 1 and _backwards(base, stop) == 1:
            return f"all {nouns} of {whole} excluding both ends"
        inclusive = _without_one(stop)
        if inclusive is not None:
            return (
                f"the {nouns} of {whole} from index {self.sum_form(start)} "
                f"to index {self.sum_form(inclusive)} inclusive"
            )
        return (
            f"the {nouns} of {whole} from index {self.sum_form(start)} "
            f"to index {self.sum_form(stop)} exclusive"
        )

    def _stepped(self, formula: Formula, nouns: str, whole: str) -> str:
        _, start, stop, step = formula.parts
        is_open = stop is None
        if is_open and step is not None and step.head == "neg" and step.part(0).number == 1:
            return f"the reverse of {whole}"
        first = 0 if start is None else start.number
        if is_open and step is not None and step.number == 2 and first in (0, 1):
            return f"the {nouns} of {whole} at {('even', 'odd')[first]} indices"
        every = self.sum_form(step) if step is not None else "1"
        return f"every {every}-th element of {whole}"

    def _up_to(self, base: Formula, stop: Formula | None, nouns: str, whole: str) -> str:
        if stop is None:
            return whole
        back = _backwards(base, stop)
        if back == 1:
            return f"all {nouns} of {whole} except the last one"
        if back is not None:
            return f"all {nouns} of {whole} except the last {back}"
        if _is_half(base, stop):
            return f"the first half of {whole}"
        inclusive = _without_one(stop)
        if inclusive is not None:
            return f"the {nouns} of {whole} up to index {self.sum_form(inclusive)} inclusive"
        return f"the first {self.sum_form(stop)} {nouns} of {whole}"

    def _starting(self, base: Formula, start: Formula, nouns: str, whole: str) -> str:
        if start.number == 1:
            return f"all {nouns} of {whole} except the first one"
        back = start.part(0) if start.head == "neg" else _from_end(base, start)
        if back is not None:
            return f"the last {self.sum_form(back)} {nouns} of {whole}"
        if _is_half(base, start):
            return f"the second half of {whole}"
        return f"the {nouns} of {whole} from index {self.sum_form(start)} till the end"

    # Calls.

    def _call(self, formula: Formula) -> str:
        name, value = formula.text, formula.part(0)
        if len(formula.parts) > 1:
            return self._call_of_more(formula)
        if name in ("sorted", "reverse"):
            return self._ordered(name, value)
        if name == "floor":
            return self._rounded(value)
        if name == "fibonacci":
            return f"the {self.sum_form(value)}-th fibonacci number"
        if name == "range":
            return self._range(Formula("atom", (), "0"), value)
        if name == "prime":
            return f"{self.noun(value)} is prime"
        if name == "magnitude":
            is_long = (self.kind(value) or "int") != "int"
            name = "length" if is_long else "absolute value"
        if name in ("first", "last"):
            name += f" {self._member(value)}"
        return f"the {name} of {self.noun(value)}"

    def _ordered(self, name: str, value: Formula) -> str:
        if name == "sorted":
            if value.is_atom:
                return f"sorted {value.text}"
            return f"{self.noun(value)} sorted in ascending order"
        if value.head == "call" and value.text == "sorted":
            return f"{self.noun(value.part(0))} sorted in descending order"
        return f"the reverse of {self.noun(value)}"

    def _call_of_more(self, formula: Formula) -> str:
        if formula.text == "range":
            return self._range(formula.part(0), formula.part(1))
        values = [self.sum_form(formula.part(place)) for place in range(len(formula.parts))]
        numbers = "numbers " if len(values) > 2 else ""
        return f"the {formula.text} of {numbers}{_listed(values)}"

    def _rounded(self, value: Formula) -> str:
        if value.head in ("/", "//"):
            left, right = value.part(0), value.part(1)
            if left.is_atom and right.is_atom:
                return self._operation(Formula("//", value.parts))
        return f"{self.noun(value)} rounded down"

    def _range(self, low: Formula, stop: Formula) -> str:
        inclusive = _without_one(stop)
        if inclusive is not None:
            return self._integers(low, inclusive)
        return f"the integers from {self.sum_form(low)} to {self.sum_form(stop)} exclusive"

    def _integers(self, low: Formula, high: Formula) -> str:
        below = high.part(0) if high.head == "-" and high.part(1).number == 1 else None
        end = f"{self.sum_form(below)} exclusive" if below else f"{self.sum_form(high)} inclusive"
        return f"the integers from {self.sum_form(low)} to {end}"

    # Conditions.

    def _divisible(self, left: Formula, sign: str, right: Formula) -> tuple[str, str] | None:
        if left.head != "%" or sign not in ("==", "!="):
            return None
        value, divisor = self.sum_form(left.part(0)), left.part(1)
        if divisor.number == 2 and right.number in (0, 1):
            return value, ("even", "odd")[(right.number + (sign == "!=")) % 2]
        if right.number == 0:
            negation = "not " if sign == "!=" else ""
            return value, f"{negation}divisible by {self.sum_form(divisor)}"
        return None

    def _between(self, formula: Formula, signs: Sequence[str]) -> str:
        values = [self.sum_form(formula.part(place)) for place in range(len(formula.parts))]
        if len(values) != 3 or not formula.part(1).is_atom:
            links = [
                f"{_COMPARED[sign]} {value}" for sign, value in zip(signs, values[1:], strict=True)
            ]
            return " and ".join([f"{values[0]} {links[0]}", *links[1:]])
        low, middle, high = values
        if list(signs) == ["<=", "<"]:
            return f"{middle} from {low} to {high} exclusive"
        if list(signs) == ["<=", "<="]:
            return f"{middle} from {low} to {high} inclusive"
        turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(signs[0], signs[0])
        return f"{middle} {_COMPARED[turned]} {low} and {_COMPARED[signs[1]]} {high}"

    # Lists with an ellipsis.

    def sequence(self, formula: Formula) -> str | None:
        """Return the list that goes on as its first items do; None if that is unclear."""
        *before, last = formula.parts
        items = [item for item in before if item is not None]
        words = (
            self._factorial(formula.text, items, last)
            or self._numbers(formula.text, items, last)
            or self._squares(items, last)
            or self._elements(items, last)
        )
        if words is None:
            return None
        whole = {"+": "the sum of ", "*": "the product of "}.get(formula.text, "")
        return words if words.startswith("the factorial") else whole + words

    def _factorial(self, sign: str, items: Sequence[Formula], last: Formula | None) -> str | None:
        if sign != "*" or last is None:
            return None
        if [item.number for item in items] in ([1], [1, 2], [1, 2, 3], [1, 2, 3, 4]):
            return f"the factorial of {self.noun(last)}"
        falls = last.number in (1, 2) and len(items) > 1
        if falls and items[1] == Formula("-", (items[0], Formula("atom", (), "1"))):
            return f"the factorial of {self.noun(items[0])}"
        return None

    def _numbers(self, sign: str, items: Sequence[Formula], last: Formula | None) -> str | None:
        step = _step(items)
        if last is None or step is None or not _is_flat(last):
            return None
        if len(items) == 1 and sign != ".." and items[0].number is None:
            return None
        if step == 1:
            return self._integers(items[0], last)
        first = items[0].number
        if step == 2 and first is not None and first <= 2:
            parity = ("even", "odd")[first % 2]
            return f"the {parity} integers from {first} to {self.sum_form(last)} inclusive"
        return None

    def _squares(self, items: Sequence[Formula], last: Formula | None) -> str | None:
        parts = [*items] if last is None else [*items, last]
        if last is None or any(part.head != "^" or part.part(1).number != 2 for part in parts):
            return None
        bases = [item.part(0) for item in items]
        if _step(bases) != 1:
            return None
        integers = self._integers(bases[0], last.part(0)).removeprefix("the ")
        return f"the squares of {integers}"

    def _elements(self, items: Sequence[Formula], last: Formula | None) -> str | None:
        indexed = [*items] if last is None else [*items, last]
        base = items[0].part(0)
        if any(item.head != "index" or item.part(0) != base for item in indexed):
            return None
        places = [item.part(1) for item in items]
        step, first = _step(places), places[0].number
        nouns, whole = self._member(base) + "s", self.noun(base)
        if step == 2 and first in (0, 1):
            return f"the {nouns} of {whole} at {('even', 'odd')[first]} indices"
        if step != 1:
            return None
        if last is None:
            return self._slice(Formula("slice", (base, places[0], None, None)))
        if _from_end(base, last.part(1)) is not None:
            return self._slice(Formula("slice", (base, places[0], None, None)))
        stop = Formula("+", (last.part(1), Formula("atom", (), "1")))
        if last.part(1).head == "-" and last.part(1).part(1).number == 1:
            stop = last.part(1).part(0)
        return self._slice(Formula("slice", (base, places[0], stop, None)))


def is_flat(formula: Formula) -> bool:
    """Whether a formula is one that the data have: names and numbers with + - * / between."""
    return _is_flat(formula) and not _has_square(formula)


def plain(formula: Formula) -> str:
    """Return a flat formula as the data write it."""
    return _infix(formula)


def _is_flat(formula: Formula) -> bool:
    if formula.head in ("atom", "opaque"):
        return True
    if formula.head == "neg":
        return formula.part(0).is_atom
    if formula.head == "^":
        return (
            formula.part(0).is_atom
            and formula.part(1).number == 2
            and formula.part(0).number is None
        )
    if formula.head not in _SPOKEN:
        return False
    left, right = formula.part(0), formula.part(1)
    precedence = _PRECEDENCE[formula.head]
    return (
        _is_flat(left)
        and _is_flat(right)
        and _PRECEDENCE.get(left.head, 9) >= precedence
        and _PRECEDENCE.get(right.head, 9) > precedence
    )


def _has_square(formula: Formula) -> bool:
    return formula.head == "^" or any(
        part is not None and _has_square(part) for part in formula.parts
    )


def _infix(formula: Formula, *, spoken: bool = False) -> str:
    """Return a flat formula; with "plus" for "+" where `spoken`."""
    if not formula.parts:
        return formula.text
    left = _infix(formula.part(0), spoken=spoken)
    if formula.head == "neg":
        return f"-{left}"
    if formula.head == "^":
        return f"{left} squared"
    sign = _SPOKEN[formula.head] if spoken or formula.head == "%" else formula.head
    return f"{left} {sign} {_infix(formula.part(1), spoken=spoken)}"


def _terms(formula: Formula) -> list[Formula]:
    """Return what is added or multiplied: three for a + b + c."""
    left, right = formula.part(0), formula.part(1)
    if formula.head in ("+", "*") and left.head == formula.head:
        return [*_terms(left), right]
    return [left, right]


def _listed(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else "".join(items)


def _length_of(base: Formula) -> Formula:
    return Formula("call", (base,), "length")


def _from_end(base: Formula, index: Formula) -> Formula | None:
    """Return n for an index that says `len(base) - n`."""
    return index.part(1) if index.head == "-" and index.part(0) == _length_of(base) else None


def _backwards(base: Formula, index: Formula) -> int | None:
    """Return n for an index of `-n`, or `len(base) - n`."""
    back = index.part(0) if index.head == "neg" else _from_end(base, index)
    return back.number if back is not None else None


def _is_half(base: Formula, index: Formula) -> bool:
    half = index
    if half.head == "call" and half.text == "floor":
        half = half.part(0)
    return (
        half.head in ("/", "//") and half.part(0) == _length_of(base) and half.part(1).number == 2
    )


def _without_one(stop: Formula) -> Formula | None:
    """Return j for `j + 1`."""
    return stop.part(0) if stop.head == "+" and stop.part(1).number == 1 else None


def _step(items: Sequence[Formula]) -> int | None:
    """Return by how much each item is more than the one before; 1 where there is only one."""
    if len(items) == 1:
        return 1
    numbers = [item.number for item in items]
    if None not in numbers:
        known = [number for number in numbers if number is not None]
        steps = {after - before for before, after in pairwise(known)}
        return steps.pop() if len(steps) == 1 else None
    first, second = items[:2]
    if second.head == "+" and second.part(0) == first:
        return second.part(1).number
    return None
