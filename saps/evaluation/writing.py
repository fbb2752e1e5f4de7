"""Batches of texts shared out to processes, each with a copy of the model on one core."""

import math
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, cast

import torch

from saps.decoding.constraint import forget_constraints
from saps.decoding.prediction import Prediction
from saps.decoding.request import Request
from saps.evaluation.model import RequestPredictor, TextPredictor
from saps.pool import in_order, map_isolated, unwrapped

_FEWEST_BATCHES: Final = 4
"""For each process: to start one takes as long as to answer about so many."""


class Batch(NamedTuple):
    """Texts that a model reads together, and what it may know besides, if it takes that."""

    texts: Sequence[str]
    requests: Sequence[Request] | None


Answers = Sequence[Prediction | None]


def write_programs(
    predictor: TextPredictor, batches: Sequence[Batch], n_writers: int
) -> Iterator[Answers]:
    """Yield the answers to each batch, in order; how many processes there are changes none.

    Args:
        predictor: the model; copied to each process, so it must pickle if there are several.
        batches: what to answer.
        n_writers: the most processes; one is this process.

    Raises:
        PoolError: a process ended.
    """
    n_writers = min(n_writers, len(batches) // _FEWEST_BATCHES)
    if n_writers < 2:
        return (_answer(predictor, batch) for batch in batches)
    return _share_out(predictor, batches, n_writers)


def _answer(predictor: TextPredictor, batch: Batch) -> Answers:
    # Else the batches that a process happened to have before would have a say.
    forget_constraints()
    if batch.requests is None:
        return predictor.predict(batch.texts)
    return cast(RequestPredictor, predictor).predict(batch.texts, batch.requests)


def _share_out(
    predictor: TextPredictor, batches: Sequence[Batch], n_writers: int
) -> Iterator[Answers]:
    # Packed here: as an object its tensors would be shared, and take up room in /dev/shm.
    writer = _Writer(pickle.dumps(predictor))
    # A batch may take as long as it takes, here as in this process.
    written = map_isolated(writer, batches, n_workers=n_writers, timeout_s=math.inf, chunk=1)
    for answers in in_order(written):
        yield unwrapped(answers, "try workers=1 or a smaller batch_size")


@dataclass(slots=True)
class _Writer:
    """Answers in its process, with a copy of the model that it makes there once."""

    packed: bytes
    predictor: TextPredictor | None = None

    def __call__(self, batch: Batch) -> Answers:
        if self.predictor is None:
            torch.set_num_threads(1)
            self.predictor = pickle.loads(self.packed)  # noqa: S301 - the parent packed it
        return _answer(self.predictor, batch)
