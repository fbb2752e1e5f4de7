"""One specification, read: what it declares, the letters of its arguments, its literals.

A network learned from texts that were read by the same rules, so these do only what it cannot
learn: an argument is known by a letter whatever its name is, a literal by a letter whatever its
value is, and types that are known stand in front. Everything else is left to the network.
"""

import json
import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from saps.data.symbols import ARGUMENTS, CONSTANTS
from saps.english.declarations import opening_types
from saps.english.literals import Numeral, find_numerals, plain_digits, unclear_numbers
from saps.english.names import (
    LETTERS,
    LITERAL_MARK,
    Mention,
    Token,
    bound_variables,
    find_names,
    is_article,
    mentions,
    renamed_letters,
    tokens_of,
)
from saps.english.quoted import Quoted, find_quoted, is_unclosed, shown_examples
from saps.english.surface import read_surface
from saps.english.vocabulary import Vocabulary
from saps.lang import Value

_MARKS: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚´", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("–—−", "-"),
        "×": "*",
        "·": "*",
        "÷": "/",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "→": "->",
        "∑": " sum ",
        "∈": " in ",
        "√": " sqrt ",
        "²": " ^2 ",
        "³": " ^3 ",
        "…": "...",
        "∧": " and ",
        "∨": " or ",
        "¬": " not ",
    }
)
# What is written out, or left out: "e.g.", the vowels one by one, a heart behind "thanks".
_VOWELS: Final = r"a,? e,? i,? o,?(?: and| or|,)? u\b"
_ABBREVIATED: Final = (
    (re.compile(rf"(?<=vowels) ?\((?:{_VOWELS}|aeiou)\)", re.IGNORECASE), ""),
    (re.compile(rf"(?<=vowels )\({_VOWELS},?", re.IGNORECASE), "("),
    (re.compile(rf"\b{_VOWELS}", re.IGNORECASE), "vowels"),
    (re.compile(r"(?:(?<=\bty)|(?<=thx)|(?<=pls)|(?<=anks)|(?<=[.!,?])) ?<3"), ""),
    (re.compile(r"\b2-?d (?=(?:list|array)s?\b)", re.IGNORECASE), "nested "),
    (re.compile(r"\be\.\s?g\.?(?=\W),?", re.IGNORECASE), "for example"),
    (re.compile(r"\bi\.\s?e\.?(?=\W),?", re.IGNORECASE), "that is"),
)
# "a letter a-z", "(A-Z)", "[a-z0-9]": all that there are, neither literals nor names.
_ALL: Final = re.compile(
    r"(?P<before>\b(?:letters?|characters?|chars?|digits?|case)\s*)?(?<![\w'\"-])(?<!= )"
    r"(?P<open>[(\[]\s*)?(?P<ranges>(?:[aA]-[zZ]|0-9)+)(?![\w'\"-])(?(open)\s*[)\]])"
)
_INDEX: Final = re.compile(r"\w\s?\[\s*([a-z])\s*(?:[-+]\s*\w+\s*)?\]")  # "xs[i]", "a[i + 1]"
_PLAIN: Final = frozenset({"0", "1", "2", "10"})
"""Numbers that every model has labels for; the published programs have no others so small."""

