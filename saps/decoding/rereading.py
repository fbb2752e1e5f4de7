"""Texts of people, read again: with arguments where none are declared, and under other names."""

from collections.abc import Sequence
from itertools import islice
from typing import TypeAlias

from saps.decoding.declaring import declarations, likeliest
from saps.decoding.english import Vocabulary
from saps.decoding.plausible import PlausibleSearch, first_plausible
from saps.decoding.prediction import Prediction
from saps.decoding.predictor import Predictor
from saps.decoding.preparation import Prepared
from saps.decoding.renaming import namings, vote
from saps.decoding.search import Search

Found: TypeAlias = tuple[Prepared, list[Prediction]]
"""A task as it was understood, and its programs, the best first."""


def search_all(predictor: Predictor, tasks: Sequence[Prepared], search: Search) -> list[Found]:
    """Search for all tasks together; there may be none."""
    if not tasks:
        return []
    texts = [task.reading.text for task in tasks]
    answers = predictor.n_best(texts, [task.request for task in tasks], search)
    return list(zip(tasks, answers, strict=True))


def declared(
    predictor: Predictor, vocabulary: Vocabulary, found: Sequence[Found], search: PlausibleSearch
) -> list[Found]:
    """Give tasks that declare no argument the likeliest ones; see `saps.decoding.declaring`."""
    symbols = predictor.bundle.symbols
    told = [declarations(given, vocabulary, symbols) for given, _ in found]
    # Greedily: there are many, and most are wrong.
    answers = iter(search_all(predictor, [x for some in told for x in some], search.greedy))
    chosen = []
    for (given, alone), some in zip(found, told, strict=True):
        tried = [(task, programs[0]) for task, programs in islice(answers, len(some))]
        best = likeliest(given, alone, tried)
        chosen.append((given, alone) if best is None else (best[0], [best[1]]))
    return chosen


def renamed(
    predictor: Predictor, vocabulary: Vocabulary, found: Sequence[Found], search: PlausibleSearch
) -> list[Found]:
    """Vote, for tasks in doubt, over other names of their arguments; see `saps.decoding.renaming`.

    Args:
        predictor: a model.
        vocabulary: its.
        found: tasks with the programs that `search` found for them.
        search: tells what is in doubt.
    """
    symbols = predictor.bundle.symbols
    several = [
        namings(given, vocabulary, symbols, search.namings)
        if search.is_doubtful(alone[0], given.request)
        else []
        for given, alone in found
    ]
    several = [some if len(some) > 1 else [] for some in several]
    prepared = [naming.prepared for some in several for naming in some]
    answers = iter(search_all(predictor, prepared, search.beam))
    chosen = []
    for (given, alone), some in zip(found, several, strict=True):
        ballots = [predictions for _, predictions in islice(answers, len(some))]
        voted = vote(list(zip(some, ballots, strict=True)))
        chosen.append((given, first_plausible(voted, given.request) or alone))
    return chosen
