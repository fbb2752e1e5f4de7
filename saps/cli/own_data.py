"""`saps synthesize --csv`: the columns of a table are arguments, and the program runs on them."""

import csv
import difflib
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from saps.cli.asking import Asking, one_word, require_arguments
from saps.cli.console import CommandError
from saps.data.files import DataError, open_text, write_lines
from saps.data.table_file import Column, cell_value, delimiter_of, is_json, read_table
from saps.lang import AlgoLispError, Limits, Value, compile_program
from saps.resources import show_value

if TYPE_CHECKING:
    from saps.synthesis.synthesizer import Synthesis

# A column is larger than what a person types: it may take longer.
_LIMITS: Final = Limits(steps=100_000_000, seconds=30.0, elements=20_000_000)
_MOST_ROWS: Final = 2_000_000  # of a column that a program gets as one array
_STDOUT: Final = ("-", "rowwise")
_RESULT: Final = "result"


@dataclass
class OwnData:
    """A table, and which of its columns are arguments.

    Attributes:
        path: where it is read; what came by stdin is kept in a file of its own.
        chosen: argument by column, as `--column` says.
        target: where the rows go with their values; None where the columns are whole arguments.
        columns: by argument, those that are used.
    """

    path: Path
    name: str
    chosen: dict[str, str]
    target: str | None
    columns: dict[str, Column] = field(default_factory=dict)
    n_rows: int = 0
    limits: Limits = _LIMITS
    _cells: dict[str, list[Any]] = field(default_factory=dict)
    _kept: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def open(cls, name: str, columns: Sequence[str], target: str | None) -> "OwnData":
        """Refuse a `--column` that is no NAME=ARG, and a `target` that is there already."""
        chosen = {}
        for text in columns:
            column, found, argument = (part.strip() for part in text.rpartition("="))
            if not (column and found and re.fullmatch(r"\w+", argument)):
                raise CommandError(
                    f"--column {text!r}: expected a column and an argument, such as 'Unit price=p'"
                )
            chosen[column] = argument
        if target is not None and target not in _STDOUT and Path(target).exists():
            raise CommandError(f"--apply {target}: the file exists; give another name")
        if name != "-":
            return cls(Path(name), name, chosen, target)
        # A table is read twice: once for the types of its columns, once for its rows.
        kept = tempfile.TemporaryDirectory(prefix="saps-")
        path = Path(kept.name) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        return cls(path, "stdin", chosen, target, _kept=kept)

    @property
    def prints_rows(self) -> bool:
        """Whether the rows take stdout, so that nothing else may stand there."""
        return self.target in _STDOUT

    def declare(self, asking: Asking, text: str) -> tuple[Asking, str]:
        """Read the table once, and declare the columns that the text or an example names.

        In the text that is returned a column of several words is one word. A CommandError says
        that a column is not there, or of another type; a DataError, that the file is no table.
        """
        for _, row in self._rows():
            if not self.n_rows:
                names = list(row)
                text = self._choose(names, text, asking)
            self.n_rows += 1
            if self.target is None and self.n_rows > _MOST_ROWS:
                raise CommandError(
                    f"{self.name} has more than {_MOST_ROWS:,} rows, the longest array that a "
                    "program takes: give fewer rows, or run the program on each with --apply OUT"
                )
            for argument, column in self.columns.items():
                column.add(self.n_rows + 1, row.get(column.name))
                if self.target is None:
                    self._cells[argument].append(row.get(column.name))
        if not self.n_rows:
            raise CommandError(f"{self.name} has no rows")
        return replace(asking, arguments=self._types(asking.arguments)), text

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            for line, row in read_table(self.path):
                if isinstance(row, DataError):
                    raise row
                yield line, row
        except DataError as error:
            if self.name == str(self.path):
                raise
            raise DataError(self.name, error.reason, error.line) from error

    def _choose(self, names: Sequence[str], text: str, asking: Asking) -> str:
        """Find the columns that are meant; return the text with one word for each."""
        chosen = dict(self.chosen)
        for name in chosen:
            if name not in names:
                near = difflib.get_close_matches(name, names, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise CommandError(
                    f"{self.name} has no column {name!r}; {hint}it has {_listed(names)}"
                )
        if asking.examples:
            given = asking.examples[0][0]
            chosen |= {name: name for name in names if name in given and name not in chosen}
        else:
            # The longest first: "unit price" is not "price".
            for name in sorted(set(names) - set(chosen), key=len, reverse=True):
                if found := _mention(name, text):
                    chosen[name] = one_word(found)
                    text = text.replace(found, chosen[name])
        if not chosen and len(names) == 1:
            chosen = {names[0]: one_word(names[0])}
        if not chosen:
            raise CommandError(
                f"the text names no column of {self.name}, which has {_listed(names)}: say which, "
                "or give --column NAME=ARG"
            )
        in_order = [name for name in names if name in chosen]
        self.columns = {chosen[name]: Column(name) for name in in_order}
        if len(self.columns) < len(in_order):
            raise CommandError(
                "two columns have the same argument name; give one of them another with --column"
            )
        self._cells = {argument: [] for argument in self.columns}
        return text

    def _types(self, declared: Mapping[str, str]) -> dict[str, str]:
        suffix = "[]" if self.target is None else ""
        types = {name: f"{column.type}{suffix}" for name, column in self.columns.items()}
        for name, kind in types.items():
            if declared.get(name, kind) != kind:
                raise CommandError(
                    f"argument {name} is declared as {declared[name]}, but the column of "
                    f"{self.name} is {kind}"
                )
        return {**declared, **types}

    def notes(self) -> Iterator[str]:
        """Yield what was read as what, and columns that mix."""
        types = self._types({})
        told = ", ".join(f"{name}: {kind}" for name, kind in types.items())
        yield f"{self.name}: {_rows(self.n_rows)}; {told}"
        yield from filter(None, (column.note for column in self.columns.values()))

    # Running the program on whole columns, or on each row.

    def inputs(self, synthesis: "Synthesis") -> dict[str, Value]:
        """Return the columns that the program takes; rows that lack one of them are left out."""
        taken = {synthesis.letters.get(letter, letter) for letter in synthesis.arguments}
        used = [name for name in self.columns if name in taken]
        values = [[self.columns[name].value(c) for c in self._cells[name]] for name in used]
        whole = [row for row in zip(*values, strict=True) if None not in row]
        if left_out := self.n_rows - len(whole) if used else 0:
            told = (
                f"{left_out:,} of {self.n_rows:,} rows lack {' or '.join(used)}: they are left out"
            )
            print(told, file=sys.stderr)
        return {name: [row[i] for row in whole] for i, name in enumerate(used)}

    def apply(self, synthesis: "Synthesis", more: Mapping[str, Value]) -> None:
        """Run the program on each row, and write the rows with one more column.

        `more` are values of arguments that no column has. A CommandError says, at the end, how
        many rows gave no value; the others are written.
        """
        known = synthesis.by_letter({**dict.fromkeys(self.columns, 0), **more})
        require_arguments(known, synthesis.arguments)
        program = compile_program(synthesis.program, synthesis.arguments, self.limits)
        # One bad row does not cost the others.
        n_failed, first = 0, ""

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal n_failed, first
            for line, row in self._rows():
                given: dict[str, Any] = {
                    argument: column.value(row.get(column.name))
                    for argument, column in self.columns.items()
                }
                known = synthesis.by_letter({**given, **more})
                inputs = {name: known[name] for name in synthesis.arguments}
                value: Value | None = None
                try:
                    if None not in inputs.values():  # a row that lacks one has no value
                        value = program(inputs)
                except AlgoLispError as error:
                    n_failed += 1
                    first = first or f"line {line}: {error}"
                names = chain((_RESULT,), (f"{_RESULT}{n}" for n in range(2, len(row) + 3)))
                yield {**row, next(name for name in names if name not in row): value}

        lines = self._written(rows())
        if self.prints_rows:
            for text in lines:
                print(text)
        else:
            assert self.target is not None
            write_lines(self.target, lines)
            print(f"wrote {self.target}: {_rows(self.n_rows)}", file=sys.stderr)
        if n_failed:
            lacking = f"{n_failed:,} of {_rows(self.n_rows)} got no value"
            raise CommandError(f"{lacking}; the first is {first}")

    def _written(self, rows: Iterator[dict[str, Any]]) -> Iterator[str]:
        """Return the lines of the file, in the form that its name says; else in the table's."""
        form = self.path if self.prints_rows else Path(self.target or "")
        endings = {ending.lower() for ending in form.suffixes}
        known = (ending for ending in (".csv", ".tsv", ".jsonl", ".json") if ending in endings)
        ending = next(known, ".jsonl" if is_json(self.path) else ".csv")
        if ending in (".csv", ".tsv"):
            return _csv_lines(rows, "\t" if ending == ".tsv" else self._delimiter())
        if not is_json(self.path):
            rows = ({name: cell_value(cell) for name, cell in row.items()} for row in rows)
        lines = map(show_value, rows)
        return lines if ending == ".jsonl" else _array_lines(lines)

    def _delimiter(self) -> str:
        if is_json(self.path):
            return ","
        with open_text(self.path) as file:
            found = delimiter_of(file.readline(1_000_000), self.path)
        return "," if found == "\t" else found


def _array_lines(lines: Iterable[str]) -> Iterator[str]:
    before = "["
    for number, line in enumerate(lines):
        yield f"{before}," if number else before
        before = line
    yield before
    yield "]"


def _csv_lines(rows: Iterator[dict[str, Any]], delimiter: str) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=delimiter, lineterminator="")
    for number, row in enumerate(rows):
        if not number:
            yield writer.writerow(row)
        cells = ("" if value is None else value for value in row.values())
        yield writer.writerow([c if isinstance(c, str) else show_value(c) for c in cells])


class _Echo:
    """A file for `csv.writer`, which returns what the file does of each line: here the line."""

    def write(self, line: str) -> str:
        return line


def _rows(n_rows: int) -> str:
    return f"{n_rows:,} row{'s' if n_rows != 1 else ''}"


def _mention(name: str, text: str) -> str:
    """Return the words of a text that name a column, in one or in many: "prices" for "price"."""
    *first, last = re.findall(r"[^\W_]+", name.lower()) or [""]
    if not last:
        return ""
    stem = last.removesuffix("s")
    parts = [*map(re.escape, first), rf"(?:{re.escape(last)}(?:e?s)?|{re.escape(stem)})"]
    found = re.search(rf"(?<!\w){'[ _-]?'.join(parts)}(?!\w)", text, re.IGNORECASE)
    return "" if found is None else found[0]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} more"
