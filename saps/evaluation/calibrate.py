"""Fits the confidence of a model on a validation split, and says how well it fits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from math import exp
from pathlib import Path
from typing import Any

from saps.data.algolisp import find_split, read_examples
from saps.data.example import Example
from saps.decoding.calibration import (
    Answer,
    Calibration,
    CalibrationError,
    Fit,
    fit_answers,
)
from saps.decoding.predictor import Predictor
from saps.decoding.synthesizer import Synthesizer
from saps.evaluation.digest import file_digest
from saps.evaluation.judging import Judge
from saps.evaluation.reliability import Bin, bins_of, calibration_error
from saps.evaluation.settings import EvaluationError, usable_cores
from saps.evaluation.undeclared import answers_to_texts_alone
from saps.lang import Limits
from saps.model.bundle import WEIGHTS, find_bundle, load_bundle, save_calibration


@dataclass(frozen=True, slots=True)
class Findings:
    """What a calibration found on one kind of texts.

    Attributes:
        fit: on all answers.
        before: answers by the probability of their tree.
        after: answers by their confidence, each half's from a fit on the other half.
        data: name and digest of the file, and how many tasks of it count.
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
                "before": [_bin_fields(part) for part in self.before],
                "after": [_bin_fields(part) for part in self.after],
            },
        }


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What `calibrate` did.

    Attributes:
        declared: found on texts that give their arguments.
        undeclared: found on texts that give none; None where no such tasks were given.
        path: the file that now holds both.
    """

    declared: Findings
    undeclared: Findings | None
    path: Path


def calibrate(
    data: Path,
    model: Path | None = None,
    *,
    undeclared: Path | None = None,
    threshold: float = 0.5,
    limit: int | None = None,
    workers: int | None = None,
) -> Calibrated:
    """Have a model answer the validation split; fit, and write the fit into the model's folder.

    Args:
        data: a folder with a dev split, or a file of tasks with tests.
        model: folder of a model; None for the bundled one.
        undeclared: a file of tasks whose texts do not say what their arguments are, for a fit of
            their own. None keeps the one that was made for these weights, if there is one.
        threshold: of `Calibration.threshold`.
        limit: take the first so many tasks of `data`.
        workers: processes that run programs; None for one a core.

    Raises:
        DataError, BundleError: the tasks or the model can not be read.
        EvaluationError: there is no task with tests, or none in `undeclared` that gives no
            arguments.
        CalibrationError: the answers are all right or all wrong.
    """
    folder = find_bundle(model)
    bundle, n_workers = load_bundle(folder), workers or usable_cores()
    # Without a calibration: an old one may be damaged, and has no part in the new one.
    predictor = Predictor(replace(bundle, calibration=None))
    file = find_split(data, "dev")
    # First, for it takes seconds to find fault with, and the other minutes.
    guessed = None if undeclared is None else _find_undeclared(undeclared, predictor, n_workers)
    found = _find_declared(file, limit, predictor, n_workers)
    content = found.to_json() | {"weights": file_digest(folder / WEIGHTS)}
    content["fit"]["threshold"] = threshold
    if guessed is not None:
        content["undeclared"] = guessed.to_json()
    elif kept := _undeclared_part(bundle.calibration, content["weights"]):
        content["undeclared"] = kept
    return Calibrated(found, guessed, save_calibration(content, folder))


def _find_declared(file: Path, limit: int | None, predictor: Predictor, n_workers: int) -> Findings:
    examples = _with_tests(file, limit)
    answers = [
        Answer(result.log_prob, result.predicted.size, result.verdict.passes())
        for result in Judge(predictor, 64, Limits(), n_workers).results(examples)
        if result.predicted is not None and result.log_prob is not None
    ]
    return find(answers, _about(file, len(examples)))


def _find_undeclared(file: Path, predictor: Predictor, n_workers: int) -> Findings:
    synthesizer, examples = Synthesizer(predictor), _with_tests(file, None)
    answers = answers_to_texts_alone(synthesizer, examples, limits=Limits(), n_workers=n_workers)
    if not answers:
        raise EvaluationError(
            f"{file}: every text says what its arguments are; give tasks whose texts do not, such "
            "as 'the average of the prices'"
        )
    return find(answers, _about(file, len(answers)))


def _undeclared_part(old: Mapping[str, Any] | None, weights: str) -> Mapping[str, Any] | None:
    """Return the part of an old calibration on texts without arguments, if made for the weights."""
    if old is None or old.get("weights") != weights:
        return None
    try:
        known = Calibration.from_json(old)
    except CalibrationError:
        return None
    return None if known.undeclared is None else old["undeclared"]


def _with_tests(file: Path, limit: int | None) -> list[Example]:
    examples = [task for task in islice(read_examples(file), limit) if task.tests]
    if not examples:
        raise EvaluationError(f"{file} has no task with tests to judge a program by")
    return examples


def _about(file: Path, n: int) -> dict[str, Any]:
    return {"file": file.name, "sha256": file_digest(file), "n": n}


def find(answers: Sequence[Answer], data: dict[str, Any]) -> Findings:
    """Fit answers; judge the fit by halves.

    Args:
        answers: to the tasks.
        data: file and number of tasks; see `Findings`.

    Raises:
        CalibrationError: the answers of a half are all right or all wrong.
    """
    try:
        return _find(answers, data)
    except CalibrationError as error:
        raise CalibrationError(f"{data['file']}: {error}") from error


def _find(answers: Sequence[Answer], data: dict[str, Any]) -> Findings:
    halves = (answers[::2], answers[1::2])
    confident = [
        (fit.confidence(answer.log_prob, answer.size), answer.is_right)
        for fit, half in (
            (fit_answers(halves[1]), halves[0]),
            (fit_answers(halves[0]), halves[1]),
        )
        for answer in half
    ]
    return Findings(
        fit_answers(answers),
        bins_of((min(1.0, exp(answer.log_prob)), answer.is_right) for answer in answers),
        bins_of(confident),
        data,
    )


def _bin_fields(part: Bin) -> dict[str, Any]:
    fields = asdict(part)
    rate = part.passed
    return {**fields, "passed": rate.count, "n": rate.n}
