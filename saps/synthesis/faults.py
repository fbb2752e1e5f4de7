"""What speaks against a program, and what it takes as given: both are told under an answer.

A network that lost a step of a text still writes a likely program for the rest. Each thing left out
costs a candidate a part of its probability; how much is fitted with the confidence of a model
(`benchmarks/fit_confidence.py`) and stands in its calibration.
"""

import re
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from functools import cache
from math import isfinite
from typing import Any, Final

from saps.english.literals import implied
from saps.english.names import LETTERS
from saps.lang import Node, Value
from saps.search.request import Request


@dataclass(frozen=True, slots=True)
class Faults:
    """How much a program leaves out, and whether its runs make sense.

    Attributes:
        argument: declared arguments that it does not use.
        literal: numbers and strings of the text that it does not have, but for those of an example.
        shown: numbers and strings that it has and that stand in an example of the text alone.
        closed: 1 where it takes no argument at all, though nothing says that there is none.
        unsaid: numbers that it has and no word of the text says or implies, for each of which the
            text has a number or string that it lacks.
        example: examples that the text seems to show, and that it does not compute.
        step: operations of the text that nothing in it can do (see `lost_steps`).
        fails: 1 where it failed on all inputs drawn.
        constant: 1 where it gave the same for all of them, and its value is no truth.
        misnamed: arguments of a type that nobody would give their name (see `misnamed`).
    """

    argument: int = 0
    literal: int = 0
    step: int = 0
    fails: int = 0
    constant: int = 0
    shown: int = 0
    closed: int = 0
    unsaid: int = 0
    example: int = 0
    misnamed: int = 0


@dataclass(frozen=True, slots=True)
class Factors:
    """What each fault costs, in natural log-probability, at least 0; fields as in `Faults`.

    The defaults are those of a model whose calibration has none.
    """

    argument: float = 3.0
    literal: float = 0.0
    step: float = 0.0
    fails: float = 3.0
    constant: float = 2.0
    shown: float = 2.0
    closed: float = 3.0
    unsaid: float = 1.0
    example: float = 3.0
    misnamed: float = 2.5

    def loss(self, faults: Faults) -> float:
        """Return what all faults of a program cost together."""
        costs = (f * n for f, n in zip(astuple(self), astuple(faults), strict=True))
        return float(sum(costs))

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Factors":
        """Read factors.

        Raises:
            ValueError: one is no number of at least 0, or there is none of that name.
        """
        for name, value in fields.items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if name not in cls.__slots__ or not (is_number and isfinite(value) and value >= 0):
                raise ValueError(f"factor {name} is {value!r}")
        return cls(**fields)

    def to_json(self) -> dict[str, float]:
        return asdict(self)


# Words that name an operation, and the symbols of which one at least does it.
_STEPS: Final = (
    (
        r"sort(?:ed|s|ing)?|ascending|alphabetical(?:ly)?",
        "sort is_sorted < <= > >= str_min str_max reverse",
    ),
    (r"descending|decreasing", "reverse > >= < <= -"),
    (r"revers(?:e|ed|es|ing)|backwards?", "reverse - str_concat"),
    (r"squares?|squared|cubes?|cubed|power|raised", "square * pow"),
    (r"average|mean|median|half|ratio|percent(?:age)?", "/ * sort"),
    (r"even|odd|divisible|multiples?|remainder|modulo|mod", "% /"),
    (r"primes?", "is_prime %"),
    (r"digits?", "digits % str_index floor / contains str_split map filter"),
    (r"sum|total|totals?|plus|added|summed", "+ - reduce *"),
    (r"products?|multipl(?:y|ied)|times|twice|doubled?|tripled?", "* + pow"),
    (r"differences?|minus|subtract(?:ed)?", "- abs + !="),
    (r"distinct|unique|duplicates?|repeated|twice", "contains == != filter + dict-new *"),
    (r"positive|negative", "< > <= >= -"),
    (r"join(?:ed)?|concatenat(?:e|ed)|separated", "str_concat append str_split"),
    (
        (
            r"largest|biggest|maximum|max|highest|greatest|longest|smallest|minimum|min|lowest"
            r"|least|shortest"
        ),
        "max min str_max str_min sort < <= > >=",
    ),
    (r"absolute", "abs - max < >"),
    (r"doubl(?:e[ds]?|ing)", "2 2.0 << *"),
    (r"at least|or (?:more|above|higher|later|over)|> ?=", ">= <= max min ! sort -"),
    (r"at most|or (?:less|fewer|below|lower|under)|< ?=", ">= <= max min ! sort -"),
)
_SAID: Final = tuple(
    (re.compile(rf"\b(?:{words})\b"), frozenset(symbols.split())) for words, symbols in _STEPS
)


