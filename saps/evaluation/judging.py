"""Results of a model on tasks: it writes programs, they are run, the seconds are counted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from saps.data.example import Example
from saps.decoding.prediction import Prediction
from saps.decoding.request import Request
from saps.evaluation.execution import Trial, judge_all
from saps.evaluation.metrics import Result
from saps.evaluation.model import TextPredictor
from saps.evaluation.report import Timing
from saps.evaluation.writing import Batch, write_programs
from saps.lang import Limits


@dataclass(slots=True)
class Clock:
    """Seconds spent, by the name of the work."""

    spent_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def on(self, work: str) -> Iterator[None]:
        """Count the time of a `with` block."""
        start = perf_counter()
        yield
        self.spent_s[work] = self.spent_s.get(work, 0.0) + perf_counter() - start

    def timing(self, n: int) -> Timing:
        """Return what was spent on `n` tasks."""
        predicting_s, judging_s = self.spent_s["predicting"], self.spent_s["judging"]
        total_s = predicting_s + judging_s
        return Timing(predicting_s, judging_s, total_s, n / total_s)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges what a model answers.

    Attributes:
        predictor: the model.
        batch_size: texts that it is given at once.
        limits: of each run of a program on one test.
        workers: processes that run programs.
        request: what the model may know of a task besides its text; see `Model.request`.
        writers: processes that write programs, at most; see `Model.n_writers`.
        as_typed: whether the predictor takes texts as people typed them.
    """

    predictor: TextPredictor
    batch_size: int
    limits: Limits
    workers: int
    request: Callable[[Example], Request] | None = None
    writers: int = 1
    as_typed: bool = False

    def results(self, examples: Sequence[Example], clock: Clock | None = None) -> list[Result]:
        """Have a program written for each task; judge it, and the task's own program."""
        clock = clock or Clock()
        with _progress() as progress:
            with clock.on("predicting"):
                predictions = self._predict(examples, progress)
            programs = [None if answer is None else answer.program for answer in predictions]
            trials = [Trial.of(*pair) for pair in zip(programs, examples, strict=True)]
            trials += [Trial.of(example.program, example) for example in examples]
            task = progress.add_task("running programs", total=len(trials))
            with clock.on("judging"):
                verdicts = judge_all(
                    trials,
                    limits=self.limits,
                    n_workers=self.workers,
                    progress=lambda n: progress.advance(task, n),
                )
        golds = verdicts[len(examples) :]
        answered = zip(examples, predictions, verdicts, golds, strict=False)
        return [
            Result(
                example,
                predicted=None if answer is None else answer.program,
                log_prob=None if answer is None else answer.log_prob,
                verdict=verdict,
                gold=gold,
            )
            for example, answer, verdict, gold in answered
        ]

    def _predict(self, examples: Sequence[Example], progress: Progress) -> list[Prediction | None]:
        """Ask for programs a batch at a time, texts of like length together; answers in order."""
        by_length = sorted(range(len(examples)), key=lambda i: len(examples[i].text.split()))
        chosen = [
            by_length[start : start + self.batch_size]
            for start in range(0, len(by_length), self.batch_size)
        ]
        batches = [self._batch([examples[i] for i in numbers]) for numbers in chosen]
        answers: dict[int, Prediction | None] = {}
        task = progress.add_task("writing programs", total=len(examples))
        written = write_programs(self.predictor, batches, self.writers)
        for numbers, batch in zip(chosen, written, strict=True):
            answers.update(zip(numbers, batch, strict=True))
            progress.advance(task, len(numbers))
        return [answers[i] for i in range(len(examples))]

    def _batch(self, examples: Sequence[Example]) -> Batch:
        texts = [example.as_typed if self.as_typed else example.text for example in examples]
        if self.request is None:
            return Batch(texts, None)
        return Batch(texts, [self.request(example) for example in examples])


def _progress() -> Progress:
    """Return bars on stderr, which are drawn on a terminal only."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
