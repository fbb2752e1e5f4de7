"""What a training step minimises."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """The loss of a batch, in nats a node (or a token, where the network writes tokens).

    Attributes:
        total: scalar.
        parts: name to scalar, what `total` is made of; empty where there is one part alone.
    """

    total: Tensor
    parts: Mapping[str, Tensor] = field(default_factory=dict)
