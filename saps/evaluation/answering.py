"""The model that an evaluation judges, and its answers: programs written, then run and counted."""

import logging
import math
import pickle
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import torch
from hydra.utils import instantiate
from rich.progress import Progress

from saps.data.example import Example
from saps.data.statistics import data_progress
from saps.data.symbols import ARGUMENTS, Label, SymbolTable
from saps.evaluation.evaluation_settings import EvaluationError, Settings, usable_device
from saps.evaluation.judge import Trial, judge_all
from saps.evaluation.metrics import Result
from saps.evaluation.report import ModelSource, Timing, folder_digest
from saps.lang import Limits, Node
from saps.pool import in_order, map_isolated, unwrapped
from saps.search.interface import Prediction
from saps.search.request import NOTHING_KNOWN, InputOutput, Request, RequestTypeError

if TYPE_CHECKING:
    from saps.synthesis.predictor import Predictor

logger = logging.getLogger(__name__)

BUNDLED: Final = "saps/pretrained"
"""What a report calls the bundled model."""


class TextPredictor(Protocol):
    """What an evaluation asks of a model."""

    def predict(self, texts: Sequence[str], /) -> Sequence[Prediction | None]:
        """Return an answer a text, in order; None where the model gives no tree.

        One whose `Model` has a `request` is given the requests as a second argument.
        """
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """A predictor, and what the report says about it.

    Attributes:
        symbols: the labels that it has for nodes; None where it does not say.
        request: what it may know of a task besides the text, which are the first `n_seen_tests`
            of its tests; None for a predictor that takes texts alone.
        n_writers: processes that may each have a copy of the predictor, which must pickle then.
    """

    predictor: TextPredictor
    source: ModelSource
    symbols: SymbolTable | None = None
    request: Callable[[Example], Request] | None = None
    n_seen_tests: int = 0
    n_writers: int = 1


def check_symbols(model: Model, programs: Sequence[Node]) -> None:
    """Compare the symbols of target programs with those of the model; warn where some are missing.

    Raises:
        EvaluationError: the model can write none of the programs.
    """
    if model.symbols is None:
        return
    name, known = model.source.checkpoint, set(model.symbols.labels)
    lacking = [
        program
        for program in programs
        if any(Label(node.symbol, len(node.children)) not in known for node in program.preorder())
    ]
    if not lacking:
        return
    if len(lacking) == len(programs):
        raise EvaluationError(
            f"{name} can write none of the {len(programs)} target programs, such as {lacking[0]}: "
            "it was made for other symbols; check checkpoint= and data.path="
        )
    logger.warning(
        "%s has no label for some symbol of %d of %d target programs, such as %s; "
        "on these its exact match is 0",
        *(name, len(lacking), len(programs), lacking[0]),
    )


def load_model(settings: Settings) -> Model:
    """Read the model that the settings name; raises BundleError or EvaluationError."""
    # Here, so that a model brought along needs no network.
    from saps.model.bundle import find_bundle, load_bundle
    from saps.synthesis.predictor import Predictor

    device = usable_device(settings.device)
    folder = find_bundle(settings.checkpoint)
    bundle = load_bundle(folder, device)
    search = instantiate(dict(settings.decoding))
    n_parameters = sum(weight.numel() for weight in bundle.network.parameters())
    predictor = Predictor(bundle, search, settings.batch_size)
    # The place of an installation says nothing to those who read the report elsewhere.
    name = BUNDLED if settings.checkpoint is None else str(folder)
    source = ModelSource(name, folder_digest(folder), n_parameters)
    # Texts as typed go through a synthesizer, which checks types itself and stays in one process.
    symbols = None if settings.as_typed else bundle.symbols
    request = partial(_request, n_tests=search.n_examples, symbols=symbols)
    n_writers = settings.n_workers if device == "cpu" and not settings.as_typed else 1
    asked = TypedTextPredictor(predictor) if settings.as_typed else predictor
    return Model(asked, source, bundle.symbols, request, search.n_examples, n_writers)


def _request(example: Example, *, n_tests: int, symbols: SymbolTable | None) -> Request:
    """Return what a search may know of a task: the declared types, and its first tests.

    With `symbols` it is nothing where no program of these can have the declared types.
    """
    from saps.search.mask import check_request

    tests = tuple(InputOutput(test.inputs, test.output) for test in example.tests[:n_tests])
    request = Request(example.arguments, example.return_type, tests)
    # A task of an older data set may declare types that the language has no more.
    try:
        if symbols is not None:
            check_request(symbols, request)
    except RequestTypeError as error:
        logger.warning("a task declares types that no program has, so none are used: %s", error)
        return NOTHING_KNOWN
    return request


# Batches of texts shared out to processes, each with a copy of the model on one core.

# For each process: to start one takes as long as to answer about so many.
_FEWEST_BATCHES: Final = 4


class Batch(NamedTuple):
    """Texts that a model reads together, and what it may know besides, if it takes that."""

    texts: Sequence[str]
    requests: Sequence[Request] | None


Answers = Sequence[Prediction | None]


