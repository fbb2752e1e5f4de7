"""Tables that people have: the rows of a .csv, .tsv, .jsonl or .json file, and what columns hold.

A cell of a .csv is a number, a truth value, JSON, or else words, by what it looks like. What a
whole column holds is found out by reading all of it.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from saps.data.files import DataError, bounded, holds_no, open_text, read_lines
from saps.lang import AlgoLispError, Value
from saps.lang.unify import type_of_value

Cells: TypeAlias = dict[str, Any]

_CSV: Final = frozenset({".csv", ".tsv"})
_JSON: Final = frozenset({".json", ".jsonl", ".ndjson"})
_SPREADSHEETS: Final = frozenset({".xlsx", ".xls", ".ods"})
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
# 007 is not a number: a post code would lose its zeros.
_PADDED: Final = re.compile(r"[+-]?0\d")
_LONGEST_NUMBER: Final = 1_000  # characters
_LONGEST_LINE: Final = 1_000_000  # of a .csv; its cells take many times as much memory


def read_table(path: Path, of: str = "row") -> Iterator[tuple[int, Cells | DataError]]:
    """Stream the rows, each with the line at which it ends, or begins in JSON.

    A .csv or .tsv has a header; commas, semicolons and tabs part its cells, whichever the header
    has most of. JSON is an object a row, in lines or in one array, or one object of columns. All
    may be packed, and in UTF-8 (with a byte order mark or without) or UTF-16; see `read_lines`.
    `of` is what the rows are, for a file that holds none.

    Yields:
        Cells by the names of the columns, those of a .csv as text; or what is wrong with the row.

    Raises:
        DataError: the file cannot be read, its header names no columns, or its quotes are broken:
            from there on nothing can be told apart.
    """
    if path.suffix.lower() in _SPREADSHEETS:  # otherwise taken for a broken .zip
        raise DataError(path, "is a spreadsheet; save it as .csv")
    yield from (_json_rows if is_json(path) else _csv_rows)(path, of)


def is_json(path: Path) -> bool:
    """Tell whether a table is JSON: by its name, or else by how it begins."""
    endings = {ending.lower() for ending in path.suffixes}
    if endings & (_CSV | _JSON):
        return not endings & _CSV
    with open_text(path) as file:
        return file.read(1_000).lstrip("\ufeff \t\r\n")[:1] in ("[", "{")


def delimiter_of(header: str, path: Path) -> str:
    """Return what parts the cells of a .csv: a spreadsheet takes what its country leaves free."""
    if ".tsv" in path.suffixes:
        return "\t"
    return max(",;\t", key=re.sub(r'"[^"]*"', "", header).count)


def _csv_rows(path: Path, of: str) -> Iterator[tuple[int, Cells | DataError]]:
    with open_text(path) as file:
        lines = bounded(file.readline, path, _LONGEST_LINE)
        if not (header := next(lines, "").removeprefix("\ufeff")):
            raise holds_no(of, path)
        delimiter = delimiter_of(header, path)
        with _broken_quotes(path, lambda: 1):
            first = next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
        names = _column_names(path, first)
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        with _broken_quotes(path, lambda: reader.line_num + 1):
            for cells in reader:
                line = reader.line_num + 1
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) == len(names):
                    yield line, dict(zip(names, cells, strict=True))
                    continue
                reason = (
                    f"has {len(cells)} values for {len(names)} columns; a value with "
                    f'{delimiter!r} in it takes double quotes, such as an array: "[1, 2]"'
                )
                yield line, DataError(path, reason, line)


@contextmanager
def _broken_quotes(path: Path, line: Any) -> Iterator[None]:
    try:
        yield
    except csv.Error as error:
        if "field limit" in str(error):
            reason = f"a value of more than {csv.field_size_limit():,} letters; close its quotes"
        else:
            reason = f"not readable as a table from here on ({error}); fix the quotes"
        raise DataError(path, reason, line()) from error


def _column_names(path: Path, header: list[str]) -> list[str]:
    """Return the names in a header; a cell without one is called by its number."""
    names = [cell.strip() or f"column{number}" for number, cell in enumerate(header, 1)]
    if not any(cell.strip() for cell in header):
        raise DataError(path, "has no header; add one with the names of the columns", 1)
    if all(isinstance(cell_value(cell), int | float) for cell in names):
        told = ", ".join(names[:5])
        reason = f"has values where the names of the columns should be ({told}); add a header"
        raise DataError(path, reason, 1)
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise DataError(path, f"names the column '{twice[0]}' twice; rename one", 1)
    return names


def _json_rows(path: Path, of: str) -> Iterator[tuple[int, Cells | DataError]]:
    for n_before, (number, line) in enumerate(read_lines(path, of)):
        try:
            row = json.loads(line)
        except (RecursionError, ValueError) as error:
            yield number, DataError(path, f"not JSON ({error}); fix the line", number)
            continue
        if not isinstance(row, dict):
            yield number, DataError(path, "expected a JSON object; fix the line", number)
        elif not n_before and ".json" in path.suffixes and _are_columns(row):
            for place, cells in enumerate(zip(*row.values(), strict=True), 1):
                yield place, dict(zip(row, cells, strict=True))
        else:
            yield number, row


def _are_columns(row: Cells) -> bool:
    """Tell whether an object is a whole table, with an array for each column."""
    lists = [value for value in row.values() if isinstance(value, list)]
    return len(lists) == len(row) > 0 and len({len(one) for one in lists}) == 1


def cell_value(cell: Any) -> Value | None:
    """Return what a cell holds; None for an empty one."""
    value: Value | None = cell
    if not isinstance(cell, str):
        return value
    text = cell.strip()
    if not text:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if text[0] in '[{"':
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return cell
        return value
    is_number = len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text)
    if not is_number or _PADDED.match(text):
        return cell
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return number if abs(number) < float("inf") else cell


def _type_of_array(value: Value) -> str:
    try:
        return str(type_of_value(value))
    except AlgoLispError:  # [1, "a"]
        return "mixed"


_WORDS: Final = "string"
_SCALARS: Final = {int: "int", float: "int", bool: "bool", str: _WORDS}
_IN_WORDS: Final = {"int": "number", "bool": "truth value", _WORDS: "word", "mixed": "mixed array"}


@dataclass
class Column:
    """What is known of a column from its cells.

    Attributes:
        name: in the header.
        seen: how many values of each type, the type written as the language does.
        first: the line of the first value of each type, and the value.
    """

    name: str
    seen: Counter[str] = field(default_factory=Counter)
    first: dict[str, tuple[int, Any]] = field(default_factory=dict)

    def add(self, line: int, cell: Any) -> None:
        value = cell_value(cell)
        if value is None:
            return
        kind = _SCALARS.get(type(value)) or _type_of_array(value)
        self.seen[kind] += 1
        self.first.setdefault(kind, (line, cell))

    @property
    def type(self) -> str:
        """Of all values; words where they are not of one type."""
        kinds = [kind for kind in self.seen if not kind[0].isupper()]  # T[] is an empty array
        if len(kinds) == 1 and kinds[0] != "mixed":
            of_arrays = kinds[0].endswith("[]") or len(self.seen) == 1
            return kinds[0] if of_arrays else _WORDS
        return _WORDS if kinds or not self.seen else "int[]"

    @property
    def note(self) -> str:
        """What a person should know of a column that mixes; empty for another."""
        if self.type != _WORDS or set(self.seen) <= {_WORDS}:
            return ""
        ranked = self.seen.most_common()
        named = ((n, _IN_WORDS.get(kind, kind)) for kind, n in ranked)
        counts = " and ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in named)
        line, cell = self.first[ranked[-1][0]]
        return (
            f"the column {self.name} mixes {counts} (line {line}: {str(cell)[:40]!r}): all of it "
            "is read as words"
        )

    def value(self, cell: Any) -> Value | None:
        """Return what a cell holds, as a value of the column's type; None for an empty one."""
        value = cell_value(cell)
        if value is None or isinstance(value, str) or self.type != _WORDS:
            return value
        return cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
