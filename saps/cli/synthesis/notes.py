"""What a user should know of an answer besides the answer; for stderr."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from saps.cli.synthesis.kinds import closest_kinds
from saps.cli.synthesis.layout import confidence
from saps.cli.synthesis.style import cut
from saps.cli.values import show_value

if TYPE_CHECKING:
    from saps.decoding.synthesis import Outcome, Synthesis
    from saps.lang import Value

_N_UNKNOWN = 10  # words that are named, each by no more than so many characters
_WIDTH_OF_A_WORD = 40


def notes(synthesis: "Synthesis") -> Iterator[str]:
    """Yield what is not as the text has it, doubts, and examples that nothing passes."""
    reading = synthesis.reading
    yield from _of_arguments(synthesis)
    if reading is not None and reading.unknown:
        yield (
            f"the model has never read {_named(reading.unknown)}; say it in other words, or "
            "declare what is an argument"
        )
    # Where examples were given, they have the word.
    has_examples = bool(synthesis.candidates and synthesis.candidates[0].outcomes)
    doubtful = synthesis.is_sure is False and not has_examples
    if doubtful and synthesis.confidence is not None:
        yield f"unsure: {confidence(synthesis.confidence)} of such answers are right"
    settled = has_examples and synthesis.passes
    if reading is not None and (reading.unknown or doubtful) and not settled:
        kinds = closest_kinds(reading.text)
        if kinds:
            yield "the closest tasks that it knows:"
            yield from (f"  {kind}" for kind in kinds)
    if not synthesis.passes:
        best = synthesis.candidates[0]
        yield (
            f"no program passes all examples; the best one found passes {best.n_passed} of "
            f"{len(best.outcomes)}"
        )
        yield from _of_numbers(best.outcomes)


def _named(words: Sequence[str]) -> str:
    """Return the first words, in quotes, long ones cut, and how many more there are."""
    named = ", ".join(repr(cut(word, _WIDTH_OF_A_WORD)) for word in words[:_N_UNKNOWN])
    left = len(words) - _N_UNKNOWN
    return f"{named} and {left} more" if left > 0 else named


def _of_numbers(outcomes: "Sequence[Outcome]") -> Iterator[str]:
    """Yield why an output that looks right is not: 3.0 is not 3.

    Neither is taken for the other, for a program may give either: (sqrt 9) is 3.0.
    """
    from saps.lang import values_equal

    for outcome in outcomes:
        expected, got = outcome.expected, outcome.got
        if outcome.passed or outcome.error or got is None:
            continue
        if values_equal(_whole(expected), _whole(got)):
            yield (
                f"an example has {cut(show_value(expected), 60)}, and the program gives "
                f"{cut(show_value(got), 60)}: 3.0 is a float and 3 an int; write the one that is "
                "meant"
            )
            return


def _whole(value: "Value") -> "Value":
    """Return a value with ints in place of whole floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(element) for element in value]
    if isinstance(value, dict):
        return {key: _whole(element) for key, element in value.items()}
    return value


def _of_arguments(synthesis: "Synthesis") -> Iterator[str]:
    """Yield what became of arguments and numbers that the text or the person gave."""
    for letter, name in synthesis.letters.items():
        if letter in synthesis.arguments:
            yield f"the argument {name} is called {letter}: {name} is no free name in the language"
    for number in synthesis.unused_numbers:
        yield f"the number {number} has no part in the program"
    for name in synthesis.unused_arguments:
        yield f"the argument {name} has no part in the program"
    for name, kind in synthesis.stated_types.items():
        taken = synthesis.arguments.get(name, kind)
        if taken != kind and not _is_of_several(synthesis, name):
            yield f"the text says that {name} is {kind}, and the program takes {taken}"


def _is_of_several(synthesis: "Synthesis", name: str) -> bool:
    """Whether a text has one name for several things, as in "numbers a" or "aray of numbers a".

    It is then no statement that this is a number, although such a text is taken to make it.
    """
    letter = next((a for a, known in synthesis.names.items() if known == name), name)
    several = rf"\b(?:numbers|integers|strings|words) {letter}\b(?!(?: ,| and| , and) [a-l]\b)"
    return synthesis.reading is not None and bool(re.search(several, synthesis.reading.text))
