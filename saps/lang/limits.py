"""What one run of a program may use, and the meter that watches it."""

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, NamedTuple

from saps.lang.errors import CallDepthError, SizeLimitError, StepLimitError, TimeLimitError

_CHUNK: Final = 2_000  # steps between two looks at the clock


@dataclass(frozen=True, slots=True)
class Limits:
    """Each limit ends a run with its own kind of error; see `errors.LimitError`.

    Attributes:
        steps: evaluation steps. A call of a lambda costs the nodes of its body; a function that
            walks an array costs its length, one that copies a sixteenth of it.
        depth: calls of lambdas within calls of lambdas.
        seconds: wall time, looked at every few thousand steps.
        elements: elements and characters in one value, those of inner arrays included; an integer
            of more than 64 bits counts as one for each 64.
        nesting: arrays within arrays.
        bits: of one integer.
    """

    steps: int = 1_000_000
    depth: int = 1_000
    seconds: float = 1.0
    elements: int = 1_000_000
    nesting: int = 100
    bits: int = 4_096

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not getattr(self, name) > 0:
                raise ValueError(f"limit {name} is {getattr(self, name)!r}, expected more than 0")


class Meter:
    """What one run has left. Steps are handed out in chunks; the clock is read between chunks.

    Belongs to one run at a time: the interpreter never shares a meter between threads.

    Attributes:
        is_deep: the program is compiled as generators; see `compiler`.
        n_nested: how many of the runs of generators that serve a function of the table are going
            on, one inside of the other.
    """

    __slots__ = (
        *("_depth", "_first", "_known", "_rest", "bits", "bound", "calls", "deadline"),
        *("elements", "is_deep", "limits", "n_nested", "reserve", "steps"),
    )

    def __init__(self, limits: Limits, *, is_deep: bool = False) -> None:
        self.limits = limits
        self.is_deep = is_deep
        self.bits = limits.bits
        self.bound = 1 << limits.bits
        self.elements = limits.elements
        self._first = min(_CHUNK, limits.steps)
        self._rest = limits.steps - self._first
        self._depth = limits.depth
        self._known: dict[int, _Measure] = {}
        self.reset(0)

    def reset(self, steps: int, deadline: float = 0.0) -> None:
        """Begin a run, and use up the first steps; one that repeats another ends in its time."""
        self.steps = self._first - steps
        self.reserve = self._rest
        self.deadline = deadline  # 0.0: not started; the first chunk alone needs no clock
        self.calls = self._depth
        self.n_nested = 0
        if self._known:
            self._known = {}
        if self.steps < 0:
            self.refill()

    def charge(self, steps: int) -> None:
        """Use up steps."""
        self.steps -= steps
        if self.steps < 0:
            self.refill()

    def refill(self) -> None:
        """Hand out the next chunk, if steps and time allow.

        Raises:
            StepLimitError: no steps are left.
            TimeLimitError: the time is over.
        """
        now = perf_counter()
        if self.deadline == 0.0:
            self.deadline = now + self.limits.seconds
        if now > self.deadline:
            raise TimeLimitError(f"ran longer than {self.limits.seconds} s")
        while self.steps < 0:
            if self.reserve <= 0:
                raise StepLimitError(f"took more than {self.limits.steps} steps")
            chunk = max(min(_CHUNK, self.reserve), min(-self.steps, self.reserve))
            self.reserve -= chunk
            self.steps += chunk

    def too_deep(self) -> CallDepthError:
        return CallDepthError(f"calls are nested deeper than {self.limits.depth}")

    def too_many_bits(self, n_bits: int) -> SizeLimitError:
        return SizeLimitError(f"an integer of {n_bits} bits is larger than {self.bits}")

    def check_length(self, n_elements: int) -> None:
        """Refuse an array or string of this many elements or characters; charge for its making."""
        if n_elements > self.elements:
            raise SizeLimitError(
                f"a value of {n_elements} elements or characters is larger than {self.elements}"
            )
        if n_elements > 64:
            self.charge(n_elements >> 4)

    def check_bounds(self, number: Any) -> Any:
        """Refuse an integer of too many bits; the sum of numbers that were checked is no work."""
        return number if -self.bound < number < self.bound else self.check_number(number)

    def check_number(self, number: Any) -> Any:
        """Refuse an integer of too many bits; charge for a large one."""
        if type(number) is int:
            n_bits = number.bit_length()
            if n_bits > self.bits:
                raise self.too_many_bits(n_bits)
            self.charge(n_bits >> 6)
        return number

    def weigh_sum(self, whole: Any, *parts: Any) -> None:
        """As `weigh`, for a value that was just put together from these parts.

        The parts, if they are new, were weighed before: an array that grows in a loop is not
        weighed from scratch each time.
        """
        measures = [self.weigh(part) for part in parts]
        n_elements = 1 + sum(measure.n_elements for measure in measures)
        height = max(measures[0].height, *(measure.height + 1 for measure in measures[1:]))
        self._note(whole, n_elements, height)

    def weigh(self, value: Any) -> "_Measure":
        """Refuse a value whose elements, inner ones included, are too many or nested too deep."""
        kind = type(value)
        if kind is str:
            return _Measure(value, len(value), 0)
        if kind is int:
            return _Measure(value, extra_size(value), 0)
        if kind is not list and kind is not dict:
            return _SCALAR
        known = self._known.get(id(value))
        if known is not None and known.value is value:
            return known
        self.charge(1 + (len(value) >> 4))
        inner = value if kind is list else [*value.keys(), *value.values()]
        if is_flat(inner):
            return _Measure(value, len(inner), 1)
        if set(map(type, inner)) == {str}:
            return self._note(value, len(inner) + sum(map(len, inner)), 1)
        n_elements, height = len(inner), 1
        for element in inner:
            measure = self.weigh(element)
            n_elements += measure.n_elements
            height = max(height, measure.height + 1)
            if n_elements > self.elements or height > self.limits.nesting:
                break
        return self._note(value, n_elements, height)

    def _note(self, value: Any, n_elements: int, height: int) -> "_Measure":
        """Remember a measure; keeping the value as well, since ids are used anew."""
        if n_elements > self.elements:
            raise SizeLimitError(
                f"a value has more than {self.elements} elements or characters altogether"
            )
        if height > self.limits.nesting:
            raise SizeLimitError(f"arrays are nested deeper than {self.limits.nesting}")
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        measure = self._known[id(value)] = _Measure(value, n_elements, height)
        return measure