def write_programs(
    predictor: TextPredictor, batches: Sequence[Batch], n_writers: int
) -> Iterator[Answers]:
    """Yield the answers to each batch, in order; how many processes there are changes none.

    The predictor is copied to each process, so it must pickle if there are several.

    Raises:
        PoolError: a process ended.
    """
    # Fewer would spend their time on starting.
    n_writers = min(n_writers, len(batches) // _FEWEST_BATCHES)
    if n_writers < 2:
        yield from (_answer(predictor, batch) for batch in batches)
        return
    # Packed here: as an object its tensors would be shared, and take up room in /dev/shm.
    writer = _Writer(pickle.dumps(predictor))
    # A batch may take as long as it takes, here as in this process.
    written = map_isolated(writer, batches, n_workers=n_writers, timeout_s=math.inf, chunk=1)
    for answers in in_order(written):
        yield unwrapped(answers, "try workers=1 or a smaller batch_size")


def _answer(predictor: TextPredictor, batch: Batch) -> Answers:
    if batch.requests is None:
        return predictor.predict(batch.texts)
    return predictor.predict(batch.texts, batch.requests)  # type: ignore[call-arg]


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


# Results of a model on tasks: it writes programs, they are run, the seconds are counted.


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges what a model answers to `batch_size` texts at once, programs run by so many workers.

    The model may be asked by so many processes as it has writers, and is given texts `as_typed`
    where the data have them.
    """

    model: Model
    batch_size: int
    limits: Limits
    workers: int
    as_typed: bool = False

    def results(self, examples: Sequence[Example]) -> list[Result]:
        """Have a program written for each task; judge it, and the task's own program."""
        return self.timed_results(examples)[0]

    def timed_results(self, examples: Sequence[Example]) -> tuple[list[Result], Timing]:
        """Return the results, and the time that they took."""
        with data_progress(transient=True) as progress:
            start = perf_counter()
            predictions = self._predict(examples, progress)
            written = perf_counter()
            programs = [None if answer is None else answer.program for answer in predictions]
            trials = [Trial.of(*pair) for pair in zip(programs, examples, strict=True)]
            # The data may be wrong: a task whose own program fails counts for the full set alone.
            trials += [Trial.of(example.program, example) for example in examples]
            task = progress.add_task("running programs", total=len(trials))
            verdicts = judge_all(
                trials,
                limits=self.limits,
                n_workers=self.workers,
                progress=lambda n: progress.advance(task, n),
            )
            judged = perf_counter()
        total_s = judged - start
        timing = Timing(written - start, judged - written, total_s, len(examples) / total_s)
        golds = verdicts[len(examples) :]
        answered = zip(examples, predictions, verdicts, golds, strict=False)
        results = [
            Result(
                example,
                predicted=None if answer is None else answer.program,
                log_prob=None if answer is None else answer.log_prob,
                verdict=verdict,
                gold=gold,
            )
            for example, answer, verdict, gold in answered
        ]
        return results, timing

    def _predict(self, examples: Sequence[Example], progress: Progress) -> list[Prediction | None]:
        """Ask for programs a batch at a time, texts of like length together; answers in order."""
        # A batch is padded to its longest text.
        by_length = sorted(range(len(examples)), key=lambda i: len(examples[i].text.split()))
        chosen = [
            by_length[start : start + self.batch_size]
            for start in range(0, len(by_length), self.batch_size)
        ]
        batches = [self._batch([examples[i] for i in numbers]) for numbers in chosen]
        answers: dict[int, Prediction | None] = {}
        task = progress.add_task("writing programs", total=len(examples))
        written = write_programs(self.model.predictor, batches, self.model.n_writers)
        for numbers, batch in zip(chosen, written, strict=True):
            answers.update(zip(numbers, batch, strict=True))
            progress.advance(task, len(numbers))
        return [answers[i] for i in range(len(examples))]

    def _batch(self, examples: Sequence[Example]) -> Batch:
        texts = [example.as_typed if self.as_typed else example.text for example in examples]
        request = self.model.request
        return Batch(texts, None if request is None else [request(one) for one in examples])


# Texts judged as a person's: read as `saps synthesize` reads them, before the model sees them.

_CONTRACTION = re.compile(r"(?<=\w) ' (?=(?:s|t|d|m|re|ll|ve)\b)")


class TypedTextPredictor:
    """Answers texts in free English, with arguments of any names."""

    def __init__(self, predictor: "Predictor") -> None:
        from saps.synthesis.synthesizer import Synthesizer

        self.synthesizer = Synthesizer(predictor, predictor.search)
        self.batch_size = predictor.batch_size

    def predict(
        self, texts: Sequence[str], requests: Sequence[Request] | None = None
    ) -> list[Prediction | None]:
        """Return an answer a text, in order; None where `saps synthesize` would give an error."""
        from saps.synthesis.answer import SynthesisError
        from saps.synthesis.preparation import Task

        known = requests or [NOTHING_KNOWN] * len(texts)
        tasks = [
            # The data's form of a text has taken apart: "what ' s" is "what's".
            Task(_CONTRACTION.sub("'", text), request.examples, request.arguments, request.result)
            for text, request in zip(texts, known, strict=True)
        ]
        answers = self.synthesizer.synthesize_many(tasks, batch_size=self.batch_size)
        return [
            None if isinstance(found, SynthesisError) else Prediction(found.program, found.log_prob)
            for found in answers
        ]


def lettered(example: Example) -> Node:
    """Return the target program with letters for its arguments, as the model is to write it."""
    return example.program.renamed(dict(zip(example.arguments, ARGUMENTS, strict=False)))
