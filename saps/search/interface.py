"""What all searches have in common: what they give, their settings, what they ask of a constraint.

Of the network they know no more than `saps.model.protocols.Scorer`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Protocol, get_args

from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.lang import Node
from saps.model.protocols import Scorer
from saps.search.request import Request


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


class Search(Protocol):
    """A way of finding programs; conf/decoding has one file for each.

    Attributes:
        n_examples: tests of a task that an evaluation may show to the search.
    """

    @property
    def n_examples(self) -> int: ...

    def search(
        self, scorer: Scorer, symbols: SymbolTable, requests: Sequence[Request] | None = None
    ) -> list[list[Prediction]]:
        """Return the programs found for each text, distinct, the best first.

        Args:
            scorer: a network that has read the texts.
            symbols: what its labels mean.
            requests: what is known of each program; None where nothing is.

        Raises:
            RequestTypeError: no program can have the types of a request.
        """
        ...


class Constraint(Protocol):
    """Says which labels may come next; `TypedConstraint` and `ShapeConstraint` are such."""

    def start(self, request: Request) -> Any:
        """Return the empty tree of a request: a `PartialTree`, perhaps one that knows more."""
        ...

    def allowed_many(self, trees: Sequence[Any]) -> Tensor:
        """Return which labels the next node of each tree may have, (R, K) bool, on the CPU."""
        ...

    def first_allowed(self, tree: Any, ranking: Sequence[int]) -> int:
        """Return the first label of a ranking of all that the next node may have.

        It is the first that `allowed_many` has; some is, in a tree that came about by such.
        """
        ...

    def extend(self, tree: Any, label: int) -> Any:
        """Return the tree with its next node labelled."""
        ...


# Settings of a search, as a configuration or a caller gives them.

_KINDS: Final = {int: "a whole number", float: "a number", bool: "true or false"}


def setting(default: Any, holds: Callable[[Any], bool], expected: str) -> Any:
    """A field of a search that `TreeSearch` checks."""
    return field(default=default, metadata={"holds": holds, "expected": expected})


def count(default: int | None) -> Any:
    """A field that is a whole number of at least 1, or None if that is its default."""
    return setting(default, lambda value: value >= 1, "at least 1")


@dataclass(kw_only=True, eq=False)
class TreeSearch:
    """The settings that all searches have. A search is a dataclass, its fields are its settings.

    Attributes:
        typed: whether only well-typed programs are written.
        max_depth: levels of a tree (a lone root has 1).
        max_size: nodes of a tree.

    Raises:
        ValueError: a setting is of another kind or out of range; the message names it.
    """

    n_examples: int = field(default=0, init=False)
    typed: bool = True
    max_depth: int = count(60)
    max_size: int = count(400)

    @property
    def caps(self) -> dict[str, Any]:
        """The settings of another search, or of a constraint, with the same bounds."""
        return {"typed": self.typed, "max_depth": self.max_depth, "max_size": self.max_size}

    def __post_init__(self) -> None:
        for each in fields(self):
            if each.init:
                setattr(self, each.name, _checked(each, getattr(self, each.name)))


def _checked(field_: Any, value: Any) -> Any:
    kind, *others = get_args(field_.type) or (field_.type,)
    if others and value is None:
        return None
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # 1e4 is a float to a configuration
    is_number = isinstance(value, int | float) if kind is float else isinstance(value, kind)
    if not is_number or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{field_.name}={value}: expected {_KINDS[kind]}")
    if "holds" in field_.metadata and not field_.metadata["holds"](value):
        raise ValueError(f"{field_.name}={value}: expected {field_.metadata['expected']}")
    return value
