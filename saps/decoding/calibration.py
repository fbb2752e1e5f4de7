"""How far a model's probabilities can be believed: fits, and the confidence that comes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, expm1, isfinite, log
from typing import Any, Final

import numpy as np

_WEIGHTS: Final = ("scale", "size", "bias")


class CalibrationError(ValueError):
    """A calibration can not be read or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer on a validation split: the tree's log-probability and nodes, and the truth."""

    log_prob: float
    size: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic fit of being right on how likely and how large the tree is.

    The confidence is 1 / (1 + exp(-z)) with z = scale * logit(p) - size * log(nodes) + bias, where
    p is the tree's probability; scale 1, size 0, bias 0 leave p as it is. It falls as the tree gets
    less likely, for scale is kept at 0 or more.

    Source: Platt 1999 (probabilistic outputs for support vector machines). Differs: on the logit
    of the model's own probability, and the size of the tree counts too.

    Attributes:
        scale, size, bias: see above.
    """

    scale: float
    size: float
    bias: float

    def confidence(self, log_prob: float, n_nodes: int) -> float:
        """Return the probability, in [0, 1], that a tree does what its text says."""
        x, y = _features(log_prob, n_nodes)
        return _sigmoid(self.bias + self.scale * x - self.size * y)

    def to_json(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in _WEIGHTS}


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a model's answers can be believed.

    Attributes:
        fit: on texts that give their arguments, as those of the data do.
        threshold: a confidence below it is called unsure.
        undeclared: on texts that give none, whose arguments the plausible search guesses; None
            where there is no such fit, and the other one serves them too.
    """

    fit: Fit
    threshold: float
    undeclared: Fit | None = None

    def confidence(self, log_prob: float, n_nodes: int, *, is_declared: bool = True) -> float:
        """Return the probability, in [0, 1], that a tree does what its text says.

        Args:
            log_prob: of the tree, natural log.
            n_nodes: of the tree.
            is_declared: whether its arguments were given; else they were guessed.
        """
        guessed = None if is_declared else self.undeclared
        return (guessed or self.fit).confidence(log_prob, n_nodes)

    def is_sure(self, confidence: float | None) -> bool | None:
        return None if confidence is None else confidence >= self.threshold

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Calibration":
        """Read what `saps calibrate` wrote.

        Raises:
            CalibrationError: a number is missing, not finite, or the threshold no probability.
        """
        numbers = _numbers(fields, (*_WEIGHTS, "threshold"))
        if not 0 <= numbers[-1] <= 1:
            raise CalibrationError(
                f"the model's calibration has threshold {numbers[-1]:g}, expected 0 to 1; "
                "'saps calibrate' makes it anew"
            )
        found = cls(Fit(*numbers[:-1]), numbers[-1])
        if "undeclared" not in fields:
            return found
        return replace(found, undeclared=Fit(*_numbers(fields["undeclared"], _WEIGHTS)))


def _numbers(fields: object, names: Sequence[str]) -> list[float]:
    found = fields.get("fit") if isinstance(fields, Mapping) else None
    if not isinstance(found, Mapping) or not all(_is_number(found.get(n)) for n in names):
        raise CalibrationError(
            f"the model's calibration has no numbers {', '.join(names)}; "
            "'saps calibrate' makes it anew"
        )
    return [float(found[name]) for name in names]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def fit_answers(answers: Sequence[Answer], *, n_steps: int = 100) -> Fit:
    """Fit by Newton's method, with a little weight decay so that separable answers end too.

    Raises:
        CalibrationError: the answers are all right or all wrong, or there is none.
    """
    n_right = sum(answer.is_right for answer in answers)
    if not 0 < n_right < len(answers):
        raise CalibrationError(
            f"{n_right} of {len(answers)} answers are right: a calibration needs right and wrong "
            "ones; take more tasks"
        )
    features = np.array([_features(answer.log_prob, answer.size) for answer in answers])
    x = np.column_stack([np.ones(len(answers)), features[:, 0], -features[:, 1]])
    y = np.array([float(answer.is_right) for answer in answers])
    weights = np.zeros(3)
    decay = np.diag([0.0, 1e-3, 1e-3])
    for _ in range(n_steps):
        p = 1 / (1 + np.exp(-(x @ weights).clip(-50, 50)))
        gradient = x.T @ (p - y) + decay @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + decay + 1e-9 * np.eye(3)
        step = np.linalg.solve(hessian, gradient)
        weights -= step * min(1.0, 2.0 / (1e-12 + float(np.abs(step).max())))
        if float(np.abs(step).max()) < 1e-9:
            break
    bias, scale, size = (float(w) for w in weights)
    return Fit(max(scale, 0.0), size, bias)


def _features(log_prob: float, n_nodes: int) -> tuple[float, float]:
    """Return the logit of the tree's probability, 99.9 % at most, and the log of its size."""
    log_prob = max(-30.0, min(-1e-3, log_prob))
    return log_prob - log(-expm1(log_prob)), log(n_nodes)


def _sigmoid(z: float) -> float:
    return 1 / (1 + exp(-max(-50.0, min(50.0, z))))
