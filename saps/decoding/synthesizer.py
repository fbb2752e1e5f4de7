"""English in, a checked program out: what `from saps import Synthesizer` gives."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeGuard

import torch

from saps.decoding.answering import answer
from saps.decoding.calibration import Calibration
from saps.decoding.choice import choose_search
from saps.decoding.declaring import is_bare
from saps.decoding.english import Vocabulary
from saps.decoding.explanation import Explanation, explain
from saps.decoding.plausible import PlausibleSearch
from saps.decoding.prediction import Prediction
from saps.decoding.predictor import Predictor
from saps.decoding.preparation import Prepared, prepare
from saps.decoding.rereading import Found, declared, renamed, search_all
from saps.decoding.search import Search
from saps.decoding.several import SeveralSearch, with_others
from saps.decoding.synthesis import Candidate, Outcome, Synthesis, SynthesisError
from saps.decoding.task import ExampleLike, Task
from saps.decoding.text_check import MAX_TOKENS

__all__ = [
    "MAX_TOKENS",
    "Candidate",
    "Outcome",
    "Synthesis",
    "SynthesisError",
    "Synthesizer",
    "Task",
]


class Synthesizer:
    """A trained model that turns specifications into programs.

    May be used from several threads at once: it keeps nothing between calls.
    """

    def __init__(self, predictor: Predictor, decoding: str | Search | None = None) -> None:
        """Put a model and a way of searching together.

        Args:
            predictor: the model.
            decoding: see `load`.

        Raises:
            ValueError: there is no decoding of that name.
            CalibrationError: the model's calibration is damaged.
        """
        choose_search(decoding)
        self.predictor = predictor
        self.decoding = decoding
        bundle = predictor.bundle
        self.calibration = (
            None if bundle.calibration is None else Calibration.from_json(bundle.calibration)
        )
        self.vocabulary = (
            Vocabulary.of_tokenizer(bundle.tokenizer)
            if bundle.words is None
            else Vocabulary(bundle.words)
        )

    @classmethod
    def load(
        cls,
        path: str | Path | None = None,
        *,
        device: torch.device | str = "cpu",
        decoding: str | Search | None = None,
    ) -> "Synthesizer":
        """Read a model.

        Args:
            path: folder of a model or of a run, or the name of a run in `runs/`; None for the
                bundled model.
            device: where the network goes.
            decoding: "plausible", "greedy", "beam", "guided", "sampling", or a search with options
                of its own. None for the plausible one (see `PlausibleSearch`), behind which come
                others where several programs are asked for (see `SeveralSearch`); for the guided
                search where examples are given.

        Raises:
            BundleError: the folder is missing, incomplete or damaged.
            ValueError: there is no decoding of that name.
        """
        return cls(Predictor.load(_folder(path), device), decoding)

    def synthesize(
        self,
        text: str,
        *,
        examples: Iterable[ExampleLike] = (),
        arguments: Mapping[str, str] | None = None,
        returns: str | None = None,
        top: int = 1,
        decoding: str | Search | None = None,
        seconds: float | None = None,
    ) -> Synthesis:
        """Return a program for a specification in English.

        Args:
            text: the specification.
            examples: pairs of inputs by argument name and output; the answer is the program that
                computes most of them, and `Synthesis.passes` tells whether it computes all.
            arguments: types of arguments by name, such as {"a": "int[]"}.
            returns: type of the value, such as "int".
            top: programs to return at most, in `Synthesis.candidates`.
            decoding: another one than the synthesizer's own.
            seconds: when a search by examples gives up; None for its budget alone.

        Raises:
            SynthesisError: the text is empty or too long, the examples are not of one program, no
                program can have the types, or the model wrote none that type-checks.
            ValueError: `top` is below 1, or there is no such decoding.
        """
        task = Task.of(text, examples, arguments, returns)
        result = next(self.synthesize_many([task], top=top, decoding=decoding, seconds=seconds))
        if isinstance(result, SynthesisError):
            raise result
        return result

    def synthesize_many(
        self,
        texts: Iterable[str | Task],
        *,
        top: int = 1,
        decoding: str | Search | None = None,
        seconds: float | None = None,
        batch_size: int = 64,
    ) -> Iterator[Synthesis | SynthesisError]:
        """Answer specifications in order; one that fails gives its error, and the rest go on.

        Args:
            texts: read only as far as the answers are taken, a batch ahead; a `Task` where more
                is known than the text.
            top: see `synthesize`.
            decoding: see `synthesize`.
            seconds: see `synthesize`; of the texts of a batch together.
            batch_size: texts that the network reads together.

        Raises:
            ValueError: `top` or `batch_size` is below 1, or there is no such decoding.
        """
        if min(top, batch_size) < 1:
            raise ValueError(f"top={top}, batch_size={batch_size}: both must be at least 1")
        chosen = self.decoding if decoding is None else decoding
        searches = {
            known: choose_search(chosen, top=top, has_examples=known, seconds=seconds)
            for known in (False, True)
        }
        return self._answers(iter(texts), searches, top, batch_size)

    def explain(self, synthesis: Synthesis) -> Explanation:
        """Return how the model came to a program that it wrote: symbols, words looked at."""
        return explain(self.predictor, synthesis)

    def is_bare(self, text: str) -> bool:
        """Whether a text can be read and does not say what its arguments are."""
        given = self._prepared(text)
        return isinstance(given, Prepared) and is_bare(given)

    def _answers(
        self,
        remaining: Iterator[str | Task],
        searches: Mapping[bool, Search],
        top: int,
        batch_size: int,
    ) -> Iterator[Synthesis | SynthesisError]:
        while batch := list(islice(remaining, batch_size)):
            ready = [self._prepared(item) for item in batch]
            found = self._found([item for item in ready if isinstance(item, Prepared)], searches)
            for item in ready:
                if isinstance(item, SynthesisError):
                    yield item
                else:
                    prepared, predictions = found[id(item)]
                    as_typed = replace(prepared.task, text=item.task.text)
                    understood = replace(prepared, task=as_typed)
                    guessed = _guesses(searches[bool(item.task.examples)]) and is_bare(item)
                    yield self._answer(understood, predictions, top, is_declared=not guessed)

    def _prepared(self, item: str | Task) -> Prepared | SynthesisError:
        task = item if isinstance(item, Task) else Task(item)
        try:
            return prepare(task, self.vocabulary, self.predictor.bundle.symbols)
        except SynthesisError as error:
            return error

    def _found(
        self, ready: Sequence[Prepared], searches: Mapping[bool, Search]
    ) -> dict[int, Found]:
        """Search for all, those with examples apart; by identity of the prepared task."""
        found: dict[int, Found] = {}
        for known, search in searches.items():
            group = [item for item in ready if bool(item.task.examples) == known]
            answers = search_all(self.predictor, group, search)
            if _guesses(search):
                answers = declared(self.predictor, self.vocabulary, answers, search)
                answers = renamed(self.predictor, self.vocabulary, answers, search)
            if isinstance(search, SeveralSearch):
                answers = with_others(self.predictor, answers, search)
            found.update(zip(map(id, group), answers, strict=True))
        return found

    def _answer(
        self, prepared: Prepared, predictions: list[Prediction], top: int, *, is_declared: bool
    ) -> Synthesis | SynthesisError:
        try:
            return answer(
                prepared,
                predictions,
                top=top,
                calibration=self.calibration,
                is_declared=is_declared,
            )
        except SynthesisError as error:
            return error


def _guesses(search: Search) -> TypeGuard[PlausibleSearch]:
    """Whether texts are read again under guessed arguments and other names."""
    return isinstance(search, PlausibleSearch) and search.namings > 1


def _folder(path: str | Path | None) -> Path | None:
    """Return the folder that a path or the name of a run means."""
    if path is None:
        return None
    run = Path("runs") / path
    return run if not Path(path).exists() and run.is_dir() else Path(path)
