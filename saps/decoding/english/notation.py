"""Code-like and mathematical notation, in words: "xs[0]" becomes "the first element of xs"."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from saps.decoding.english.asides import (
    abbreviations,
    bracketed_words,
    examples,
    plurals,
    shown_values,
)
from saps.decoding.english.conditions import choices, ends_of_ranges, signs
from saps.decoding.english.edits import Edit, Edited
from saps.decoding.english.formula import (
    Formula,
    FormulaReader,
    NoFormulaError,
    Token,
    is_before_ordinal,
    tokens_of,
)
from saps.decoding.english.formula_words import FormulaTeller, compared, is_flat, plain
from saps.decoding.english.idioms import (
    alphabets,
    counted_kinds,
    halves,
    indices,
    ranked,
    settled_cases,
    shown_beginnings,
    squared_phrases,
)
from saps.decoding.english.mistyped import mistyped
from saps.decoding.english.vocabulary import word_set

_LATEX: Final = {
    "leq": "<=", "le": "<=", "geq": ">=", "ge": ">=", "neq": "!=", "ne": "!=", "cdot": "*",
    "times": "*", "ldots": "...", "dots": "...", "cdots": "...", "lfloor": "⌊", "rfloor": "⌋",
    "sum": "∑", "prod": "∏", "in": " in ", "bmod": "mod", "mod": "mod", "left": "", "right": "",
}  # fmt: skip
_MACRO: Final = re.compile(rf"\\(?P<macro>{'|'.join(_LATEX)})(?![A-Za-z])")

_KIND: Final = (
    r"(?:strings?|words?|texts?|sentences?|arrays?|lists?|vectors?|sequences?|numbers?|integers?"
    r"|ints?)"
)
_NAME: Final = rf"(?!{_KIND}\b|an? (?:\w+ )?{_KIND}\b)[`$]?[A-Za-z_]\w*[`$]?"
_STATED: Final = re.compile(
    rf"\b(?P<kind>{_KIND})(?: of (?P<of>numbers|integers|ints|strings|words|texts))?"
    rf"(?: (?:called|named))? (?P<names>{_NAME}(?:(?:,| and|, and) {_NAME})*)(?=[\s,.;:)?\[]|$)",
    re.IGNORECASE,
)
_TEXTS: Final = word_set("string word text sentence")
_NUMBERS: Final = word_set("number integer int")
_NO_NAMES: Final = word_set(
    "and or of in on at is are was be to from by with without that which whose who where when if "
    "find return compute the an all each every such than it its their them then there for not no "
    "as so do does can has have having only also given using between inclusive exclusive"
)

_DETERMINERS: Final = word_set("the a an each every this that all")
_RANGE_NOUNS: Final = word_set("range interval segment ranges")
_INTEGER_NOUNS: Final = word_set("numbers integers values indices indexes positions elements")
_CLAUSE_WORDS: Final = word_set("if when whether where while until unless that whose")
_VERBS: Final = word_set("is are be being was were equals")
_COMMANDS: Final = word_set("return returns find compute output print check determine tell")
_LAST_WORD: Final = re.compile(r"([A-Za-z]+|\S)\s*$")
_CLAUSE: Final = re.compile(r"[^.,;:]*$")

_COMPARISON: Final = re.compile(
    r"(?<![-=<>!])(?:\s*)(?P<sign><=|>=|==|!=|<>|[≤≥⩽⩾≠<>])(?![-=<>])\s*(?=[\w([`$⌊√-])"
)
_DIVISIBLE: Final = re.compile(r"\s*%\s*(?P<divisor>\w+)\s*(?P<sign>={1,2}|!=)\s*0\b")
_MARK: Final = re.compile(r"\s*(?P<mark>[×⋅∗·÷−∈])\s*")
_MARKS: Final = {"×": "*", "⋅": "*", "∗": "*", "·": "*", "÷": "/", "−": "-", "∈": "in"}
_SIGN_NAMES: Final = {"≤": "<=", "⩽": "<=", "≥": ">=", "⩾": ">=", "≠": "!=", "<>": "!="}
_DOTS: Final = re.compile(
    r"\s*(?P<joined>[,+*]|\b(?:and|or)\b)?\s*(?:\.{3,}|…|⋯)"
    r"(?P<up_to>\s*(?:[+*]|,(?=\s*(?:[b-zB-Z]|[0-9]+)\b))\s*)?"
)
_ODD_OR_EVEN: Final = re.compile(
    r"\b(?P<noun>indices|indexes|positions)\s+(?P<first>[01])\s*,\s*(?P<second>[23])\s*"
    r"(?:,\s*[0-9]\s*)*,?\s*(?:and )?(?:\.{3}|…)",
    re.IGNORECASE,
)
_SUMMED: Final = re.compile(
    r"\b(?:the )?(?P<noun>sum|product)(?: of)?(?: the)?(?: (?:square|number|integer)s)?(?: of)?"
    r"\s*$",
    re.IGNORECASE,
)
_WHOLES: Final = {"sum": ("the sum of",), "product": ("the product of", "the factorial of")}
_BOUND: Final = re.compile(
    r"\b(?:(?P<noun>elements|numbers|integers|values|items|entries|members|words|strings)|all) "
    r"`?(?P<name>[A-Za-z])`?(?P<whole> (?:of|in|from) `?\w+`?)?,? "
    r"(?:with|such that|so that|where|for which|satisfying) `?(?P=name)`?(?: is)? "
    r"(?=(?:less|greater|equal|not|even|odd|divisible|prime)\b)"
)


def in_words(text: str, names: Mapping[str, str]) -> Edited:
    """Tell the notation of a text in English words; a text without any stays as it is.

    Indexing, slices, calls of common functions, powers, factorials, comparisons, intervals,
    ellipses, and what stands beside the task: examples with values, "i.e.", brackets with words.
    Reads the text as it was typed, before its marks are normalised.

    Args:
        text: as a person typed it.
        names: of the arguments that were declared apart from the text, with their types.
    """
    declared = {name.lower(): kind for name, kind in names.items()}
    told = Edited(text).then(_macros(text))
    told = Edited(told.text)  # LaTeX for a sign is no change of words
    told = told.then(mistyped(told.text, declared))
    types = _stated_types(told.text) | declared
    for aside in (shown_values, settled_cases, shown_beginnings, indices, alphabets, halves):
        told = told.then(aside(told.text))
    told = told.then(squared_phrases(told.text))
    told = told.then(counted_kinds(told.text))
    told = told.then(ranked(told.text))
    told = told.then(choices(told.text, types))
    told = told.then(signs(told.text, types))
    told = told.then(ends_of_ranges(told.text))
    told = told.then(examples(told.text))
    told = told.then(abbreviations(told.text))
    told = told.then(plurals(told.text))
    told = told.then(_odd_or_even(told.text))
    told = told.then(_formulas(told.text, types))
    told = told.then(_divisibilities(told.text))
    told = told.then(_comparisons(told.text))
    told = told.then(_marks(told.text))
    told = told.then(_bound_names(told.text, declared))
    told = told.then(bracketed_words(told.text, types))
    return told.then(_dots(told.text))


def _macros(text: str) -> Iterator[Edit]:
    for match in _MACRO.finditer(text):
        yield Edit(*match.span(), _LATEX[match["macro"]])


def _stated_types(text: str) -> dict[str, str]:
    """Return the types that a text states next to names: "a string s", "numbers lo and hi"."""
    types: dict[str, str] = {}
    for match in _STATED.finditer(text):
        kind = match["kind"].lower().removesuffix("s")
        of = (match["of"] or "").lower().removesuffix("s")
        if kind in _TEXTS:
            stated = "string"
        elif kind in _NUMBERS:
            stated = "int"
        else:
            stated = "string[]" if of in _TEXTS else "int[]"
        for name in re.findall(r"\w+", match["names"].lower()):
            if name in _NO_NAMES and name != "and":
                break
            if name != "and":
                types.setdefault(name, stated)
    return types


def _formulas(text: str, types: Mapping[str, str]) -> Iterator[Edit]:
    tokens = tokens_of(text)
    no_numbers = {name for name, kind in types.items() if kind != "int"}
    reader = FormulaReader(text, tokens, types, no_numbers)
    teller = FormulaTeller(types)
    place = 0
    while place < len(tokens):
        found = _formula(text, tokens, place, reader, teller)
        if found is None:
            place += 1
            continue
        edit, place = found
        if edit is not None:
            yield edit


def _formula(
    text: str, tokens: list[Token], place: int, reader: FormulaReader, teller: FormulaTeller
) -> tuple[Edit | None, int] | None:
    """Return what is told at a token, and the token after it; None if no formula begins there."""
    for read, tell in (
        (reader.read_interval, _interval),
        (reader.read_list, _sequence),
        (reader.read, _value),
    ):
        try:
            formula, after = read(place)
        except NoFormulaError:
            continue
        edit = tell(_Spot(text, tokens[place].start, tokens[after - 1].end), formula, teller)
        if edit is not None or tell is _value:
            return edit, after
    return None


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a formula stands in a text."""

    text: str
    start: int
    end: int

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def last_word(self) -> str:
        match = _LAST_WORD.search(self.before)
        return match[1].lower() if match else ""

    @property
    def formula(self) -> str:
        return self.text[self.start : self.end]

    def edit(self, words: str, start: int | None = None) -> Edit:
        """Return the edit; one article is enough."""
        if self.last_word in _DETERMINERS:
            words = words.removeprefix("the ")
        return Edit(self.start if start is None else start, self.end, words)


