"""Values of AlgoLisp as JSON: the arguments that a user gives, the value that a program returns."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from saps.cli.failure import CommandError
from saps.json_value import jsonable

if TYPE_CHECKING:
    from saps.lang import Value

__all__ = ["jsonable", "read_inputs", "require_arguments", "show_value"]


def read_inputs(text: str) -> "dict[str, Value]":
    """Read `--input`: a JSON object that maps the names of arguments to their values.

    Raises:
        CommandError: the text is no JSON, or no object.
    """
    try:
        inputs = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(_no_json(error)) from error
    except (ValueError, RecursionError) as error:  # an int of 5,000 digits; 100,000 brackets
        raise CommandError(f"--input can not be read: {error}") from error
    if not isinstance(inputs, dict):
        raise CommandError(
            f"--input must be a JSON object of arguments by name, such as "
            f'{{"a": [3, 8, 1], "b": 2}}; this is {_kind(inputs)}'
        )
    return inputs


def require_arguments(inputs: "Mapping[str, Value]", arguments: Mapping[str, str]) -> None:
    """Check that `inputs` has a value for each of `arguments` (name -> type).

    Raises:
        CommandError: some are missing; the message names them all, with their types.
    """
    missing = [name for name in arguments if name not in inputs]
    if missing:
        wanted = ", ".join(f"{name} ({arguments[name]})" for name in missing)
        example = ", ".join(f'"{name}": ...' for name in arguments)
        raise CommandError(f"the program needs a value for {wanted}; give --input '{{{example}}}'")


def show_value(value: "Value") -> str:
    """Return `value` as one line of JSON, for a terminal."""
    return json.dumps(jsonable(value), ensure_ascii=False)


def _no_json(error: json.JSONDecodeError) -> str:
    before = error.doc[max(0, error.pos - 30) : error.pos]
    after = error.doc[error.pos : error.pos + 30]
    line = (before + after).replace("\n", " ")
    return (
        f"--input is not JSON: {error.msg} at character {error.pos + 1}\n"
        f"  {line}\n  {' ' * len(before)}^\n"
        """Names and strings take double quotes: --input '{"a": [3, 8, 1], "b": 2}'"""
    )


def _kind(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")
