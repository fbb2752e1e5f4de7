"""Inputs as people would try them: negative numbers, zeros, empty arrays, repeats, ties, spaces."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from saps.data.tasks.kinds import Slot
from saps.lang import Limits, Value

_LENGTHS: Final = (0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 8)
_TEXTS: Final = (
    *("the quick brown fox", "Anna and Bob, 3 apples", "level", "hello world", "a-b-c"),
    *("Mississippi", "no. yes! maybe?", "2024-06-01", "user@mail.com", "(a[b]c)", "key=value"),
    "madam",
)
_LETTERS: Final = "aaabbcdeeiorstz"


def draw_inputs(
    types: Mapping[str, str], rng: Random, slots: Mapping[str, Slot] | None = None
) -> dict[str, Value]:
    """Return a value for each argument.

    Args:
        types: name to type.
        rng: makes every choice.
        slots: name to what is known of the values, where something is.

    Arrays of one task have the same length three times in four, and numbers now and then stand in
    the arrays, for people give columns, and positions and elements that are there.
    """
    length = rng.choice(_LENGTHS)
    small = rng.random() < 0.5
    drawn: dict[str, Value] = {}
    for name, kind in types.items():
        slot = (slots or {}).get(name) or Slot(kind)
        own = length if rng.random() < 0.75 else rng.choice(_LENGTHS)
        if "nonempty" in slot.traits:
            own = max(1, own)
        drawn[name] = _value(kind, slot, own, small, rng)
    _let_coincide(types, drawn, slots or {}, rng)
    return drawn


def with_values(
    types: Mapping[str, str], inputs: Mapping[str, Value], values: Sequence[Value], rng: Random
) -> dict[str, Value]:
    """Return inputs that meet some numbers and strings, or come near to them.

    Whether "above 100" means 100 too shows only on an input that has a 100. And numbers now and
    then are what two of an array make together, for what looks for such a pair rarely finds one.

    Args:
        types: of the inputs, by name.
        inputs: one value for each.
        values: numbers and strings; there may be none.
        rng: makes every choice.
    """
    met = dict(inputs)
    for name, value in inputs.items():
        if values and rng.random() < 0.7:
            met[name] = _near(types[name], value, rng.choice(values), rng)
    numbers = [n for n, kind in types.items() if kind == "int[]" and len(met[n]) > 1]  # type: ignore[arg-type]
    for name, kind in types.items():
        if kind == "int" and numbers and rng.random() < 0.5:
            array: Any = met[rng.choice(numbers)]
            first, second = rng.sample(array, 2)
            met[name] = rng.choice((first + second, first + second, first - second))
    return met


def _near(kind: str, value: Value, other: Value, rng: Random) -> Value:
    """Return a value that is, holds, or nearly is another; itself where the types differ."""
    if isinstance(value, list):
        if not value:
            return value
        place = rng.randrange(len(value))
        element = _near(kind.removesuffix("[]"), value[place], other, rng)
        return [*value[:place], element, *value[place + 1 :]]
    if kind == "string" and isinstance(other, str):
        return rng.choice((other, f"{value}{other}", f"{other}{value}", f"{value}{other}{value}"))
    if kind in ("int", "float") and type(other) is int:
        return other + rng.choice((0, 0, 1, -1))
    return value


def _value(kind: str, slot: Slot, length: int, small: bool, rng: Random) -> Value:
    if kind == "int[][]" or kind == "string[][]":
        rows = min(max(length, 1) if "nonempty" in slot.traits else length, 4)
        width = rows if "square" in slot.traits else rng.randint(1, 4)
        is_rect = bool(slot.traits & {"rect", "square"}) or rng.random() < 0.4
        widths = [width if is_rect else rng.randint(0, 4) for _ in range(rows)]
        return [[_scalar(kind[:-4], slot, small, rng) for _ in range(w)] for w in widths]
    if kind.endswith("[]"):
        values = [_scalar(kind[:-2], slot, small, rng) for _ in range(length)]
        if len(values) > 2 and rng.random() < 0.5:
            values[rng.randrange(len(values))] = rng.choice(values)
        if len(values) > 1 and rng.random() < 0.15 and kind == "int[]":
            values.sort()
        return values
    return _scalar(kind, slot, small, rng)


def _scalar(kind: str, slot: Slot, small: bool, rng: Random) -> Value:
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "string":
        return _text(slot, rng)
    if kind == "float":
        return round(rng.uniform(-10, 10), 1)
    if slot.bounds is not None:
        low, high = slot.bounds
        return rng.randint(low, min(high, low + 12)) if small else rng.randint(low, high)
    return rng.choice(
        (0, 1, 2, 3, 4, 5, 6, -1, -2, -3, 8, 10) if small else (rng.randint(-30, 60),)
    )


def _text(slot: Slot, rng: Random) -> str:
    if slot.type == "char":
        return rng.choice("aeiostn ,-.x1")
    if slot.type.endswith("[]") and "words" not in slot.traits:
        n_letters = rng.randint(0 if rng.random() < 0.1 else 1, 6)
        return "".join(rng.choice(_LETTERS) for _ in range(n_letters))
    if "letters" in slot.traits or rng.random() < 0.5:
        least = 1 if slot.traits & {"nonempty", "letters"} else 0
        return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(least, 8)))
    if "words" in slot.traits:
        words = ("red", "blue", "an", "apple", "level", "to")
        return " ".join(rng.choice(words) for _ in range(rng.randint(1, 5)))
    return rng.choice(_TEXTS)


def _let_coincide(
    types: Mapping[str, str], drawn: dict[str, Value], slots: Mapping[str, Slot], rng: Random
) -> None:
    """Let a scalar be an element of an array, and two values of one type alike, now and then."""
    for name, kind in types.items():
        if name in slots and slots[name].bounds is not None:
            continue
        holders = [
            value
            for other, value in drawn.items()
            if types[other] == f"{kind}[]" and isinstance(value, list) and value
        ]
        if holders and rng.random() < 0.4:
            drawn[name] = rng.choice(rng.choice(holders))
        elif kind == "int" and holders == [] and rng.random() < 0.3:
            arrays = [v for v in drawn.values() if isinstance(v, list | str)]
            if arrays:
                drawn[name] = rng.randint(0, max(1, len(rng.choice(arrays))))
        twins = [other for other in types if other < name and types[other] == kind]
        if twins and rng.random() < 0.15:
            drawn[name] = drawn[twins[0]]


# Inputs of generated tasks: by type alone, with the coincidences that make questions interesting.

LARGEST_NUMBER = 30
LIMITS = Limits(steps=5_000, depth=110, seconds=60.0, elements=2_000, bits=192)
"""Tight, so that a program too heavy to run fails soon; the wall time must never decide."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def draw_by_type(arguments: Mapping[str, str], largest: int, rng: Random) -> dict[str, Value]:
    """Return a value for each argument.

    Args:
        arguments: name to type.
        largest: numbers that stand alone are at most this; numbers in arrays up to 30.
        rng: decides all.
    """
    inputs: dict[str, Value] = {}
    for name, kind in arguments.items():
        earlier = [inputs[other] for other in inputs if arguments[other] == kind]
        if earlier and rng.random() < 0.15:
            value = rng.choice(earlier)
            if isinstance(value, list) and rng.random() < 0.5:
                value = value[: rng.randint(1, len(value))]
            inputs[name] = value
        else:
            inputs[name] = _draw_value(kind, largest, rng)
    return inputs


