"""Training texts said in other words, as people do who never saw the data."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Final

import numpy as np

from saps.data.batching import Indexes
from saps.data.tokenizer import Tokenizer

_NAME: Final = r"(?:[a-l]|\d+|the given (?:array|number|string))"
# Before one of these, "a" is an article.
_NOUNS: Final = (
    "array|number|integer|string|list|sequence|prefix|subsequence|single|space|whitespace"
)
_NAME_HERE: Final = rf"(?!a (?:{_NOUNS})\b)({_NAME})"
_ENDS: Final = r"(?= (?:that|which|is|are|inclusive|exclusive)\b| ,(?! [a-l] (?:and|,))|$)"
# A name after one of these belongs to what stands before it.
_BINDING: Final = frozenset(
    {"+", "-", "*", "/", "plus", "minus", "times", "by", "modulo", "(", "and"}
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Words, and what may stand in their place."""

    pattern: re.Pattern[str]
    others: tuple[str, ...]
    begins_with_name: bool = False
    begins_request: bool = False

    def apply(self, text: str, rate: float, rng: Random) -> str:
        def reword(match: re.Match[str]) -> str:
            before = text[: match.start()].rsplit(maxsplit=1)
            if self.begins_with_name and before and before[-1] in _BINDING:
                return match[0]
            if rng.random() >= rate:
                return match[0]
            return _filled(rng.choice(self.others), match.groups(), rng)

        return self.pattern.sub(reword, text)


def _filled(words: str, names: tuple[str, ...], rng: Random) -> str:
    """Return an alternative with its names, and one word of each choice."""
    remaining = list(names)
    chosen = []
    for word in words.split():
        if word in ("@1", "@2"):
            chosen.append(names[int(word[1]) - 1])
        elif word == "@":
            chosen.append(remaining.pop(0) if len(remaining) > 1 else remaining[0])
        elif word.endswith("?"):
            chosen += [word[:-1]] if rng.random() < 0.5 else []
        else:
            chosen.append(rng.choice(word.split("/")))
    return " ".join(chosen)


@cache
def _table() -> str:
    return (files(__package__) / "paraphrases.txt").read_text(encoding="utf-8")


@cache
def _rules() -> tuple[_Rule, ...]:
    """Read the table beside this file."""
    rules = []
    for line in _table().splitlines():
        if line and not line.startswith("#"):
            left, _, right = line.partition(" => ")
            others = tuple(other.strip() for other in right.split(" | "))
            begins = left.startswith("^ ")
            pattern = _pattern(left.removeprefix("^ "))
            rules.append(_Rule(pattern, others, left.startswith("@"), begins))
    return tuple(rules)


def _pattern(left: str) -> re.Pattern[str]:
    words = left.split()
    ends = words[-1] in ("@", ".")
    expression = ""
    for word in words[:-1] if words[-1] == "." else words:
        alternatives = "|".join(re.escape(form) for form in word.rstrip("?").split("/"))
        one = _NAME_HERE if word == "@" else f"(?:{alternatives})"
        optional = word.endswith("?") and word != "?"
        expression += f"(?:{one} )?" if optional else f"{one} "
    return re.compile(rf"(?<!\S){expression.removesuffix(' ')}(?!\S){_ENDS if ends else ''}")


_GROUP: Final = (
    r"(?:an? )?(?:array|number|integer|string)s?(?: of (?:numbers|integers|strings))?"
    rf"(?: [a-l](?! (?:{_NOUNS})\b)(?:(?: ,| and) [a-l](?! (?:{_NOUNS})\b))*)?"
)
_TASK: Final = re.compile(
    rf"(?:you are given|given|consider) ({_GROUP}(?:(?: ,| and) {_GROUP})*) , (.+)"
)
_DEFINED: Final = re.compile(r"(?:let|define) [a-l] ")
_ASK: Final = re.compile(
    r"(your task is to find|your task is to compute|your task is to|find|compute|what is|what are)"
    r" (.+)"
)
_QUESTION: Final = re.compile(r"(?:how|whether|if|on how|for each)\b")

