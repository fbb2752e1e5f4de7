"""Specifications of many clients, answered by one model."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from saps.decoding.request import InputOutput
from saps.decoding.synthesizer import Synthesis, SynthesisError, Synthesizer, Task
from saps.serve.batcher import Batcher
from saps.serve.errors import ServiceError
from saps.serve.requests import SynthesizeRequest
from saps.serve.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Options:
    """What the specifications of one batch have in common."""

    decoding: str | None
    top: int
    has_examples: bool

    @classmethod
    def of(cls, request: SynthesizeRequest) -> "Options":
        return cls(request.decoding, request.top, bool(request.examples))

    @property
    def is_quick(self) -> bool:
        """Whether the network reads the text once and, nearly always, writes one program."""
        by_default = self.decoding is None and not self.has_examples
        return (by_default or self.decoding in ("plausible", "greedy")) and self.top == 1


_Batcher = Batcher[Options, Task, Synthesis | SynthesisError]


class SpecificationDesk:
    """Two queues before one model, so that a long search keeps no quick answer waiting."""

    def __init__(self, synthesizer: Synthesizer, settings: ServiceSettings) -> None:
        self._max_characters = settings.max_text_characters
        answer = partial(_answer, synthesizer, settings)
        make = partial(_Batcher, max_batch=settings.max_batch, max_wait_s=settings.max_wait_s)
        self._quick = make(answer, name="quick")
        self._searching = make(answer, name="searching")

    @property
    def n_queued(self) -> int:
        """Specifications whose batch has not begun."""
        return self._quick.n_queued + self._searching.n_queued

    async def synthesize(self, request: SynthesizeRequest) -> Synthesis:
        """Return the program of a specification, when its batch is done.

        Raises:
            ServiceError: the text is too long, or gets no program.
        """
        task = self._task(request)
        options = Options.of(request)
        batcher = self._quick if options.is_quick else self._searching
        # Cancelled when the client leaves: the future of a batch that has not begun with it.
        result = await asyncio.wrap_future(batcher.submit(options, task))
        if isinstance(result, SynthesisError):
            raise ServiceError(422, result.code, result.reason)
        return result

    def close(self) -> None:
        """Drop what is queued."""
        self._quick.close()
        self._searching.close()

    def _task(self, request: SynthesizeRequest) -> Task:
        if len(request.text) > self._max_characters:
            raise ServiceError(
                422,
                "text-too-long",
                f"the text has {len(request.text)} characters, at most {self._max_characters} are "
                "read: describe one task",
            )
        _require_unicode(request.text)
        examples = [InputOutput(example.input, example.output) for example in request.examples]
        return Task.of(request.text, examples, request.arguments, request.returns)


def _answer(
    synthesizer: Synthesizer, settings: ServiceSettings, options: Options, tasks: Sequence[Task]
) -> list[Synthesis | SynthesisError]:
    return list(
        synthesizer.synthesize_many(
            tasks,
            top=options.top,
            decoding=options.decoding,
            seconds=settings.timeout_s / 2,
            batch_size=settings.max_batch,
        )
    )


def _require_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ServiceError(
            422, "text", f"character {error.start + 1} of the text is half a surrogate pair"
        ) from error
