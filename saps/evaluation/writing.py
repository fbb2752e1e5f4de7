"""Batches of texts shared out to processes, each with a copy of the model on one core."""

import multiprocessing
import pickle
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, NamedTuple, cast

import torch

from saps.decoding.constraint import forget_constraints
from saps.decoding.prediction import Prediction
from saps.decoding.request import Request
from saps.evaluation.model import RequestPredictor, TextPredictor
from saps.evaluation.pool import PoolError

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
    # A fresh interpreter: a fork of a process with torch's threads in it can deadlock.
    spawn = multiprocessing.get_context("spawn")
    # Packed here: as an object its tensors would be shared, and take up room in /dev/shm.
    packed = pickle.dumps(predictor)
    pool = ProcessPoolExecutor(n_writers, spawn, initializer=_begin, initargs=(packed,))
    try:
        pending: deque[Future[Answers]] = deque(pool.submit(_write, batch) for batch in batches)
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        raise PoolError(
            "a process that writes programs ended, perhaps for want of memory: try workers=1 or a "
            "smaller batch_size; a script that evaluates needs `if __name__ == '__main__':`"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_predictors: Final[list[TextPredictor]] = []
"""Of a process that writes: the one it was begun with."""


def _begin(packed: bytes) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)
    _predictors.append(pickle.loads(packed))  # noqa: S301 - the parent packed it


def _write(batch: Batch) -> Answers:
    return _answer(_predictors[0], batch)