def _value(spot: _Spot, formula: Formula, teller: FormulaTeller) -> Edit | None:
    if formula.head == "sequence":
        return _sequence(spot, formula, teller)
    if _has_unclear_sequence(formula, teller):
        return None
    if formula.head == "compare":
        return spot.edit(_condition(spot, formula, teller))
    if is_flat(formula):
        typed = "".join(_MARKS.get(character, character) for character in spot.formula)
        new = plain(formula)
        is_same = typed.replace(" ", "") == new.replace(" ", "")
        stays = is_same or formula.number is not None or is_before_ordinal(spot.text, spot.end)
        return None if stays else spot.edit(new)
    if formula.head in ("+", "-", "*", "/"):
        governed = spot.last_word in ("of", "in")
        return spot.edit(teller.after_of(formula) if governed else teller.sum_form(formula))
    return spot.edit(teller.noun(formula))


def _has_unclear_sequence(formula: Formula, teller: FormulaTeller) -> bool:
    if formula.head == "sequence" and teller.sequence(formula) is None:
        return True
    return any(part is not None and _has_unclear_sequence(part, teller) for part in formula.parts)


def _interval(spot: _Spot, formula: Formula, teller: FormulaTeller) -> Edit | None:
    is_range = spot.last_word in _RANGE_NOUNS
    if not is_range and spot.last_word not in ("in", "within", "∈"):
        return None
    words = teller.interval(formula, is_range=is_range)
    start = spot.start if is_range else len(spot.before.rstrip()) - len(spot.last_word)
    return Edit(start, spot.end, words)


