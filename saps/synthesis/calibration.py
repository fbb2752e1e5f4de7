"""How far a model's probabilities can be believed: fits, and the confidence that comes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import exp, expm1, isfinite, log
from typing import Any, Final

import numpy as np

from saps.synthesis.faults import Factors

VERSION: Final = 2
"""Of the file; one without a version has no factors, and no answer below which nothing is known."""

_WEIGHTS: Final = ("scale", "size", "bias")
_AGAIN: Final = "'saps calibrate' writes a new one"


class CalibrationError(ValueError):
    """A calibration cannot be read or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: log-probability, nodes, the truth, the share of words that were never read."""

    log_prob: float
    size: int
    is_right: bool
    unknown: float = 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic fit of being right on how likely and how large the tree is.

    The confidence is 1 / (1 + exp(-z)) with
    z = scale * logit(p) - size * log(nodes) - unknown * share + bias, where p is the probability
    and share that of the text's words which the model never read; scale 1 and 0 for the rest leave
    p as it is. It falls as the tree gets less likely or the text stranger, for scale and unknown
    are kept at 0 or more.

    Source: Platt 1999 (probabilistic outputs for support vector machines). Differs: on the logit
    of the model's own probability, and the size of the tree counts too.

    Attributes:
        scale, size, bias, unknown: see above.
    """

    scale: float
    size: float
    bias: float
    unknown: float = 0.0

    def confidence(self, log_prob: float, n_nodes: int, unknown: float = 0.0) -> float:
        """Return the probability, in [0, 1], that a tree does what its text says."""
        x, y = _features(log_prob, n_nodes)
        return _sigmoid(self.bias + self.scale * x - self.size * y - self.unknown * unknown)

    def to_json(self) -> dict[str, float]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a model's answers can be believed.

    Attributes:
        fit: on texts that give their arguments, as those of the data do.
        threshold: a confidence below it is called unsure.
        least: below it there is no answer but "I do not know"; 0 for a model that always answers.
        factors: what it costs a program to leave something out.
        undeclared: on texts that give none, whose arguments are found out; None where there is no
            such fit, and the other one serves them too.
        examples: on programs that compute an example, likewise.
        several: on those that compute two or more; None where the one for an example serves them.
    """

    fit: Fit
    threshold: float
    undeclared: Fit | None = None
    examples: Fit | None = None
    several: Fit | None = None
    least: float = 0.0
    factors: Factors = field(default_factory=Factors)

    def confidence(
        self,
        log_prob: float,
        n_nodes: int,
        unknown: float = 0.0,
        *,
        is_declared: bool = True,
        n_examples: int = 0,
    ) -> float:
        """Return the probability, in [0, 1], that a tree does what its text says.

        Args:
            log_prob: of the tree, natural log.
            n_nodes: of the tree.
            unknown: share of the text's words that the model never read.
            is_declared: whether its arguments were given; else they were found out.
            n_examples: that it computes.
        """
        fit = None if is_declared else self.undeclared
        if n_examples:
            fit = (self.several if n_examples > 1 else None) or self.examples
        return (fit or self.fit).confidence(log_prob, n_nodes, unknown)

    def is_sure(self, confidence: float | None) -> bool | None:
        return None if confidence is None else confidence >= self.threshold

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Calibration":
        """Read what `saps calibrate` or `benchmarks/fit_confidence.py` wrote.

        Raises:
            CalibrationError: a number is missing, not finite, or out of its range, or the file is
                of a later version.
        """
        version = fields.get("version", 1)
        if version not in (1, VERSION):
            raise CalibrationError(
                f"the model's calibration is of version {version!r}, this package reads up to "
                f"{VERSION}; install a newer one, or {_AGAIN}"
            )
        threshold, least = _number(fields, "threshold"), 0.0
        if "least" in fields:
            least = _number({"fit": fields}, "least")
        for name, value in (("threshold", threshold), ("least", least)):
            if not 0 <= value <= 1:
                raise CalibrationError(
                    f"the model's calibration has {name} {value:g}, expected 0 to 1; {_AGAIN}"
                )
        try:
            factors = Factors.from_json(fields.get("factors") or {})
        except (AttributeError, ValueError) as error:
            raise CalibrationError(
                f"the model's calibration is damaged: {error}; {_AGAIN}"
            ) from error
        found = cls(_fit(fields), threshold, least=least, factors=factors)
        names = ("undeclared", "examples", "several")
        further = {name: _fit(fields[name]) for name in names if name in fields}
        return replace(found, **further)  # type: ignore[arg-type]


def _fit(fields: object) -> Fit:
    known = {name: _number(fields, name) for name in _WEIGHTS}
    inner = fields["fit"] if isinstance(fields, Mapping) else {}
    return Fit(**known, unknown=_number(fields, "unknown") if "unknown" in inner else 0.0)


def _number(fields: object, name: str) -> float:
    found = fields.get("fit") if isinstance(fields, Mapping) else None
    value = found.get(name) if isinstance(found, Mapping) else None
    if not _is_number(value):
        raise CalibrationError(f"the model's calibration has no number {name}; {_AGAIN}")
    return float(value)  # type: ignore[arg-type]


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
            "ones; use more tasks"
        )
    features = np.array([_features(answer.log_prob, answer.size) for answer in answers])
    strange = np.array([-answer.unknown for answer in answers])
    x = np.column_stack([np.ones(len(answers)), features[:, 0], -features[:, 1], strange])
    y = np.array([float(answer.is_right) for answer in answers])
    # What was the same for all says nothing; a weight that came out below 0 is left out.
    kept = [0, 1, 2, *([3] if strange.any() else [])]
    weights = np.zeros(4)
    weights[kept] = _logistic(x[:, kept], y, n_steps)
    for column in (3, 1):
        if weights[column] < 0:
            kept.remove(column)
            weights = np.zeros(4)
            weights[kept] = _logistic(x[:, kept], y, n_steps)
    bias, scale, size, unknown = (float(w) for w in weights)
    return Fit(scale, size, bias, unknown)


def _logistic(x: np.ndarray, y: np.ndarray, n_steps: int) -> np.ndarray:
    """Return the weights, (K,), of the K columns of x, (N, K), by which y, (N,), is likeliest."""
    weights = np.zeros(x.shape[1])
    decay = np.diag([0.0, *[1e-3] * (x.shape[1] - 1)])
    for _ in range(n_steps):
        p = 1 / (1 + np.exp(-(x @ weights).clip(-50, 50)))
        gradient = x.T @ (p - y) + decay @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + decay + 1e-9 * np.eye(x.shape[1])
        step = np.linalg.solve(hessian, gradient)
        weights -= step * min(1.0, 2.0 / (1e-12 + float(np.abs(step).max())))
        if float(np.abs(step).max()) < 1e-9:
            break
    return weights


def _features(log_prob: float, n_nodes: int) -> tuple[float, float]:
    """Return the logit of the tree's probability, 99.9 % at most, and the log of its size."""
    log_prob = max(-30.0, min(-1e-3, log_prob))
    return log_prob - log(-expm1(log_prob)), log(n_nodes)


def _sigmoid(z: float) -> float:
    return 1 / (1 + exp(-max(-50.0, min(50.0, z))))