def _draw_value(kind: str, largest: int, rng: Random) -> Value:
    if kind == "int":
        return rng.randint(0, largest)
    if kind == "int[]":
        return _draw_numbers(rng)
    if kind == "string":
        return " ".join(_draw_word(rng) for _ in range(rng.choice((1, 1, 2, 3, 4))))
    if kind == "string[]":
        return [_draw_word(rng) for _ in range(rng.randint(3, 8))]
    raise ValueError(f"no inputs of type {kind!r} can be drawn")


def _draw_numbers(rng: Random) -> list[Value]:
    largest = rng.choice((LARGEST_NUMBER, LARGEST_NUMBER, 10))
    n_numbers = rng.randint(5, rng.choice((10, 20)))
    numbers: list[int] = [rng.randint(0, largest) for _ in range(n_numbers)]
    draw = rng.random()
    if draw < 0.08:
        numbers.sort()
    elif draw < 0.12:
        numbers.sort(reverse=True)
    elif draw < 0.16:
        numbers += reversed(numbers)
    elif draw < 0.2:
        numbers = [2 * number for number in numbers]
    return list(numbers)


def _draw_word(rng: Random) -> str:
    word = "".join(rng.choices(_ALPHABET, k=rng.randint(1, 6)))
    return word + word[::-1] if rng.random() < 0.15 else word
