"""Fits the confidence of a model on a validation split, and says how well it fits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from math import exp
from pathlib import Path
from typing import Any

from saps.data.algolisp import find_split, read_examples
from saps.decoding.calibration import Answer, Calibration, fit_calibration
from saps.decoding.predictor import Predictor
from saps.evaluation.digest import file_digest
from saps.evaluation.judging import Judge
from saps.evaluation.reliability import Bin, bins_of, calibration_error
from saps.evaluation.settings import EvaluationError, usable_cores
from saps.lang import Limits
from saps.model.bundle import find_bundle, load_bundle, save_calibration


@dataclass(frozen=True, slots=True)
class Findings:
    """What a calibration found.

    Attributes:
        calibration: fitted on all answers.
        before: answers by the probability of their tree.
        after: answers by their confidence, each half's from a fit on the other half.
        data: name and digest of the file, and how many tasks of it.
    """

    calibration: Calibration
    before: tuple[Bin, ...]
    after: tuple[Bin, ...]
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "fit": self.calibration.to_json(),
            "data": self.data,
            "calibration_error": {
                "before": calibration_error(self.before),
                "after": calibration_error(self.after),
            },
            "reliability": {
                "before": [_bin_fields(part) for part in self.before],
                "after": [_bin_fields(part) for part in self.after],
            },
        }


def calibrate(
    data: Path,
    model: Path | None = None,
    *,
    threshold: float = 0.5,
    limit: int | None = None,
    workers: int | None = None,
) -> tuple[Findings, Path]:
    """Have a model answer the validation split; fit, and write the fit into the model's folder.

    Args:
        data: a folder with a dev split, or a file of tasks with tests.
        model: folder of a model; None for the bundled one.
        threshold: of `Calibration.threshold`.
        limit: take the first so many tasks.
        workers: processes that run programs; None for one a core.

    Returns:
        What was found, and the file that now holds it.

    Raises:
        DataError, BundleError: the tasks or the model can not be read.
        EvaluationError: there is no task with tests.
        CalibrationError: the answers are all right or all wrong.
    """
    file = find_split(data, "dev")
    folder = find_bundle(model)
    judge = Judge(Predictor(load_bundle(folder)), 64, Limits(), workers or usable_cores())
    examples = [task for task in islice(read_examples(file), limit) if task.tests]
    if not examples:
        raise EvaluationError(f"{file} has no task with tests to judge a program by")
    answers = [
        Answer(result.log_prob, result.predicted.size, result.verdict.passes())
        for result in judge.results(examples)
        if result.predicted is not None and result.log_prob is not None
    ]
    about = {"file": file.name, "sha256": file_digest(file), "n": len(examples)}
    findings = find(answers, threshold, about)
    return findings, save_calibration(findings.to_json(), folder)


def find(answers: Sequence[Answer], threshold: float, data: dict[str, Any]) -> Findings:
    """Fit answers; judge the fit by halves."""
    halves = (answers[::2], answers[1::2])
    confident = [
        (fit.confidence(answer.log_prob, answer.size), answer.is_right)
        for fit, half in (
            (fit_calibration(halves[1]), halves[0]),
            (fit_calibration(halves[0]), halves[1]),
        )
        for answer in half
    ]
    return Findings(
        fit_calibration(answers, threshold=threshold),
        bins_of((min(1.0, exp(answer.log_prob)), answer.is_right) for answer in answers),
        bins_of(confident),
        data,
    )


def _bin_fields(part: Bin) -> dict[str, Any]:
    fields = asdict(part)
    rate = part.passed
    return {**fields, "passed": rate.count, "n": rate.n}
