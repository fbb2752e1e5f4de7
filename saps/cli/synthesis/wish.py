"""What a user asks for besides the text: types of arguments and of the value, examples."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from saps.cli.failure import CommandError
from saps.cli.synthesis.checking import check_argument

Example = tuple[dict[str, Any], Any]

_EXAMPLE = """such as '{"a": [1, 2, 3]} -> 6'"""


def read_argument(text: str, option: str = "--arg") -> tuple[str, str]:
    """Read `a=int[]`.

    Args:
        text: what was typed.
        option: what it was typed for, as a message names it.

    Raises:
        CommandError: it is no name and type, or no argument can have these.
    """
    name, found, kind = (part.strip() for part in text.partition("="))
    if not (name and found and kind):
        raise CommandError(f"{option} {text!r}: expected a name and a type, such as a=int[]")
    check_argument(name, kind)
    return name, kind


def read_arguments(texts: Iterable[str]) -> dict[str, str]:
    """Read `a=int[]` and the like.

    Raises:
        CommandError: one is no name and type, a name is given two types, or two names differ in
            case alone.
    """
    found: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for name, kind in map(read_argument, texts):
        if found.setdefault(name, kind) != kind:
            raise CommandError(f"argument {name} is declared as {found[name]} and as {kind}")
        if (first := spelled.setdefault(name.lower(), name)) != name:
            raise CommandError(f"arguments {first} and {name} differ in case alone; rename one")
    return found


def read_example(text: str, option: str = "--example") -> Example:
    """Read `{"a": [1, 2, 3]} -> 6`.

    Args:
        text: what was typed.
        option: what it was typed for, as a message names it.

    Raises:
        CommandError: it is not of that form.
    """
    text = text.strip()
    try:
        inputs, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):  # the same again, for the words
        inputs, end = _json(text.partition("->")[0], f"the inputs of {option} {text!r}"), 0
    right = text[end:].lstrip()
    if not right.startswith("->"):
        raise CommandError(
            f"{option} {text!r} has no '->' after the inputs: expected inputs -> output, {_EXAMPLE}"
        )
    if not isinstance(inputs, dict):
        raise CommandError(f"the inputs of {option} {text!r} are no JSON object, {_EXAMPLE}")
    return inputs, _json(right[2:], f"the output of {option} {text!r}")


def read_examples_file(path: Path) -> list[Example]:
    """Read a file of examples.

    A .csv file has a header with the names of the arguments and `output`, and values as JSON; one
    that is no JSON is a string. Any other file has JSON lines, {"input": {...}, "output": ...}.

    Raises:
        CommandError: a line is not of that form; it is named.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8 text: byte {error.start + 1}") from error
    read = _read_csv if path.suffix.lower() == ".csv" else _read_lines
    examples = list(read(path, text))
    if not examples:
        raise CommandError(f"{path} has no example")
    return examples


def _read_lines(path: Path, text: str) -> Iterator[Example]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        fields = _json(line, f"{path}, line {number}")
        if not isinstance(fields, dict) or not isinstance(fields.get("input"), dict):
            raise CommandError(
                f'{path}, line {number}: expected {{"input": {{...}}, "output": ...}}'
            )
        if "output" not in fields:
            raise CommandError(f'{path}, line {number} has no "output"')
        yield fields["input"], fields["output"]


def _read_csv(path: Path, text: str) -> Iterator[Example]:
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    header = [name.strip() for name in next(rows, [])]
    if header.count("output") != 1 or len(set(header)) != len(header):
        raise CommandError(
            f"{path}, line 1: expected the names of the arguments and one column 'output', each "
            f"once; found {', '.join(header) or 'nothing'}"
        )
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            raise CommandError(
                f"{path}, line {rows.line_num} has {len(row)} values for {len(header)} columns; an "
                'array takes double quotes: "[1, 2]"'
            )
        values = {name: _plain(value) for name, value in zip(header, row, strict=True)}
        output = values.pop("output")
        yield values, output


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _json(text: str, of: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"{of}: not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{of} can not be read: {error}") from error
