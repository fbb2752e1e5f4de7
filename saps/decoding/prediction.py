"""What a search answers."""

from dataclasses import dataclass

from saps.lang import Node


@dataclass(frozen=True, slots=True)
class Prediction:
    """A program and its log-probability under the model: natural log, summed over its nodes.

    Attributes:
        program: the tree.
        log_prob: at most 0; the model's own, whatever the search did to find the program.
        passed: for each example of the request, whether the program computes its output; None
            where the search has not run it.
    """

    program: Node
    log_prob: float
    passed: tuple[bool, ...] | None = None
