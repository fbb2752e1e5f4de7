"""Puts specifications that arrive together into one batch of the network, in a thread."""

import asyncio
import logging
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Generic, TypeVar

from saps.lang import AlgoLispError, infer_signature, parse
from saps.serve.responses import ServiceError
from saps.serve.schemas import SynthesizeRequest
from saps.serve.server import ServiceSettings
from saps.synthesis.asking_back import NotKnownError
from saps.synthesis.synthesizer import Synthesis, SynthesisError, Synthesizer, Task

Item = TypeVar("Item")
Result = TypeVar("Result")
Key = TypeVar("Key", bound=Hashable)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Ticket(Generic[Key, Item, Result]):
    """One item that waits, and where its result goes; only items of one key share a batch."""

    key: Key
    item: Item
    future: "Future[Result]" = field(default_factory=Future)


class Batcher(Generic[Key, Item, Result]):
    """A thread that answers items batch by batch, in the order of their arrival.

    While a batch is answered the next one gathers. An item whose future is cancelled before its
    batch begins is dropped.
    """

    def __init__(
        self,
        answer: Callable[[Key, Sequence[Item]], Sequence[Result]],
        *,
        max_batch: int,
        max_wait_s: float,
    ) -> None:
        """Start the thread.

        `answer` gives one result for each item of a batch, in order; when it raises, each item is
        tried alone, so that the one at fault alone fails. The first of up to `max_batch` items
        waits `max_wait_s` for others, but not after a batch of one: who is alone need not wait.
        """
        self._answer = answer
        self._max_batch = max_batch
        self._max_wait_s = max_wait_s
        self._queue: SimpleQueue[_Ticket[Key, Item, Result] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def n_queued(self) -> int:
        """Items that wait for a batch, those included that were cancelled meanwhile."""
        return self._queue.qsize()

    def submit(self, key: Key, item: Item) -> "Future[Result]":
        """Queue an item; its result, or the exception instead of one, comes by the future."""
        ticket: _Ticket[Key, Item, Result] = _Ticket(key, item)
        self._queue.put(ticket)
        return ticket.future

    def close(self) -> None:
        """End the thread after the batch it is at; items still queued are cancelled."""
        while not self._queue.empty():
            with suppress(Empty):  # the thread may have been faster
                ticket = self._queue.get_nowait()
                if ticket is not None:
                    ticket.future.cancel()
        self._queue.put(None)

    def _work(self) -> None:
        wait_s = 0.0
        while (first := self._queue.get()) is not None:
            tickets = [first, *self._more(wait_s)]
            wait_s = self._max_wait_s if len(tickets) > 1 else 0.0
            begun = [ticket for ticket in tickets if ticket.future.set_running_or_notify_cancel()]
            for key in dict.fromkeys(ticket.key for ticket in begun):
                self._answer_batch(key, [ticket for ticket in begun if ticket.key == key])

    def _more(self, wait_s: float) -> list[_Ticket[Key, Item, Result]]:
        """Take what else arrives in time for the batch."""
        more: list[_Ticket[Key, Item, Result]] = []
        deadline = monotonic() + wait_s
        while len(more) + 1 < self._max_batch:
            try:
                ticket = self._queue.get(timeout=max(0.0, deadline - monotonic()))
            except Empty:
                break
            if ticket is None:
                self._queue.put(None)  # the end, to be seen once more
                break
            more.append(ticket)
        return more

    def _answer_batch(self, key: Key, batch: list[_Ticket[Key, Item, Result]]) -> None:
        try:
            results = self._answer(key, [ticket.item for ticket in batch])
            if len(results) != len(batch):
                raise RuntimeError(f"{len(results)} results for a batch of {len(batch)}")
        except Exception as error:
            if len(batch) == 1:
                _log.error("a request failed", exc_info=error)
                batch[0].future.set_exception(error)
                return
            for ticket in batch:
                self._answer_batch(key, [ticket])
            return
        for ticket, result in zip(batch, results, strict=True):
            ticket.future.set_result(result)


# Specifications of many clients, answered by one model.


@dataclass(frozen=True, slots=True)
class _Options:
    """What the specifications of one batch have in common."""

    decoding: str | None
    top: int
    has_examples: bool
    best: bool = False

    @property
    def is_quick(self) -> bool:
        """Whether the network reads the text once and, nearly always, writes one program."""
        by_default = self.decoding is None and not self.has_examples
        return (by_default or self.decoding in ("plausible", "greedy")) and self.top == 1


_Batcher = Batcher[_Options, Task, Synthesis | SynthesisError]


class SpecificationQueues:
    """Two queues before one model, so that a long search keeps no quick answer waiting."""

    def __init__(self, synthesizer: Synthesizer, settings: ServiceSettings) -> None:
        self._max_characters = settings.max_text_characters

        def answer(options: _Options, tasks: Sequence[Task]) -> list[Synthesis | SynthesisError]:
            return list(
                synthesizer.synthesize_many(
                    tasks,
                    top=options.top,
                    decoding=options.decoding,
                    seconds=settings.timeout_s / 2,
                    batch_size=settings.max_batch,
                    best=options.best,
                )
            )

        self._quick, self._searching = (
            _Batcher(answer, max_batch=settings.max_batch, max_wait_s=settings.max_wait_s)
            for _ in range(2)
        )

    @property
    def n_queued(self) -> int:
        """Specifications whose batch has not begun."""
        return self._quick.n_queued + self._searching.n_queued

    async def synthesize(self, request: SynthesizeRequest) -> Synthesis:
        """Return the program of a specification when its batch is done, or raise a ServiceError."""
        self._check(request)
        examples = [(example.input, example.output) for example in request.examples]
        rejected = [(wrong.input, wrong.output) for wrong in request.rejected]
        task = Task.of(request.text, examples, request.arguments, request.returns, rejected)
        options = _Options(request.decoding, request.top, bool(examples), request.best)
        batcher = self._quick if options.is_quick else self._searching
        # Cancelled when the client leaves: the future of a batch that has not begun with it.
        result = await asyncio.wrap_future(batcher.submit(options, task))
        if isinstance(result, NotKnownError):
            # To name the nearest kinds takes seconds the first time.
            told = await asyncio.to_thread(result.to_json)
            raise ServiceError(422, result.code, result.reason, told)
        if isinstance(result, SynthesisError):
            raise ServiceError(422, result.code, result.reason)
        return result

    def close(self) -> None:
        """Drop what is queued."""
        self._quick.close()
        self._searching.close()

    def _check(self, request: SynthesizeRequest) -> None:
        """Refuse a text that is too long or no text, and names that no argument can have."""
        text = request.text
        if len(text) > self._max_characters:
            raise ServiceError(
                422,
                "text-too-long",
                f"the text has {len(text)} characters; at most {self._max_characters} are read: "
                "describe one task",
            )
        try:
            text.encode()
        except UnicodeEncodeError as error:
            reason = f"character {error.start + 1} of the text is half a surrogate pair"
            raise ServiceError(422, "text", reason) from error
        # The synthesizer would call such an argument by a letter. A person is told so; a program
        # that sends its values by name has to know before.
        names = {*(request.arguments or ()), *(n for e in request.examples for n in e.input)}
        try:
            infer_signature(_ANYTHING, dict.fromkeys(sorted(names), "int"))
        except AlgoLispError as error:
            raise ServiceError(422, error.code, f"{error}; give it another name") from error


_ANYTHING = parse("0")
