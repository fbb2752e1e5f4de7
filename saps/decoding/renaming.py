"""One task under several namings of its arguments.

What an argument is called means nothing, yet a network that is unsure of a text answers otherwise
where its names are others. The mean of its answers over several namings is right more often.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from random import Random
from typing import Final

from saps.data.generator.family import substitute
from saps.data.symbols import SymbolTable
from saps.decoding.english import Vocabulary
from saps.decoding.english.names import LETTERS
from saps.decoding.prediction import Prediction
from saps.decoding.preparation import Prepared, prepare
from saps.decoding.synthesis import SynthesisError
from saps.lang import Node

_ARTICLE: Final = "a"


@dataclass(frozen=True, slots=True)
class Naming:
    """A task with other names.

    Attributes:
        prepared: the task, made ready for a search.
        letters: from its letters to those of the task as it was given, for all arguments and
            numbers that stand in; a letter that the text alone declares is missing where nobody
            knows which one it was.
    """

    prepared: Prepared
    letters: Mapping[str, str]

    def original(self, program: Node) -> Node | None:
        """Return a program in the letters of the task as it was given; None if one is missing."""
        leaves = {node.symbol for node in program.preorder() if not node.children}
        known = self.prepared.request.argument_types() or {}
        if (leaves & known.keys()) - self.letters.keys():
            return None
        return substitute(program, {old: Node(new) for old, new in self.letters.items()})


def namings(
    given: Prepared, vocabulary: Vocabulary, symbols: SymbolTable, count: int
) -> list[Naming]:
    """Return a task under up to `count` namings, as it was given first.

    Only declared names that stand in the text are exchanged, and only for letters that do not;
    "a" is left alone, since it may be an article.
    """
    found = [Naming(given, {letter: letter for letter in given.request.argument_types() or {}})]
    text = given.task.text
    declared = given.task.arguments or {}
    mutable = [n for n in declared if n != _ARTICLE and re.search(_word(n), text)]
    free = [x for x in LETTERS if x != _ARTICLE and not re.search(_word(x), text, re.IGNORECASE)]
    if not mutable or len(free) < len(mutable):
        return found
    for number in range(1, count):
        new = dict(zip(mutable, Random(number).sample(free, len(mutable)), strict=True))
        try:
            found.append(_renamed(given, new, vocabulary, symbols))
        except SynthesisError:
            continue  # a letter that can not be read as a name here
    return found


def vote(ballots: Sequence[tuple[Naming, Sequence[Prediction]]]) -> list[Prediction]:
    """Return the programs by their mean probability over the namings, the likeliest first.

    Args:
        ballots: each naming with the programs that were found for it.
    """
    total: dict[Node, float] = {}
    for naming, predictions in ballots:
        for prediction in predictions:
            program = naming.original(prediction.program)
            if program is not None:
                total[program] = total.get(program, 0.0) + exp(prediction.log_prob)
    means = [Prediction(program, _log(p / len(ballots))) for program, p in total.items()]
    return sorted(means, key=lambda prediction: -prediction.log_prob)


def _renamed(
    given: Prepared, new: Mapping[str, str], vocabulary: Vocabulary, symbols: SymbolTable
) -> Naming:
    task = given.task
    names = "|".join(re.escape(name) for name in sorted(new, key=len, reverse=True))
    text = re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda match: new[match[0]], task.text)
    arguments = {new.get(name, name): kind for name, kind in (task.arguments or {}).items()}
    prepared = prepare(replace(task, text=text, arguments=arguments), vocabulary, symbols)
    there, here = prepared.names.letter_of, given.names.letter_of
    letters = {
        there.get(new.get(name, name), new.get(name, name)): here.get(name, name)
        for name in task.arguments or {}
    }
    by_literal = {literal: letter for letter, literal in given.names.stand_ins.items()}
    letters |= {
        letter: by_literal[literal]
        for letter, literal in prepared.names.stand_ins.items()
        if literal in by_literal
    }
    return Naming(prepared, _of_the_text(prepared, given) | letters)


def _of_the_text(renamed: Prepared, given: Prepared) -> dict[str, str]:
    """Return the letters of what the text alone declares, which goes by the same name in both."""
    names = {letter: renamed.names.name_of.get(letter, letter) for letter in renamed.request.spare}
    letters = {letter: given.names.letter_of.get(name, name) for letter, name in names.items()}
    return {letter: old for letter, old in letters.items() if old in given.request.spare}


def _word(name: str) -> str:
    return rf"(?<!\w){re.escape(name)}(?!\w)"


def _log(probability: float) -> float:
    return log(probability) if probability > 0 else float("-inf")
