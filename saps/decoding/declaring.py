"""One task under several declarations of its arguments, where it declares none.

People say "the average of the prices", and neither what the prices are nor what they are called. A
network whose texts all open with their arguments is unsure of such a text; told what there is, it
is sure, and the surer, the better what it was told fits.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import exp, log
from typing import Final

from saps.data.symbols import ARGUMENTS, SymbolTable
from saps.decoding.declarations import DECLARED, declared_types, mentioned_letters
from saps.decoding.english import Vocabulary
from saps.decoding.english.nouns import (
    NamedText,
    names_of,
    speaks_of_inputs,
    with_names,
    with_things,
)
from saps.decoding.plausibility import is_plausible
from saps.decoding.prediction import Prediction
from saps.decoding.preparation import Prepared, prepare
from saps.decoding.synthesis import SynthesisError

_USUAL: Final = (
    "int[], string, int, string[], int[] int, int int, int[] int[], string int, string[] int, "
    "string string, string[] string"
)
_KINDS: Final = tuple(tuple(types.split()) for types in _USUAL.split(", "))
"""What tasks are of most often: the types of their arguments."""


def is_undeclared(given: Prepared) -> bool:
    """Whether a task gives no arguments: neither it nor its text states a type, nor do examples."""
    task = given.task
    stated = declared_types(given.reading.text).keys() - given.names.stand_ins
    return not (task.arguments or task.examples or stated)


def is_bare(given: Prepared) -> bool:
    """Whether a task gives no arguments, and its text does not open with them as the data's do.

    "the average of the prices" is bare; "given an array of numbers , find their average" is not.
    """
    return is_undeclared(given) and not DECLARED.match(given.reading.text)


def declarations(given: Prepared, vocabulary: Vocabulary, symbols: SymbolTable) -> list[Prepared]:
    """Return a task with arguments of the usual types declared, in several ways.

    Names that the text has for its arguments are kept, and there are no others then. Nothing where
    the task declares an argument itself, in its text or beside it, or has examples.
    """
    if not is_undeclared(given):
        return []
    task, found = given.task, []
    for way in _ways(task.text, _mentioned(given)):
        try:
            told = replace(task, text=way.text, arguments=way.arguments)
            prepared = prepare(told, vocabulary, symbols)
        except SynthesisError:
            continue  # nothing has the type that the result is declared to have
        changes = (*way.changes, *prepared.reading.changes)
        found.append(replace(prepared, reading=replace(prepared.reading, changes=changes)))
    return found


def _ways(text: str, mentioned: Sequence[str]) -> list[NamedText]:
    """Return texts with the arguments that each is told to have."""
    named = NamedText(text) if mentioned else with_names(text)
    if named.arguments:
        ways = [named, NamedText(text, named.arguments), with_things(named)]
        return [way for way in ways if way is not None]
    kinds = [kinds for kinds in _KINDS if len(kinds) == len(mentioned or kinds)]
    return [NamedText(text, dict(zip(mentioned or names_of(k), k, strict=True))) for k in kinds]


def likeliest(
    given: Prepared, alone: Sequence[Prediction], told: Sequence[tuple[Prepared, Prediction]]
) -> tuple[Prepared, Prediction] | None:
    """Return the declaration whose program is likeliest, and that program.

    Its probability is the network's, times the share of those declarations that lead to the same
    program: what depends on a guess is as unsure as that.

    Args:
        given: the task as it was given.
        alone: the programs found for it, the best first.
        told: declarations, each with the best program found for it.

    Returns:
        None where no declaration has a plausible program, or the task as it was given has one that
        is as likely and names an argument, or has the numbers of the text and needs none ("all
        primes below 100"). Declarations whose programs leave out a number of the text count only
        where there is no better.
    """
    plausible = [pair for pair in told if is_plausible(pair[1].program, pair[0].request)]
    whole = [pair for pair in plausible if _has_numbers(pair[1], pair[0])]
    stands = bool(alone) and _stands(alone[0], given)
    if whole or (stands and _has_numbers(alone[0], given)):
        plausible = whole
    if not plausible:
        return None
    best, found = max(plausible, key=lambda pair: pair[1].log_prob)
    if stands and alone[0].log_prob >= found.log_prob:
        return None
    meant = _in_words_of_the_task(best, found)
    same = [x.log_prob for task, x in plausible if _in_words_of_the_task(task, x) == meant]
    share = sum(map(exp, same)) / sum(exp(x.log_prob) for _, x in plausible)
    return best, Prediction(found.program, found.log_prob + log(share))


def _stands(found: Prediction, given: Prepared) -> bool:
    """Whether a plausible program was found that has an argument, or is of the text's numbers."""
    names_some = bool(_leaves(found).keys() & set(ARGUMENTS) - given.names.stand_ins.keys())
    stands = names_some or (_has_numbers(found, given) and _needs_no_argument(found, given))
    return stands and is_plausible(found.program, given.request)


def _needs_no_argument(found: Prediction, given: Prepared) -> bool:
    """Whether a text may be of its numbers alone, and a program says none of them again.

    "does the list contain 5" is not (== 5 5), nor "5 in it" or whatever else it may be told as.
    """
    leaves = _leaves(found)
    again = any(leaves[letter] > 1 for letter in given.names.stand_ins)
    return not again and not speaks_of_inputs(given.task.text)


def _has_numbers(found: Prediction, task: Prepared) -> bool:
    """Whether the text has numbers that the model has no label for, and the program all of them."""
    numbers = task.names.stand_ins.keys()
    return bool(numbers) and numbers <= _leaves(found).keys()


def _leaves(found: Prediction) -> Counter[str]:
    return Counter(node.symbol for node in found.program.preorder() if not node.children)


def _in_words_of_the_task(task: Prepared, found: Prediction) -> tuple[str, dict[str, str]]:
    return str(task.names.rename(found.program)), dict(task.task.arguments or {})


def _mentioned(given: Prepared) -> list[str]:
    """Return what the text calls its arguments, by the person's names, in its order."""
    names = given.reading.names
    letters = [*mentioned_letters(given.reading.text), *names]
    meant = [x for x in dict.fromkeys(letters) if x not in given.names.stand_ins]
    return [names.get(letter, letter) for letter in meant]