_ARRAY: Final = (
    *("list of numbers", "list of integers", "sequence of numbers", "vector of integers"),
    *("list", "array", "array of ints", "list of whole numbers", "collection of numbers"),
)
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "array of numbers": (*_ARRAY, "array of numbers", "number array", "integer array"),
    "array of integers": (*_ARRAY, "array of integers", "number list"),
    "array of strings": ("list of strings", "list of words", "array of words", "string array"),
    "array": ("list", "sequence", "array"),
    "number": ("integer", "number", "whole number", "int", "value"),
    "integer": ("number", "integer", "int", "whole number"),
    "string": ("text", "word", "string"),
}
_KIND: Final = re.compile(
    rf"\b(an? )?({'|'.join(_KINDS)})(?= [a-l]\b(?! (?:{_NOUNS})\b)| ,| and|$)"
)
_VOWELS: Final = "aeiou"

_FINDS: Final = (
    *("i ' d like to know", "i want to know", "we need", "which is", "can you tell me", "say"),
    *("what do you get for", "i ' d like", "what is", "what are", "return", "compute"),
    *("find", "compute", "calculate", "return", "output", "print", "get", "give me", "tell me"),
    *("determine", "show", "i want", "i need", "work out", "give", "report", "what is", ""),
    *("what would be", "what ' s", "the task is to find", "you should find", "your job is to find"),
)
_DOES: Final = ("", "please", "you should", "your job is to", "i want to", "your task is to")
_FIRST: Final = (
    *("given {0} , {1}", "for {0} , {1}", "for {0} {1}", "i have {0} , {1}", "there is {0} , {1}"),
    *("take {0} and {1}", "take {0} , {1}", "suppose we have {0} , {1}", "with {0} , {1}"),
    *("from {0} , {1}", "input {0} , {1}", "the input is {0} , {1}", "we are given {0} , {1}"),
    *("if you have {0} , {1}", "let there be {0} , {1}", "you get {0} , {1}", "{0} , {1}"),
)
_TAKES: Final = (
    *("takes {0} and returns {1}", "taking {0} and returning {1}", "gets {0} and outputs {1}"),
    *("input {0} , output {1}", "receives {0} and computes {1}", "accept {0} , return {1}"),
)
_LAST: Final = ("{1} given {0}", "{1} , given {0}", "{1} for {0}", "{1} , for {0}", "{1} , {0}")


class Paraphraser:
    """Says some texts in other words that mean the same.

    The data's wordings are few, beside those of people: other words for the same, other ways to
    open, the arguments declared at the end. A network that reads such texts beside the plain ones
    depends less on single words.
    """

    def __init__(self, *, text_rate: float, place_rate: float) -> None:
        """Set how often.

        Args:
            text_rate: share of the texts that are said in other words, in [0, 1].
            place_rate: the chance, in such a text, of each place where other words fit, in [0, 1].

        Raises:
            ValueError: a rate is outside [0, 1].
        """
        if not (0 <= text_rate <= 1 and 0 <= place_rate <= 1):
            raise ValueError(f"text_rate={text_rate}, place_rate={place_rate}: must be in [0, 1]")
        self.text_rate = text_rate
        self.place_rate = place_rate

    @property
    def identity(self) -> tuple[object, ...]:
        """What decides which other words a text gets, for the key of a cache."""
        return self.text_rate, self.place_rate, _table()

    def __call__(self, text: str, rng: Random) -> str:
        """Return the text, perhaps in other words."""
        if rng.random() >= self.text_rate:
            return text
        return self.reword(text, rng)

    def reword(self, text: str, rng: Random) -> str:
        """Return the text in other words."""
        task = _TASK.fullmatch(text)
        if task is None:
            return self._other_words(text, rng)
        declared = _other_kinds(task[1], rng)
        asked, is_noun = _other_ask(task[2], rng)
        if rng.random() < 0.15 and not _DEFINED.match(task[2]):
            asked = _without_names(task[1], self._other_words(asked, rng), rng)
        form = _form(task[2], is_noun, rng)
        return " ".join(form.format(declared, self._other_words(asked, rng)).split())

    def _other_words(self, text: str, rng: Random) -> str:
        for rule in _rules():
            if not rule.begins_request:
                text = rule.apply(text, self.place_rate, rng)
        return text


def _form(asked: str, is_noun: bool, rng: Random) -> str:
    """Draw where the declarations go."""
    if _DEFINED.match(asked) is not None:  # "let c be ..." refers back to what is declared
        return rng.choice(_FIRST)
    forms: list[tuple[str, ...]] = [_FIRST, _FIRST, _LAST]
    return rng.choice(rng.choice([*forms, _TAKES] if is_noun else forms))


