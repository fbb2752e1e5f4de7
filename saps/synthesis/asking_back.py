"""What serves a person besides a program: sample runs, a question, and "I do not know".

Two programs that mean different things differ on some small input. Shown that input and what each
gives, a person can tell them apart without reading a program. And a wrong program looks like a
right one: where hardly any such answer is right, the nearest kinds of tasks and the words that none
of them explains serve better.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import exp, fsum, log, sqrt
from typing import TYPE_CHECKING, Any, Final

from saps.english.vocabulary import word_set
from saps.lang import Value
from saps.synthesis.answer import Question, Sample, Synthesis, SynthesisError
from saps.synthesis.preparation import Names

if TYPE_CHECKING:
    from saps.synthesis.behaviour import Behaviour

_N_SAMPLES: Final = 3
# A second meaning is worth a question where it is at least so likely, beside the first.
_LEAST_SHARE: Final = 0.1
_LARGEST_SHOWN: Final = 60  # characters of an input
_MOST_ASKED: Final = 4  # behaviours that are looked at


def samples(behaviour: "Behaviour", names: Names) -> tuple[Sample, ...]:
    """Return a few runs of a program: small inputs with different outputs.

    Args:
        behaviour: of the program.
        names: what the person calls its arguments.
    """
    chosen: list[Sample] = []
    seen: set[str] = set()
    # The second half of the inputs was made to tell programs apart, and looks like it.
    runs = list(zip(behaviour.inputs, behaviour.outputs, strict=True))
    for inputs, output in sorted(runs[: (len(runs) + 1) // 2], key=_size):
        if output is None or repr(output) in seen or not _is_telling(inputs):
            continue
        seen.add(repr(output))
        chosen.append(Sample(names.to_names(inputs), output))
        if len(chosen) == _N_SAMPLES:
            break
    return tuple(chosen)


def question(found: "Sequence[Behaviour]", names: Names) -> Question | None:
    """Return the smallest input on which the likeliest behaviour differs from the next ones.

    Args:
        found: the likeliest first; not empty.
        names: what the person calls the arguments.
    """
    first = found[0]
    for second in found[1:_MOST_ASKED]:
        if exp(second.best.log_prob) < _LEAST_SHARE * exp(first.best.log_prob):
            continue
        if dict(first.types) != dict(second.types):
            continue  # what is given is in doubt; an example would have to say that too
        pairs = zip(first.inputs, first.outputs, second.outputs, strict=True)
        telling = [
            (inputs, one, other)
            for inputs, one, other in pairs
            if one is not None and other is not None and repr(one) != repr(other)
        ]
        if telling:
            inputs, one, other = min(telling, key=_size)
            programs = (names.rename(first.best.program), names.rename(second.best.program))
            return Question(names.to_names(inputs), (one, other), programs)
    return None


def _size(run: tuple[Mapping[str, Value], *tuple[Value | None, ...]]) -> tuple[bool, int]:
    """Order runs: those that show something first, then the smaller ones."""
    length = len(repr(dict(run[0])))
    return not _is_telling(run[0]) or length > _LARGEST_SHOWN, length


def _is_telling(inputs: Mapping[str, Value]) -> bool:
    """Whether no array is empty or of one element: with those, many programs do the same."""
    return all(not isinstance(value, list | str) or len(value) > 2 for value in inputs.values())


# Where nothing is known.

_N_KINDS: Final = 3
_N_WORDS: Final = 10
_SHORTEST: Final = 4  # letters of a word that says what is wanted
# Words of how one asks, not of what.
_EMPTY: Final = word_set(
    "what which when where give given that this these those with from have please would could "
    "should want need make write function program code compute find return tell show their them "
    "they your mine into only some here there does will then also just using"
)


class NotKnownError(SynthesisError):
    """The best program for a text is too unlikely to be the answer; `guess` holds it."""

    def __init__(self, guess: Synthesis) -> None:
        stated = "" if guess.confidence is None else f" (right in {100 * guess.confidence:.0f} of "
        stated = f"{stated}100 such cases)" if stated else ""
        super().__init__(
            f"I do not know: no program that was found is likely to do this{stated}",
            guess.text,
            code="unknown",
        )
        self.guess = guess

    @property
    def words(self) -> tuple[str, ...]:
        """Words of the text, as they were typed, that no known kind uses, in their order."""
        reading = self.guess.reading
        if reading is None:
            return ()
        typed = {meant: word for word, meant in reading.changes}
        found = unexplained_words(reading.text, reading.unknown)
        return tuple(dict.fromkeys(typed.get(word, word) for word in found))

    @property
    def kinds(self) -> tuple[str, ...]:
        """What the nearest kinds of tasks compute."""
        reading = self.guess.reading
        return () if reading is None else tuple(closest_kinds(reading.text))

    def to_json(self) -> dict[str, Any]:
        """Return what `Synthesis.to_json` gives, with an explanation in place of the program."""
        return {
            "text": self.text,
            "program": None,
            "confidence": self.guess.confidence,
            "unexplained_words": list(self.words),
            "kinds": list(self.kinds),
            "further": FURTHER,
        }


FURTHER: Final = (
    "say it in other words, one step at a time; declare the arguments and their types; or give an "
    "example of input and output"
)


def closest_kinds(text: str) -> list[str]:
    """Return what those kinds of tasks compute whose words are most like those of a text.

    A word counts the more, the fewer kinds have it.

    Args:
        text: as the model read it.
    """
    texts, of_family, weight = _kinds()
    wanted = {word for word in text.split() if word in weight}

    def likeness(words: frozenset[str]) -> float:
        # Exact sums, for a set's order, which each process has another of, would break the ties.
        shared = fsum(weight[word] for word in words & wanted)
        return shared / sqrt(1 + fsum(weight[word] for word in words))

    ranked = sorted((-likeness(words), len(words), i) for i, words in enumerate(of_family))
    return [texts[i] for less, _, i in ranked[:_N_KINDS] if less < 0]


def unexplained_words(text: str, unknown: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the words of a text that stand in what no kind of tasks says of itself.

    Args:
        text: as the model read it.
        unknown: words that the model never read; they come first.
    """
    known = _kinds()[2]
    found = dict.fromkeys(unknown)
    for word in text.split():
        if len(word) >= _SHORTEST and word.isalpha() and word not in _EMPTY:
            forms = (
                word,
                word.removesuffix("s"),
                word.removesuffix("ed"),
                word.removesuffix("ing"),
            )
            if not any(form in known for form in (*forms, f"{word}s")):
                found.setdefault(word)
    return tuple(found)[:_N_WORDS]


@cache
def _kinds() -> tuple[list[str], list[frozenset[str]], dict[str, float]]:
    """Return of each kind what it says of itself and its words; and what each word weighs."""
    from saps.data.tasks.kinds import people
    from saps.data.wordings.requests import shown_wording

    kinds = [kind for kind in people().kinds.values() if kind.of("noun")]
    texts = [f"{kind.about} (such as: {shown_wording(kind.of('noun')[0])})" for kind in kinds]
    of_family = [frozenset(re.findall(r"[a-z]+", text.lower())) for text in texts]
    n_having = Counter(word for words in of_family for word in words)
    return texts, of_family, {word: log(len(texts) / n) for word, n in n_having.items()}