_LONGEST_TOLD: Final = 40
_LONGEST_SHOWN: Final = 3  # digits of a number that the network reads as well as its letter
_TYPE_WORDS: Final = {"int": "number", "string": "string", "bool": "truth value", "float": "number"}
_ARTICLES: Final = frozenset({"a", "an"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How a specification was read.

    Attributes:
        text: for the model.
        names: the model's letter to the name that a person gave, only where they differ.
        changes: what was read as what, in the order of the text.
        unknown: words that the model never read, in the order of the text, each once.
        stand_ins: the model's letter to the literal of the text that it stands for, as the language
            writes it. The model takes these letters for arguments.
        declared: name to type of the arguments that the text declares for certain.
        named: the letters that stand for names, those that are the name itself among them; the i of
            "xs[i]" is none that anybody gives.
        returns: the type of the result, where a signature says it.
        labelled: numbers of the text that have no letter, since every model has a label for them;
            0, 1 and 2 are left out, which a program may well do without ("the first 2").
        examples: that the text seems to show: inputs in their order, and the output.
    """

    text: str
    names: Mapping[str, str]
    changes: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str] = field(default_factory=dict)
    returns: str | None = None
    named: frozenset[str] = frozenset()
    labelled: tuple[str, ...] = ()
    examples: tuple[tuple[tuple[Value, ...], Value], ...] = ()


def _all(match: re.Match[str]) -> str:
    """Return what "a-z" adds to the word before it: nothing where that says what it is."""
    ranges = match["ranges"].lower()
    kinds = [word for sign, word in (("a-z", "letters"), ("0-9", "digits")) if sign in ranges]
    if match["before"] and len(kinds) == 1:
        return match["before"].rstrip()
    return (match["before"] or "") + " and ".join(kinds)


def _indexes(text: str) -> set[str]:
    """Return the letters that a text has only as places in arrays: the i of "xs[i]", "i < j"."""
    outside = re.sub(r"\[[^\]]*\]", " ", text)
    return {
        letter
        for letter in _INDEX.findall(text)
        if not re.search(
            rf"(?<![<>=] )(?<!all )(?<!each )(?<!every )(?<!some )\b{letter}\b(?! ?[<>=!])", outside
        )
    }


def read_english(
    text: str,
    vocabulary: Vocabulary,
    arguments: Mapping[str, str] | None = None,
    leaves: Container[str] = (*CONSTANTS, *ARGUMENTS),
) -> Reading:
    """Read a specification.

    Args:
        text: as a person typed it.
        vocabulary: the words that the model knows; others are looked at for slips of the keyboard.
        arguments: the names and types that were declared apart from the text.
        leaves: symbols that the model can give to a leaf: its constants, its letters.
    """
    # Twice: what NFKC makes of a sign may be one that has a plain form too.
    text = plain_digits(text).translate(_MARKS)
    text = unicodedata.normalize("NFKC", text).translate(_MARKS)
    for form, written_out in _ABBREVIATED:
        text = form.sub(written_out, text)
    surface = read_surface(text)
    is_difference = bool(arguments) and not {"z", "Z"}.isdisjoint(arguments or ())
    told = surface.text if is_difference else _ALL.sub(_all, surface.text)
    # "a numbers b" is how the published texts have "numbers a and b" now and then.
    plain = re.sub(r"\ba (numbers|arrays|strings) ([b-l])\b", r"\1 a and \2", told)
    declared, named = _declared(plain, arguments, surface.arguments)
    reader = _Reader(plain, vocabulary, [letter for letter in LETTERS if letter in leaves])
    words = reader.words(named)
    is_open = not declared or _opens(plain, declared)
    clause = "" if is_open else opening(declared, reader.letters)
    shown = " ".join([*clause.split(), *words])
    indexes = _indexes(plain) - declared.keys() - set(arguments or ())
    unknown = dict.fromkeys(w for w in words if len(w) > 1 and w.isalpha() and w not in vocabulary)
    return Reading(
        shown,
        {letter: name for name, letter in reader.letters.items() if name != letter},
        (*surface.changes, *reader.changes),
        tuple(unknown),
        {letter: literal for literal, letter in reader.literals.items()},
        {} if arguments else declared,
        surface.returns,
        frozenset(letter for name, letter in reader.letters.items() if name not in indexes),
        tuple(reader.labelled),
        shown_examples(text),
    )


def _declared(
    text: str, arguments: Mapping[str, str] | None, signature: Mapping[str, str | None]
) -> tuple[dict[str, str], list[str]]:
    """Return the types that are known, and the names that are, in their order."""
    if arguments:
        return dict(arguments), list(arguments)
    if signature:
        return {name: kind for name, kind in signature.items() if kind}, list(signature)
    types = opening_types(text)
    return types, list(types)


def _opens(text: str, declared: Mapping[str, str]) -> bool:
    """Whether a text opens with the declaration of all its arguments, as the published ones do."""
    return opening_types(text) == declared


def opening(declared: Mapping[str, str], letters: Mapping[str, str]) -> str:
    """Return the clause that declares arguments: "given array of numbers prices a , number b ,".

    Args:
        declared: name to type.
        letters: name to the letter that a model knows it by.
    """
    items = []
    for name, kind in declared.items():
        if name not in letters:
            continue  # one too many: whoever asked for it is told
        said = f"{_spaced(name)} " if _is_word_like(name) else ""
        items.append(f"{_type_in_words(kind)} {said}{letters[name]}")
    return f"given {' , '.join(items)} ,"


def _type_in_words(kind: str) -> str:
    """Return "array of arrays of numbers" for int[][]; a type of another form as it is."""
    element, depth = kind.rstrip("[]"), kind.count("[]")
    word = _TYPE_WORDS.get(element, element.lower())
    if not depth:
        return word
    return f"array of {'arrays of ' * (depth - 1)}{word}s"


def _is_word_like(name: str) -> bool:
    """Whether a name says something: `prices` does, `xs` and `k` do not."""
    return len(name) > 2 and any(c in "aeiouy" for c in name.lower()) and not name[-1].isdigit()


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower().strip()


class _Reader:
    """Turns one text into words, and hands out letters on the way."""

    def __init__(self, text: str, vocabulary: Vocabulary, letters: Sequence[str]) -> None:
        self.text, self.vocabulary = text, vocabulary
        self.free = list(letters)
        self.letters: dict[str, str] = {}
        self.literals: dict[str, str] = {}
        self.labelled: dict[str, None] = {}
        self.changes: list[tuple[str, str]] = []

    def words(self, named: Sequence[str]) -> list[str]:
        """Return the words for the model.

        Args:
            named: names of arguments that are known for certain; without any, they are looked for.
        """
        text, quoted, backquoted = self._without_quotes()
        tokens = tokens_of(text)
        inside = {p for n in find_numerals(text) for p in range(n.start + 1, n.end)}
        apart = [token for token in tokens if token.start not in inside]  # no `e3` of "1e3"
        for name in named or find_names(text, apart, backquoted):
            self._give_letter(name)
        by_place = {mention.first: mention for mention in mentions(tokens, self.letters)}
        numerals = {n.start: n for n in self._numerals(text)}
        bound = renamed_letters(bound_variables(text) - self.letters.keys())
        words: list[str] = []
        done = 0
        for place, token in enumerate(tokens):
            if token.start < done:
                continue
            if place in by_place:
                words += self._mention(tokens, by_place[place])
                done = tokens[by_place[place].last].end
            elif token.start in quoted:
                words += self._literal(
                    json.dumps(quoted[token.start].value, ensure_ascii=False),
                    quoted[token.start].shown,
                )
            elif token.start in numerals:
                words += self._number(text, numerals[token.start])
                done = numerals[token.start].end
            else:
                words += self._plain(tokens, place, bound)
        return words

    def _without_quotes(self) -> tuple[str, dict[int, Quoted], frozenset[str]]:
        """Return the text with a mark in the place of each literal, and the literals by place."""
        pieces, quoted, done, length = [], {}, 0, 0
        backquoted = frozenset(re.findall(r"[`$]([A-Za-z_]\w*)[`$]", self.text))
        plain = re.sub(r"[`$](?=[A-Za-z_])|(?<=\w)[`$]", " ", self.text)
        if is_unclosed(plain):
            self.changes.append(('"', "a quote that is never closed"))
        for found in find_quoted(plain):
            before = plain[done : found.start]
            length += len(before)
            quoted[length] = found
            pieces += [before, LITERAL_MARK]
            length += 1
            done = found.end
        return "".join([*pieces, plain[done:]]), quoted, backquoted

    def _give_letter(self, name: str) -> str | None:
        if name not in self.letters and self.free:
            self.letters[name] = self.free.pop(0)
        return self.letters.get(name)

    def _mention(self, tokens: Sequence[Token], mention: Mention) -> Iterator[str]:
        if _is_word_like(mention.name):
            yield from (tokens[p].text.lower() for p in range(mention.first, mention.last + 1))
        yield self.letters[mention.name]

    def _literal(self, literal: str, shown: str) -> list[str]:
        if literal not in self.literals and self.free:
            self.literals[literal] = self.free.pop(0)
        letter = self.literals.get(literal)
        return [*shown.split(), *([letter] if letter else [])]

    def _numerals(self, text: str) -> Iterator[Numeral]:
        """Yield the numbers of a text, and note what may have been meant otherwise."""
        self.changes += (
            (_cut(written), told)
            for written, told in unclear_numbers(text)
            if written[-1] not in self.letters  # "3m" with an argument m
        )
        n_named = sum(len(name) == 1 for name in self.letters)
        for numeral in find_numerals(text):
            written = text[numeral.start : numeral.end]
            if numeral.literal == str(n_named) and n_named > 2 and not written[0].isdigit():
                continue  # "three sides a, b and c"
            if written in self.letters or (written[-1] in "kK" and "k" in self.letters):
                continue  # a name that looks like a number, or "2k" with an argument k
            if numeral.is_percent:
                self.changes.append(
                    (f"{written}%", f"{numeral.literal}, a hundred times the share")
                )
            elif numeral.is_guess:
                self.changes.append((written, numeral.literal))
            yield numeral

    def _number(self, text: str, numeral: Numeral) -> list[str]:
        written = text[numeral.start : numeral.end].lower()
        # A single letter would read as an argument: the "a" of "a million".
        said = re.findall(r"[a-z]{2,}|\d+|-", written)
        if numeral.literal in _PLAIN:
            if len(numeral.literal) > 1:
                self.labelled.setdefault(numeral.literal)
            return said
        is_short = len(written) <= _LONGEST_SHOWN or not written[-1].isdigit()
        is_plain = not numeral.is_guess or written.isdigit()
        return self._literal(numeral.literal, " ".join(said) if is_short and is_plain else "")

    def _plain(
        self, tokens: Sequence[Token], place: int, bound: Mapping[str, str]
    ) -> Iterator[str]:
        token = tokens[place]
        word = token.text.lower()
        if token.text in bound:
            yield bound[token.text]
        elif word in _ARTICLES and (word == "an" or is_article(tokens, place)):
            return  # an article would read as the argument a
        elif "_" in word or (word.isalnum() and not word.isalpha() and not word.isdigit()):
            yield from re.findall(r"[a-z]+|\d+", word)
        elif word.isalpha() and len(word) > 1 and word not in self.vocabulary:
            yield self._spelled(word)
        else:
            yield word

    def _spelled(self, word: str) -> str:
        meant = self.vocabulary.spelling(word)
        if meant is not None:
            self.changes.append((word, meant))
        return meant or word


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD - 1]}…"