def _other_ask(asked: str, rng: Random) -> tuple[str, bool]:
    """Return the request with another verb, and whether it is no more than a noun."""
    if _DEFINED.match(asked) is not None:
        place = asked.find(" , ") + 3
        return asked[:place] + _other_ask(asked[place:], rng)[0], False
    match = _ASK.fullmatch(asked)
    if match is None:
        return asked, False
    verb, what = match.groups()
    if verb == "your task is to":
        return f"{rng.choice(_DOES)} {what}".strip(), False
    if rng.random() < 0.6 and (command := _as_command(what, rng)) is not None:
        return command, False
    if _QUESTION.match(what) is not None:
        return (what if rng.random() < 0.7 else f"{rng.choice(('find', 'tell me'))} {what}"), False
    if rng.random() < 0.2:
        return what, True
    return f"{rng.choice(_FINDS)} {what}".strip(), False


def _as_command(what: str, rng: Random) -> str | None:
    """Return a request that begins with a verb of its own: "add up b" for "the sum of b"."""
    fitting = [rule for rule in _rules() if rule.begins_request and rule.pattern.match(what)]
    if not fitting:
        return None
    rule = fitting[0]
    match = rule.pattern.match(what)
    assert match is not None
    verb = _filled(rng.choice(rule.others), match.groups(), rng)
    does = rng.choice(_DOES) if rng.random() < 0.3 else ""
    return f"{does} {verb}{what[match.end() :]}".strip()


def _without_names(declared: str, asked: str, rng: Random) -> str:
    """Return the request with "the list" for an array that is the only one."""
    arrays = re.findall(
        rf"\barrays?(?: of \w+)?((?: (?:, |and )?[a-l]\b(?! (?:{_NOUNS})\b))+)", declared
    )
    names = [name for group in arrays for name in re.findall(r"\b[a-l]\b", group)]
    if len(names) != 1:
        return asked
    other = rng.choice(("the list", "the array", "the given list", "the sequence"))
    return re.sub(rf"\b(?!a (?:{_NOUNS})\b){names[0]}\b(?! - th)", other, asked)


def _other_kinds(declared: str, rng: Random) -> str:
    """Return the declarations with other words for the kinds of arguments."""

    def reword(match: re.Match[str]) -> str:
        article, kind = match.groups()
        if kind not in _KINDS or rng.random() < 0.4:
            return match[0]
        other = rng.choice(_KINDS[kind])
        if article and rng.random() < 0.85:
            other = f"{'an' if other[0] in _VOWELS else 'a'} {other}"
        is_named = article and match.end() < len(declared)
        return f"{other} called" if is_named and rng.random() < 0.1 else other

    return _KIND.sub(reword, declared)


# Changes to training texts that keep their meaning.

# Words that a hasty writer leaves out. No article: "a" may be the name of an argument.
FILLERS = frozenset(
    {"you", "are", "is", "the", "and", "of", "your", "task", "to", "find"}
    | {"given", "what", "that", "in", "it", "be", "compute", "consider"}
)


class FillerDropout:
    """Leaves out filler words of some texts, as in "you given numbers a b , your is find a + b".

    The last table of seed 001 has specifications of this kind.
    """

    def __init__(self, tokenizer: Tokenizer, *, text_rate: float, word_rate: float) -> None:
        """Set how often.

        Args:
            tokenizer: only fillers that are one piece of it are dropped.
            text_rate: share of the texts that lose words, in [0, 1].
            word_rate: the chance of each filler in such a text, in [0, 1].

        Raises:
            ValueError: a rate is outside [0, 1].
        """
        if not (0 <= text_rate <= 1 and 0 <= word_rate <= 1):
            raise ValueError(f"text_rate={text_rate}, word_rate={word_rate}: must be in [0, 1]")
        ids = [tokenizer.whole_word_id(word) for word in sorted(FILLERS)]
        self._fillers = np.asarray([i for i in ids if i is not None], dtype=np.int64)
        self.text_rate = text_rate
        self.word_rate = word_rate

    def __call__(self, pieces: Indexes, generator: np.random.Generator) -> Indexes:
        """Return the pieces, (t,), perhaps without some fillers; never empty."""
        if generator.random() >= self.text_rate:
            return pieces
        dropped = np.isin(pieces, self._fillers) & (generator.random(len(pieces)) < self.word_rate)
        return pieces if dropped.all() else pieces[~dropped]
