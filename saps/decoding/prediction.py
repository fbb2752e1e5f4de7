"""What a decoder answers."""

from dataclasses import dataclass

from saps.lang import Node


@dataclass(frozen=True, slots=True)
class Prediction:
    """A program and its log-probability under the model: natural log, summed over its nodes."""

    program: Node
    log_prob: float
