"""Fits the confidence of a model on a validation split, and says how well it fits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from math import exp
from pathlib import Path
from typing import Any

from saps.data.algolisp import find_split, read_examples
from saps.evaluation.answering import Judge, Model
from saps.evaluation.evaluation_settings import EvaluationError
from saps.evaluation.metrics import Bin, bins_of, calibration_error
from saps.evaluation.report import ModelSource, file_digest, folder_digest
from saps.lang import Limits
from saps.resources import usable_cores
from saps.synthesis.calibration import Answer, CalibrationError, Fit, fit_answers


@dataclass(frozen=True, slots=True)
class Findings:
    """What a calibration found: the `fit` is on all answers.

    `before` has the answers by the probability of their tree, `after` by their confidence, each
    half's from a fit on the other half; `data` is name and digest of the file, and how many tasks.
    """

    fit: Fit
    before: tuple[Bin, ...]
    after: tuple[Bin, ...]
    data: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "fit": self.fit.to_json(),
            "data": self.data,
            "calibration_error": {
                "before": calibration_error(self.before),
                "after": calibration_error(self.after),
            },
            "reliability": {
                when: [
                    {**asdict(part), "passed": part.passed.count, "n": part.passed.n}
                    for part in bins
                ]
                for when, bins in (("before", self.before), ("after", self.after))
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

    The tasks are the first `limit` of a folder with a dev split, or of a file. `threshold` is that
    of `Calibration`; so many workers run programs, one a core if not given.

    Returns:
        What was found, and the file that has it now.

    Raises:
        DataError, BundleError: the tasks or the model cannot be read.
        EvaluationError: there is no task with tests.
        CalibrationError: the answers are all right or all wrong.
    """
    from saps.model.bundle import WEIGHTS, find_bundle, load_bundle, save_calibration
    from saps.synthesis.predictor import Predictor

    folder = find_bundle(model)
    # Without a calibration: an old one may be damaged, and has no part in the new one.
    predictor = Predictor(replace(load_bundle(folder), calibration=None))
    file = find_split(data, "dev")
    examples = [task for task in islice(read_examples(file), limit) if task.tests]
    if not examples:
        raise EvaluationError(f"{file} has no task with tests to judge a program by")
    judged = Model(predictor, ModelSource(str(folder), folder_digest(folder), None))
    judge = Judge(judged, 64, Limits(), workers or usable_cores())
    answers = [
        Answer(result.log_prob, result.predicted.size, result.verdict.passes())
        for result in judge.results(examples)
        if result.predicted is not None and result.log_prob is not None
    ]
    about = {"file": file.name, "sha256": file_digest(file), "n": len(examples)}
    found = find(answers, about)
    content = found.to_json() | {"weights": file_digest(folder / WEIGHTS)}
    content["fit"]["threshold"] = threshold
    return found, save_calibration(content, folder)


def find(answers: Sequence[Answer], data: dict[str, Any]) -> Findings:
    """Fit answers to tasks of `data`; judge the fit by halves.

    Raises:
        CalibrationError: the answers of a half are all right or all wrong.
    """
    # A fit that is judged on the answers it was made from looks better than it is.
    halves = (answers[::2], answers[1::2])
    try:
        fits = (fit_answers(halves[1]), fit_answers(halves[0]))
        whole = fit_answers(answers)
    except CalibrationError as error:
        raise CalibrationError(f"{data['file']}: {error}") from error
    confident = [
        (fit.confidence(answer.log_prob, answer.size), answer.is_right)
        for fit, half in zip(fits, halves, strict=True)
        for answer in half
    ]
    probable = ((min(1.0, exp(answer.log_prob)), answer.is_right) for answer in answers)
    return Findings(whole, bins_of(probable), bins_of(confident), data)
