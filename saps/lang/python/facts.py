"""What is known of a value before it exists, beyond its type: is a number whole, not negative?"""

from dataclasses import dataclass, replace
from typing import Final

from saps.lang.types import INT, Array, Type


@dataclass(frozen=True, slots=True)
class Facts:
    """Each fact is known to hold, or not known.

    Attributes:
        is_whole: an `int`, not a float.
        is_float: a float, not an `int`.
        is_natural: not negative, and not NaN.
        is_ordered: not NaN.
        element: the facts of the elements of an array.
    """

    is_whole: bool = False
    is_float: bool = False
    is_natural: bool = False
    is_ordered: bool = False
    element: "Facts | None" = None

    @property
    def of_element(self) -> "Facts":
        return self.element or ANYTHING


ANYTHING: Final = Facts()
WHOLE: Final = Facts(is_whole=True, is_ordered=True)
NOTHING: Final = Facts(is_whole=True, is_float=True, is_natural=True, is_ordered=True)
"""Of the elements of an empty array: all facts hold, there being none to break them."""
NATURAL: Final = Facts(is_whole=True, is_natural=True, is_ordered=True)


def facts_of_type(kind: Type) -> Facts:
    """What an argument's type promises; one that is declared `int` gets whole numbers."""
    if kind == INT:
        return WHOLE
    if isinstance(kind, Array):
        return Facts(element=facts_of_type(kind.element))
    return ANYTHING


def join(left: Facts, right: Facts) -> Facts:
    """What holds of a value that is one or the other."""
    return Facts(
        left.is_whole and right.is_whole,
        left.is_float and right.is_float,
        left.is_natural and right.is_natural,
        left.is_ordered and right.is_ordered,
        None
        if left.element is None or right.element is None
        else join(left.element, right.element),
    )


def array_of(element: Facts) -> Facts:
    """Of an array whose elements have these facts."""
    return Facts(element=element)


def arithmetic(left: Facts, right: Facts) -> Facts:
    """A sum, product, quotient or remainder; without a promise about the sign."""
    is_whole = left.is_whole and right.is_whole
    return Facts(is_whole=is_whole, is_float=left.is_float or right.is_float, is_ordered=is_whole)


def natural_if(facts: Facts, condition: bool) -> Facts:
    """The facts, with the promise that the number is not negative if the condition holds."""
    return replace(facts, is_natural=True, is_ordered=True) if condition else facts
