"""What a user should know of an answer besides the answer; for stderr."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from saps.cli.synthesis.kinds import closest_kinds
from saps.cli.synthesis.layout import confidence

if TYPE_CHECKING:
    from saps.decoding.synthesis import Synthesis


def notes(synthesis: "Synthesis") -> Iterator[str]:
    """Yield what is not as the text has it, doubts, and examples that nothing passes."""
    reading = synthesis.reading
    yield from _of_arguments(synthesis)
    if reading is not None and reading.unknown:
        words = ", ".join(repr(word) for word in reading.unknown)
        yield (
            f"the model has never read {words}; say it in other words, or declare what is an "
            "argument"
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
        if taken != kind:
            yield f"the text says that {name} is {kind}, and the program takes {taken}"
