"""How far a model's probabilities can be believed: a fit, and the confidence that comes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, Final

N_BINS: Final = 10
_FIELDS: Final = ("scale", "size", "bias", "threshold")


class CalibrationError(ValueError):
    """A calibration can not be read or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer on a validation split: the tree's log-probability and nodes, and the truth."""

    log_prob: float
    size: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic fit of being right on how likely and how large the tree is.

    The confidence is 1 / (1 + exp(-z)) with z = bias - scale * log(1 - log_prob) - size *
    log(nodes). It falls as the tree gets less likely, for scale is kept at 0 or more.

    Source: Platt 1999 (probabilistic outputs for support vector machines), on two features.
    Differs: the features.

    Attributes:
        scale, size, bias: see above.
        threshold: a confidence below it is called unsure.
    """

    scale: float
    size: float
    bias: float
    threshold: float

    def confidence(self, log_prob: float, n_nodes: int) -> float:
        """Return the probability, in [0, 1], that a tree does what its text says."""
        x, y = _features(log_prob, n_nodes)
        return _sigmoid(self.bias - self.scale * x - self.size * y)

    def is_sure(self, confidence: float | None) -> bool | None:
        return None if confidence is None else confidence >= self.threshold

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Calibration":
        """Read what `saps calibrate` wrote.

        Raises:
            CalibrationError: a number is missing.
        """
        found = fields.get("fit")
        if not isinstance(found, Mapping) or not all(
            isinstance(found.get(name), int | float) for name in _FIELDS
        ):
            raise CalibrationError(
                f"the model's calibration has no numbers {', '.join(_FIELDS)}; "
                "'saps calibrate' makes it anew"
            )
        return cls(*(float(found[name]) for name in _FIELDS))

    def to_json(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in _FIELDS}


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence.

    Attributes:
        low, high: bounds of the confidence; high belongs to the last bin alone.
        n: answers.
        n_right: those of them that are right.
        mean: of their confidences; None where there is none.
    """

    low: float
    high: float
    n: int
    n_right: int
    mean: float | None


def fit_calibration(
    answers: Sequence[Answer], *, threshold: float = 0.5, n_steps: int = 100
) -> Calibration:
    """Fit by Newton's method, with a little weight decay so that separable answers end too.

    Raises:
        CalibrationError: the answers are all right or all wrong, or there is none.
    """
    n_right = sum(answer.is_right for answer in answers)
    if not 0 < n_right < len(answers):
        raise CalibrationError(
            f"{n_right} of {len(answers)} answers are right: a calibration needs right and wrong "
            "ones; take a larger validation split"
        )
    import numpy as np

    rows = [(1.0, *(-f for f in _features(a.log_prob, a.size))) for a in answers]
    x, y = np.array(rows), np.array([float(a.is_right) for a in answers])
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
    return Calibration(max(scale, 0.0), size, bias, threshold)


def reliability(pairs: Iterable[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Sort (probability, is right) into ten bins.

    Source: DeGroot & Fienberg 1983, as in Guo et al. 2017, Sec. 2.
    """
    members: list[list[tuple[float, bool]]] = [[] for _ in range(N_BINS)]
    for p, is_right in pairs:
        members[min(N_BINS - 1, int(p * N_BINS))].append((p, is_right))
    return tuple(
        Bin(
            place / N_BINS,
            (place + 1) / N_BINS,
            len(found),
            sum(is_right for _, is_right in found),
            sum(p for p, _ in found) / len(found) if found else None,
        )
        for place, found in enumerate(members)
    )


def calibration_error(bins: Iterable[Bin]) -> float:
    """Return the expected calibration error, in [0, 1]; 0 where there is no answer.

    Source: Guo et al. 2017, Eq. (3).
    """
    gaps = [(b.n, abs(b.n_right / b.n - b.mean)) for b in bins if b.mean is not None]
    n = sum(count for count, _ in gaps)
    return sum(count * gap for count, gap in gaps) / n if n else 0.0


def _features(log_prob: float, n_nodes: int) -> tuple[float, float]:
    return log(1 - min(0.0, log_prob)), log(n_nodes)


def _sigmoid(z: float) -> float:
    return 1 / (1 + exp(-max(-50.0, min(50.0, z))))