def _sequence(spot: _Spot, formula: Formula, teller: FormulaTeller) -> Edit | None:
    words = teller.sequence(formula)
    if words is None:
        return None
    summed = _SUMMED.search(spot.before) if formula.text in ("+", "*") else None
    if summed is not None and words.startswith(_WHOLES[summed["noun"].lower()]):
        return Edit(summed.start(), spot.end, words)
    if not words.startswith("the integers from"):
        return spot.edit(words)
    if spot.last_word == "from":
        return spot.edit(words.removeprefix("the integers from "))
    if spot.last_word == "=":  # "i = 1..n"
        start = spot.before.rindex("=")
        return Edit(start, spot.end, words.removeprefix("the integers "))
    if spot.last_word in _INTEGER_NOUNS | _RANGE_NOUNS:
        words = words.removeprefix("the integers ")
    return spot.edit(words)


def _condition(spot: _Spot, formula: Formula, teller: FormulaTeller) -> str:
    clause = _clause_words(spot.before)
    if spot.last_word in _COMMANDS and len(formula.parts) == 2:
        return "whether " + teller.condition(formula, "is")
    has_verb = bool(clause & _CLAUSE_WORDS) and spot.last_word not in _VERBS
    return teller.condition(formula, "is" if has_verb else "")


def _clause_words(before: str) -> frozenset[str]:
    clause = _CLAUSE.search(before)
    return word_set(clause[0].lower()) if clause else frozenset()


