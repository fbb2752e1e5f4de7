"""Runs many programs on many inputs, in several processes, and survives what happens to them."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final

from saps.lang.errors import AlgoLispError, TimeLimitError
from saps.lang.interpreter import compile_program
from saps.lang.limits import Limits
from saps.lang.node import Node
from saps.lang.values import Value

Outcome = Value | AlgoLispError
"""What a run gave, or the error that ended it."""

_GRACE_S: Final = 10.0
_MAX_INPUTS: Final = 100
_AHEAD: Final = 4


class WorkerError(AlgoLispError):
    """The process that ran a program died."""

    code = "worker"


@dataclass(frozen=True, slots=True)
class Job:
    """One program and the inputs to run it on."""

    program: Node
    arguments: Mapping[str, str]
    inputs: Sequence[Mapping[str, Value]]


def evaluate(job: Job, limits: Limits) -> list[Outcome]:
    """Run one job in this process: an outcome for each of its inputs, in order."""
    try:
        program = compile_program(job.program, job.arguments, limits)
    except AlgoLispError as error:
        return [error] * len(job.inputs)
    return [_outcome(program, inputs) for inputs in job.inputs]


def _outcome(program: Any, inputs: Mapping[str, Value]) -> Outcome:
    try:
        return program(inputs)  # type: ignore[no-any-return]  # a Program, which gives Values
    except AlgoLispError as error:
        return error


def evaluate_many(
    jobs: Iterable[Job], *, limits: Limits | None = None, processes: int | None = None
) -> Iterator[list[Outcome]]:
    """Run jobs in a pool of processes, and yield the outcomes of each in the order of the jobs.

    A worker that dies, or hangs beyond the limits, costs only the inputs that it had just begun:
    their outcomes are a `WorkerError` or a `TimeLimitError`. Jobs are taken from the iterable as
    they are needed, so it may be endless.

    Args:
        jobs: what to run; a job of many inputs is spread over the workers.
        limits: of each run.
        processes: by default one for each core; 0 runs everything in this process.
    """
    chosen = limits or Limits()
    n_processes = (os.cpu_count() or 1) if processes is None else processes
    if n_processes == 0:
        yield from (evaluate(job, chosen) for job in jobs)
        return
    pool = _Pool(n_processes, chosen)
    try:
        yield from pool.run(jobs)
    finally:
        pool.close()


@dataclass(slots=True)
class _Piece:
    """Some inputs of a job: what a worker is given at a time."""

    job_number: int
    number: int
    job: Job


@dataclass(slots=True)
class _Pending:
    """A job whose outcomes are not complete yet."""

    pieces: list[list[Outcome] | None]

    @property
    def is_done(self) -> bool:
        return all(piece is not None for piece in self.pieces)

    def outcomes(self) -> list[Outcome]:
        return [outcome for piece in self.pieces for outcome in piece or []]


class _Worker:
    """A process, the pipe to it, and the piece it works on until a deadline."""

    def __init__(self, limits: Limits) -> None:
        context = get_context()
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=_serve, args=(theirs, limits), daemon=True
        )
        self.process.start()
        theirs.close()
        self.piece: _Piece | None = None
        self.deadline = 0.0

    def give(self, piece: _Piece, limits: Limits) -> None:
        self.piece = piece
        self.deadline = time.monotonic() + _GRACE_S + limits.seconds * len(piece.job.inputs)
        with suppress(OSError):  # a worker that died meanwhile is noticed when it should answer
            self.connection.send(piece.job)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, limits: Limits) -> None:
    """The loop of a worker process; it ends with its parent, or with the pipe."""
    try:
        while True:
            connection.send(evaluate(connection.recv(), limits))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return


class _Pool:
    def __init__(self, n_workers: int, limits: Limits) -> None:
        self._limits = limits
        self._n_workers = n_workers
        self._workers: list[_Worker] = []
        self._waiting: deque[_Piece] = deque()
        self._pending: dict[int, _Pending] = {}

    def run(self, jobs: Iterable[Job]) -> Iterator[list[Outcome]]:
        source = enumerate(jobs)
        next_out = 0
        self._fetch(source)
        while self._pending:
            while next_out in self._pending and self._pending[next_out].is_done:
                yield self._pending.pop(next_out).outcomes()
                next_out += 1
                self._fetch(source)
            if self._pending:
                self._hand_out()
                self._collect()

    def close(self) -> None:
        for worker in self._workers:
            worker.stop()

    def _fetch(self, source: Iterator[tuple[int, Job]]) -> None:
        """Take jobs until all workers have enough to do."""
        while len(self._waiting) < self._n_workers * _AHEAD:
            number, job = next(source, (-1, None))
            if job is None:
                return
            parts = range(0, max(len(job.inputs), 1), _MAX_INPUTS)
            self._pending[number] = _Pending([None] * len(parts))
            for part_number, start in enumerate(parts):
                inputs = job.inputs[start : start + _MAX_INPUTS]
                piece = Job(job.program, job.arguments, inputs)
                self._waiting.append(_Piece(number, part_number, piece))

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.piece is None and self._waiting:
                worker.give(self._waiting.popleft(), self._limits)
        while self._waiting and len(self._workers) < self._n_workers:
            worker = _Worker(self._limits)
            self._workers.append(worker)
            worker.give(self._waiting.popleft(), self._limits)

    def _collect(self) -> None:
        """Wait until some worker is done, dead or late."""
        busy = {w.connection: w for w in self._workers if w.piece is not None}
        if not busy:
            return
        patience = min(w.deadline for w in busy.values()) - time.monotonic()
        ready = wait(list(busy), max(patience, 0.0))
        for connection in ready:
            self._receive(busy[connection])  # type: ignore[index]  # these are its keys
        for worker in busy.values():
            if worker.piece is not None and time.monotonic() > worker.deadline:
                self._replace(worker, TimeLimitError("the worker process did not answer in time"))

    def _receive(self, worker: _Worker) -> None:
        try:
            outcomes = worker.connection.recv()
        except (EOFError, OSError):
            self._replace(worker, WorkerError("the process that ran the program died"))
        else:
            self._settle(worker, outcomes)

    def _replace(self, worker: _Worker, error: AlgoLispError) -> None:
        assert worker.piece is not None
        self._settle(worker, [error] * len(worker.piece.job.inputs))
        worker.stop()
        self._workers.remove(worker)

    def _settle(self, worker: _Worker, outcomes: list[Outcome]) -> None:
        assert worker.piece is not None
        piece, worker.piece = worker.piece, None
        self._pending[piece.job_number].pieces[piece.number] = outcomes