def lost_steps(text: str, symbols: Container[str]) -> Iterator[str]:
    """Yield the words of a text whose operations a program has no symbol for.

    Args:
        text: as the model reads it, in lower case.
        symbols: those of the program.
    """
    for words, doing in _SAID:
        said = words.search(text)
        if said is not None and not any(symbol in symbols for symbol in doing):
            yield said[0]


def faults_of(
    program: Node,
    request: Request,
    text: str,
    labelled: tuple[str, ...],
    outputs: tuple[Value | None, ...],
    named: Collection[str] = (),
) -> Faults:
    """Count what speaks against a program.

    Args:
        program: by letters.
        request: what is known of it, by letters.
        text: that it was written for, as the model reads it; "" where there is none.
        labelled: numbers of the text that have no letter.
        outputs: what it gave on drawn inputs; None where it failed. Empty where it takes none.
        named: letters of the names that the text has. One that stands idle beside an argument that
            the program invents counts as an argument that it does not use.
    """
    used = {part.symbol for part in program.preorder()}
    wanted = request.wanted_arguments() or {}
    idle = sum(name not in used and name not in wanted for name in named)
    invented = sum(
        name in used and name not in named and name not in request.literals and name not in wanted
        for name in LETTERS
    )
    values = [value for value in outputs if value is not None]
    says_one = (
        len(values) > 3
        and not isinstance(values[0], bool)
        and all(repr(value) == repr(values[0]) for value in values)
    )
    shown = set(text.split()) - outside_examples(text)
    literals = (*request.literals, *labelled)
    takes = any(name in used and name not in request.literals for name in LETTERS)
    lacking = sum(name not in used for name in literals if name not in shown)
    return Faults(
        sum(name not in used and name not in request.literals for name in wanted)
        + min(idle, invented),
        lacking,
        sum(1 for _ in lost_steps(text, used)),
        int(bool(outputs) and not values),
        int(says_one),
        sum(name in used for name in request.literals if name in shown),
        int(not takes and bool(text) and not wanted),
        min(lacking, len(unsaid_numbers(program, text, labelled))) if text and lacking else 0,
    )


# Names that say a type as clearly as a declaration does; "a", "x" and "s" do not.
_NAMES_OF: Final = (
    (r"[nkmijr]|count|limit|size|year|index|target|threshold|minutes?|hours?", "int"),
    (r"st|str|string|text|word|sentence|name|line|char|letter|prefix|suffix", "string"),
    (r"xs|ys|zs|nums|numbers|arr|array|list|lst|values|words|names|strings|items", "[]"),
    (r"matrix|grid|board|table", "[][]"),
)


def misnamed(types: Mapping[str, str]) -> int:
    """Return how many arguments have a type that nobody would give their name: an array `n`.

    Args:
        types: of the arguments of a program, by the names of the text.
    """
    wrong = 0
    for name, kind in types.items():
        wanted = next((of for form, of in _NAMES_OF if re.fullmatch(form, name.lower())), "")
        is_plain = wanted in ("int", "string")
        is_open = any(part.isupper() for part in kind)  # "T[]": of whatever it is given
        wrong += not is_open and (kind != wanted if is_plain else not kind.endswith(wanted))
    return wrong


_FOR_EXAMPLE: Final = re.compile(
    r"\b(?:for|an) (?:example|instance)\b|\be \. g\b|\beg\b|\bex(?:ample)? :"
    r"|\bso (?=[a-l] = \d)|\blike (?=\d|['\"])"
)
_SHOWS: Final = re.compile(
    r"(?:\d|['\"\]]|\b[a-l]) (?:->|- >|=>|(?:should |would |will )?(?:become|gives|turns? into))"
)
_ENDS: Final = frozenset(".;()?!")


def outside_examples(text: str) -> set[str]:
    """Return the words that stand outside of the examples in a text.

    The numbers and strings of an example are none of the program: "for example 6 = 1 + 2 + 3",
    "1994 -> MCMXCIV".

    Args:
        text: as the model reads it, its words set apart by spaces.
    """
    words = text.split()
    return {words[place] for place in _outside_examples(words)}