def _verb(before: str) -> str:
    """Return the verb that a condition needs after these words: "whose length" needs "is"."""
    last = _LAST_WORD.search(before)
    word = last[1].lower() if last else ""
    if word in ("that", "which"):
        return " are"
    is_open = bool(_clause_words(before) & _CLAUSE_WORDS) and word not in _VERBS
    return " is" if is_open and not _VERBS & _clause_words(before) else ""


def _divisibilities(text: str) -> Iterator[Edit]:
    """Tell "number % 3 == 0" where the number is a word."""
    for match in _DIVISIBLE.finditer(text):
        negation = " not" if match["sign"] == "!=" else ""
        verb = _verb(text[: match.start()])
        yield Edit(*match.span(), f"{verb}{negation} divisible by {match['divisor']}")


def _comparisons(text: str) -> Iterator[Edit]:
    """Tell "elements > k"."""
    for match in _COMPARISON.finditer(text):
        before = text[: match.start()]
        sign = _SIGN_NAMES.get(match["sign"], match["sign"])
        yield Edit(*match.span(), f"{_verb(before)} {compared(sign)} ")


def _bound_names(text: str, declared: Container[str]) -> Iterator[Edit]:
    """Tell "elements x of xs with x less than k" without the x, which is no argument."""
    for match in _BOUND.finditer(text):
        name = match["name"]
        n_places = len(re.findall(rf"(?<!\w){name}(?!\w)", text))
        if n_places == 2 and name.lower() not in declared:
            noun = match["noun"] or "all elements"
            yield Edit(*match.span(), f"{noun}{match['whole'] or ''} that are ")


def _marks(text: str) -> Iterator[Edit]:
    """Write the signs that the data have: "*" for "×"."""
    for match in _MARK.finditer(text):
        mark = match["mark"]
        if mark == "−":  # a sign keeps its place, for a number may be negative
            yield Edit(*match.span("mark"), "-")
        else:
            yield Edit(*match.span(), f" {_MARKS[mark]} ")


def _odd_or_even(text: str) -> Iterator[Edit]:
    """Tell "indices 1, 3, 5, ..."."""
    for match in _ODD_OR_EVEN.finditer(text):
        if int(match["second"]) - int(match["first"]) == 2:
            parity = ("even", "odd")[int(match["first"])]
            yield Edit(*match.span(), f"{parity} {match['noun']}")


def _dots(text: str) -> Iterator[Edit]:
    """Tell an ellipsis that nothing else explained; after a word it is a pause."""
    for match in _DOTS.finditer(text):
        before = text[: match.start()].rstrip()
        if match["up_to"]:
            yield Edit(*match.span(), " and so on up to ")
        elif match["joined"] or not before or len(_ordinary_end(before)) < 2:
            yield Edit(*match.span(), " and so on" if before else "")
        else:
            yield Edit(*match.span(), "," if text[match.end() :].strip() else "")


def _ordinary_end(before: str) -> str:
    last = _LAST_WORD.search(before)
    return last[1] if last and last[1].isalpha() else ""
