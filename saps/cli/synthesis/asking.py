"""A model, and all that is asked of it besides the text."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saps.cli.failure import CommandError
from saps.cli.synthesis.checking import check_text
from saps.cli.synthesis.time_limit import time_limit
from saps.cli.synthesis.wish import Example

if TYPE_CHECKING:
    from saps.decoding.search import Search
    from saps.decoding.synthesis import Synthesis, SynthesisError
    from saps.decoding.synthesizer import Synthesizer

_DRAWN = 10  # programs that are drawn or kept for examples to choose among
_SHARE = 0.8  # of the time, for the search; what was found by then is the answer


@dataclass(frozen=True)
class Asking:
    """The options of the command. Changed ones (`dataclasses.replace`) share the model.

    Attributes:
        model: folder or name; None for the bundled model.
        arguments: declared types by name.
        returns: declared type of the value.
        examples: inputs and outputs.
        top: programs to show.
        decoding: how to search; None for what suits the rest.
        timeout_s: of one answer.
    """

    model: str | None = None
    arguments: dict[str, str] = field(default_factory=dict)
    returns: str | None = None
    examples: list[Example] = field(default_factory=list)
    top: int = 1
    decoding: "Search | None" = None
    timeout_s: float = 30.0
    _loaded: "list[Synthesizer]" = field(default_factory=list)

    @property
    def synthesizer(self) -> "Synthesizer":
        """The model, read when it is first needed, and once."""
        from saps.decoding.synthesizer import Synthesizer

        if not self._loaded:
            self._loaded.append(Synthesizer.load(self.model))
        return self._loaded[0]

    def synthesize(self, text: str) -> "Synthesis":
        """Answer one text.

        Raises:
            CommandError: the text is refused before the model reads it (see `check_text`), or the
                time is over.
            SynthesisError: see `Synthesizer.synthesize`.
        """
        check_text(text)
        synthesizer = self.synthesizer
        with time_limit(self.timeout_s):
            return synthesizer.synthesize(
                text,
                examples=self.examples,
                arguments=self.arguments,
                returns=self.returns,
                top=self.top,
                decoding=self.decoding,
                seconds=_SHARE * self.timeout_s,
            )

    def synthesize_many(self, texts: Iterable[str]) -> "Iterator[Synthesis | SynthesisError]":
        """Answer many texts, all with the same declarations."""
        from saps.decoding.task import Task

        arguments: Mapping[str, str] = self.arguments
        tasks = (Task.of(text, (), arguments, self.returns) for text in texts)
        return self.synthesizer.synthesize_many(
            tasks, top=self.top, decoding=self.decoding, seconds=_SHARE * self.timeout_s
        )


def choose_decoding(
    beam: int | None,
    temperature: float | None,
    seed: int | None,
    top: int,
    *,
    has_examples: bool,
) -> "Search | None":
    """Return the search that `--beam` or `--temperature` asks for; None for neither.

    Raises:
        CommandError: both are given, the temperature is not above 0, or a seed has none to draw by.
    """
    if beam is not None and temperature is not None:
        raise CommandError("--beam searches and --temperature draws: give one of them")
    if seed is not None and temperature is None:
        raise CommandError(f"--seed {seed} draws nothing without --temperature: give both")
    if beam is not None:
        from saps.decoding.beam import BeamSearch

        return BeamSearch(beam, top=beam if has_examples else min(top, beam))
    if temperature is not None:
        if not temperature > 0:
            raise CommandError(f"--temperature {temperature:g}: expected a number above 0")
        from saps.decoding.sampling import SamplingSearch

        count = max(top, _DRAWN) if has_examples else top
        return SamplingSearch(count, temperature=temperature, seed=seed or 0)
    return None
