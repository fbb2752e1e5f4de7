"""Whether examples can be of one program, and what they say of its types."""

import json
from collections.abc import Mapping, Sequence

from saps.decoding.request import InputOutput
from saps.lang import AlgoLispError, Value
from saps.lang.types import Array
from saps.lang.value_type import type_of_value


class ExampleError(ValueError):
    """Examples are not of one program; the message says which, counted from 1, and why."""


def check_examples(examples: Sequence[InputOutput]) -> None:
    """Look for what no program can satisfy.

    Raises:
        ExampleError: an example has other arguments than the first one, two examples have the
            same inputs and another output, or a value is none of the language, or of another type
            than in the examples before.
    """
    seen: dict[str, int] = {}
    for number, example in enumerate(examples, start=1):
        _check_names(number, example, examples[0])
        key = json.dumps(dict(example.inputs), sort_keys=True, default=repr)
        first = seen.setdefault(key, number)
        if _shown(examples[first - 1].output) != _shown(example.output):
            raise ExampleError(
                f"examples {first} and {number} contradict each other: for {_shown(example.inputs)}"
                f" one gives {_shown(examples[first - 1].output)}, the other "
                f"{_shown(example.output)}; leave one out"
            )


def argument_types(examples: Sequence[InputOutput]) -> dict[str, str]:
    """Return the types of the arguments; "T[]" for one that is an empty array everywhere.

    Raises:
        ExampleError: see `check_examples`.
    """
    names = examples[0].inputs if examples else ()
    return {name: _type(f"argument {name}", [e.inputs[name] for e in examples]) for name in names}


def output_type(examples: Sequence[InputOutput]) -> str:
    """Return the type of the outputs.

    Raises:
        ExampleError: see `check_examples`.
    """
    return _type("the output", [example.output for example in examples])


def is_open(kind: str) -> bool:
    """Whether a type has a variable, as that of an empty array has."""
    return any(character.isupper() for character in kind)


def _check_names(number: int, example: InputOutput, first: InputOutput) -> None:
    if not isinstance(example.inputs, Mapping):
        raise ExampleError(f"the inputs of example {number} are no object of arguments by name")
    if set(example.inputs) != set(first.inputs):
        raise ExampleError(
            f"example {number} has the arguments {_names(example)}, example 1 has "
            f"{_names(first)}; give all examples the same ones"
        )


def _names(example: InputOutput) -> str:
    return ", ".join(example.inputs) or "none"


def _type(of: str, values: Sequence[Value]) -> str:
    known: list[Value] = []
    for number, value in enumerate(values, start=1):
        try:
            type_of_value(value)
        except AlgoLispError as error:
            raise ExampleError(f"{of} in example {number}: {error}") from error
        known.append(value)
        try:
            kind = type_of_value(known)
        except AlgoLispError as error:
            before = type_of_value(known[:-1])
            assert isinstance(before, Array)
            raise ExampleError(
                f"{of} is of type {before.element} in example 1 and "
                f"{type_of_value(value)} in example {number}; no program takes or gives both"
            ) from error
    assert isinstance(kind, Array)
    return str(kind.element)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."