def _outside_examples(words: Sequence[str]) -> Iterator[int]:
    sentence: list[int] = []
    for place, word in enumerate([*words, "."]):
        if word not in _ENDS:
            sentence.append(place)
            continue
        text = " ".join(words[n] for n in sentence)
        begins = _FOR_EXAMPLE.search(text)
        if begins:
            n_before = len(text[: begins.start()].split())
            yield from sentence[:n_before]
        elif not _SHOWS.search(text):
            yield from sentence
        sentence = []


SMALL: Final = frozenset({"0", "1", "2", "10"})
"""Numbers that every model has a label for; no text need say them."""
_ANY_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")


def unsaid_numbers(program: Node, text: str, labelled: Collection[str]) -> list[str]:
    """Return the numbers of a program that its text neither says nor implies, each once.

    Args:
        program: by letters, which stand for the numbers that the text says.
        text: as the model reads it.
        labelled: its numbers that have no letter.
    """
    symbols = dict.fromkeys(part.symbol for part in program.preorder() if not part.children)
    found = [one for one in symbols if _ANY_NUMBER.fullmatch(one) and one not in labelled]
    found = [one for one in found if one.lstrip("-").removesuffix(".0") not in SMALL]
    words = {word.rstrip("s") for word in text.split()} if found else set()
    return [
        one for one in found if not words & _implying().get(one.removesuffix(".0"), frozenset())
    ]


@cache
def _implying() -> Mapping[str, frozenset[str]]:
    """Return the words of which each implies a number, by the number; see `implied`."""
    found: dict[str, set[str]] = {}
    for said, literal in implied().items():
        words = {word.rstrip("s") for word in said.split() if len(word) > 3}
        found.setdefault(literal, set()).update(words or {said})
    return {literal: frozenset(words) for literal, words in found.items()}


# What a program takes as given and a person might not. The one list of all conventions is
# "Conventions" in docs/language.md.

_BY_POSITION: Final = frozenset({"deref", "int-deref", "slice", "str_index", "range"})
_SAYS_POSITION: Final = re.compile(
    r"\b(?:positions?|places?|index(?:es)?|indices|kth|nth|ith|\d+(?:st|nd|rd|th))\b"
)
_STRICT: Final = frozenset("<>")
_AT_LEAST: Final = frozenset({"<=", ">="})
_NUMBER: Final = re.compile(r"-?\d+\.\d+")


def conventions(program: Node, result: str, text: str) -> Iterator[str]:
    """Yield a note for each convention that a program rests on.

    Args:
        program: the tree.
        result: type of its value.
        text: that it was written for.
    """
    parts = list(program.preorder())
    symbols = {part.symbol for part in parts}
    # With a float in it, the division is exact.
    is_whole = "sqrt" not in symbols and not any(map(_NUMBER.fullmatch, symbols))
    if "/" in symbols and is_whole and "string" not in result:
        yield "division rounds down: 7 / 2 is 3, and -7 / 2 is -4"
    if symbols & _BY_POSITION and _SAYS_POSITION.search(text.lower()):
        yield "positions count from 0"
    for part in parts:
        kept = _kept_of_equals(part)
        if kept is not None:
            yield f"of equal values, the {kept} one counts"
            break
    if any(_starts_from_0(part) for part in parts):
        yield "the largest is never below 0: for an empty array, or for negative numbers, it is 0"


def _kept_of_equals(part: Node) -> str | None:
    """Return which of two equals a choice keeps: "first", "last"; None for what is no choice."""
    if part.symbol != "reduce" or len(part.children) != 3:
        return None
    chooser = part.children[2]
    if chooser.symbol != "lambda2" or chooser.children[0].symbol != "if":
        return None
    condition, then, other = chooser.children[0].children
    if {then.symbol, other.symbol} != {"arg1", "arg2"} or condition.symbol not in (
        _STRICT | _AT_LEAST
    ):
        return None
    if all(not side.children for side in condition.children):
        return None  # the things themselves are compared: equals are the same
    keeps_earlier = (then.symbol == "arg2") == (condition.symbol in _STRICT)
    return "first" if keeps_earlier else "last"


def _starts_from_0(part: Node) -> bool:
    if part.symbol != "reduce" or [child.symbol for child in part.children[1:]] != ["0", "max"]:
        return False
    # Lengths and counts are never negative.
    return not _never_negative(part.children[0])


def _never_negative(array: Node) -> bool:
    if array.symbol != "map":
        return array.symbol in ("range", "digits")
    function = array.children[1]
    body = function.children[0] if function.symbol == "lambda1" else function
    return body.symbol in ("len", "strlen", "square", "abs")
