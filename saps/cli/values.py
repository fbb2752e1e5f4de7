"""Values and files that a person hands over: JSON with the place of an error, inputs, examples."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from saps.cli.console import CommandError, cut

if TYPE_CHECKING:
    from saps.lang import Value

Example = tuple[dict[str, Any], Any]

InputOption = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="JSON|@FILE",
        help="""The arguments by name, as one JSON object: '{"a": [3, 8, 1], "b": 2}'; @FILE """
        "reads it from a file, @- from stdin.",
    ),
]
_INPUTS: Final = '{"a": [3, 8, 1], "b": 2}'
_EXAMPLE: Final = """such as '{"a": [1, 2, 3]} -> 6'"""
_MAX_FILE: Final = 64 << 20


def read_json(text: str, of: str) -> Any:
    """Read JSON, or raise a CommandError that calls it `of`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"{of}: not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:  # an int of 5,000 digits; 100,000 brackets
        raise CommandError(f"{of} cannot be read: {error}") from error


# Inputs of a program.


def read_inputs(text: str, option: str = "--input") -> "dict[str, Value]":
    """Read a JSON object that maps the names of arguments to their values, or `@FILE` of one.

    A CommandError names the `option` that the text was typed for, and the place in it.
    """
    if text.startswith("@"):
        option, text = f"{option} {text}", _read_text(text[1:])
    quoted = f"'{_INPUTS}'" if option.startswith("--") else _INPUTS
    try:
        inputs = json.loads(text)
    except json.JSONDecodeError as error:
        before, after = text[max(0, error.pos - 30) : error.pos], text[error.pos : error.pos + 30]
        raise CommandError(
            f"{option} is not JSON: {error.msg} at character {error.pos + 1}\n"
            f"  {(before + after).translate(_ONE_LINE)}\n  {' ' * len(before)}^\n"
            f"Names and strings take double quotes: {option} {quoted}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{option} cannot be read: {error}") from error
    if not isinstance(inputs, dict):
        kinds = {list: "an array", str: "a string", bool: "a truth value", type(None): "null"}
        raise CommandError(
            f"{option} must be a JSON object of arguments by name, such as {_INPUTS}; this is "
            f"{kinds.get(type(inputs), 'a number')}"
        )
    return inputs


_ONE_LINE: Final = str.maketrans("\r\n\t", "   ")


def require_arguments(
    inputs: "Mapping[str, Value]", arguments: Mapping[str, str], option: str = "--input"
) -> None:
    """Raise a CommandError that names all `arguments` (name -> type) without a value."""
    missing = [name for name in arguments if name not in inputs]
    if missing:
        wanted = ", ".join(f"{name} ({arguments[name]})" for name in missing)
        example = "{" + ", ".join(f'"{name}": ...' for name in arguments) + "}"
        example = f"'{example}'" if option.startswith("--") else example
        raise CommandError(f"the program needs a value for {wanted}; give {option} {example}")


# Examples of what a program should do.


def read_example(text: str, option: str = "--example") -> Example:
    """Read `{"a": [1, 2, 3]} -> 6`, typed for `option`, or raise a CommandError."""
    text = text.strip()
    shown = f"{option} {cut(text, 200)!r}"
    try:
        inputs, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):  # the same again, for the words
        inputs, end = read_json(text.partition("->")[0], f"the inputs of {shown}"), 0
    right = text[end:].lstrip()
    if not right.startswith("->"):
        raise CommandError(
            f"{shown} has no '->' after the inputs: expected inputs -> output, {_EXAMPLE}"
        )
    if not isinstance(inputs, dict):
        raise CommandError(f"the inputs of {shown} are not a JSON object, {_EXAMPLE}")
    return inputs, read_json(right[2:], f"the output of {shown}")


def read_examples_file(path: Path) -> list[Example]:
    """Read a file of examples, however it is packed.

    A .csv file has a header with the names of the arguments and `output`. Any other file has JSON
    objects {"input": {...}, "output": ...}, a line each, or one array of them.

    Raises:
        CommandError: a row is no example; the line is named.
        DataError: the file cannot be read, or has a ragged row.
    """
    from saps.data.files import DataError
    from saps.data.table_file import cell_value, is_json, read_table

    examples = []
    has_cells = not is_json(path)
    # A .csv has cells, and text in them that is JSON.
    part = "a column" if has_cells else "a field"
    for line, row in read_table(path):
        if isinstance(row, DataError):
            raise row
        if has_cells:
            values = {name: cell_value(cell) for name, cell in row.items()}
            row = {"input": {k: v for k, v in values.items() if k != "output"}, **values}
        examples.append(_of_row(f"{path}, line {line}", row, part))
    if not examples:
        raise CommandError(f"{path} has no example")
    return examples


def _of_row(of: str, row: dict[str, Any], part: str) -> Example:
    if "output" not in row:
        raise CommandError(f"{of}: expected {part} 'output' beside the inputs")
    if not isinstance(row.get("input"), dict):
        raise CommandError(f'{of}: expected {{"input": {{...}}, "output": ...}}')
    example = row["input"], row["output"]
    try:
        json.dumps(example, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CommandError(
            f"{of}: a text has half of a surrogate pair, not a character; write the whole pair"
        ) from error
    return example


def _read_text(path: str) -> str:
    """Read a file of text, or `-` for stdin."""
    from saps.data.files import open_text

    if path == "-":
        raw = sys.stdin.buffer.read(_MAX_FILE + 1)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise CommandError(f"stdin is not UTF-8 text: byte {error.start + 1}") from error
    else:
        with open_text(Path(path)) as file:
            text = file.read(_MAX_FILE + 1)
    # A file that was meant for something else would fill the memory.
    if len(text) > _MAX_FILE:
        raise CommandError(f"{path} has more than {_MAX_FILE >> 20} MiB: give fewer values")
    return text
