"""Random inputs by type, with the coincidences that make questions interesting."""

from collections.abc import Mapping
from random import Random

from saps.lang import Value

LARGEST_NUMBER = 30
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def draw_inputs(arguments: Mapping[str, str], largest: int, rng: Random) -> dict[str, Value]:
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
            inputs[name] = _altered(rng.choice(earlier), rng)
        else:
            inputs[name] = _draw_value(kind, largest, rng)
    return inputs


def _altered(value: Value, rng: Random) -> Value:
    """Return the value of another argument, or the beginning of it."""
    if isinstance(value, list) and rng.random() < 0.5:
        return value[: rng.randint(1, len(value))]
    return value


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
    word = "".join(rng.choices(_LETTERS, k=rng.randint(1, 6)))
    return word + word[::-1] if rng.random() < 0.15 else word