class _Measure(NamedTuple):
    """The elements and characters of a value, inner ones included, and how deep it is nested."""

    value: Any
    n_elements: int
    height: int


_SCALAR: Final = _Measure(None, 0, 0)
_SCALARS: Final = frozenset({int, float, bool})
_MAX_KNOWN: Final = 64
WORD: Final = 1 << 64


def is_flat(values: Any) -> bool:
    """Whether all elements of an array are truth values or numbers of at most 64 bits.

    A few passes in C, since nearly all arrays are of that sort; NaN, which compares with nothing,
    makes the answer no.
    """
    if not _SCALARS.issuperset(map(type, values)):
        return False
    return not values or -WORD < min(values) <= max(values) < WORD


def extra_size(number: int) -> int:
    """What an integer counts for in an array, beyond the one of being an element."""
    return 0 if -WORD < number < WORD else (number.bit_length() - 1) >> 6


def n_elements(
    value: Any, levels: float = math.inf, known: dict[int, float] | None = None
) -> float:
    """Count what a value holds, as `Limits.elements` does; infinite if it is nested too deep."""
    kind = type(value)
    if kind is str:
        return len(value)
    if kind is int:
        return extra_size(value)
    if kind is not list and kind is not dict:
        return 0
    if levels <= 0:
        return math.inf
    known = {} if known is None else known
    if id(value) not in known:  # each array once, in how many places it may be
        inner = value if kind is list else [*value, *value.values()]
        total: float = len(inner)
        if not is_flat(inner):
            for element in inner:
                total += n_elements(element, levels - 1, known)
                if total == math.inf:
                    break
        known[id(value)] = total
    return known[id(value)]
