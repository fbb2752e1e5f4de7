"""Tables that people have."""

import json
from pathlib import Path
from typing import Any

import pytest

from saps.data.files import DataError
from saps.data.table_file import Column, cell_value, read_table


def _rows(path: Path, data: str | bytes) -> list[tuple[int, Any]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(read_table(path))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", 'name,price\n"Ann, ""A""",3\nBob,4\n'),
        ("t.csv", '\ufeffname;price\r\n"Ann, ""A""";3\r\n\r\nBob;4\r\n'),
        ("t.tsv", 'name\tprice\n"Ann, ""A"""\t3\nBob\t4'),
        ("t.csv", '"name", "price"\n"Ann, ""A""", 3\nBob,4\n'.encode("utf-16")),
        ("t", 'name,price\n"Ann, ""A""",3\nBob,4\n'),
    ],
)
def test_a_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, name: str, data: Any) -> None:
    found = [row for _, row in _rows(tmp_path / name, data)]
    assert found == [{"name": 'Ann, "A"', "price": "3"}, {"name": "Bob", "price": "4"}]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.jsonl", '{"a": 1, "b": [2]}\n{"a": 3, "b": []}\n'),
        ("t.json", '[{"a": 1, "b": [2]},\n {"a": 3, "b": []}]'),
        ("t.json", '{"a": [1, 3], "b": [[2], []]}'),
        ("t", '{"a": 1, "b": [2]}\n{"a": 3, "b": []}\n'),
    ],
)
def test_json_may_be_rows_or_columns(tmp_path: Path, name: str, data: str) -> None:
    found = [row for _, row in _rows(tmp_path / name, data)]
    assert found == [{"a": 1, "b": [2]}, {"a": 3, "b": []}]


def test_ragged_rows_are_named_and_the_others_kept(tmp_path: Path) -> None:
    rows = _rows(tmp_path / "t.csv", 'a,b\n1,2\n1,2,3\n"x\ny",2\n1\n5,6\n')
    assert [line for line, _ in rows] == [2, 3, 5, 6, 7]
    assert [isinstance(row, DataError) for _, row in rows] == [False, True, False, True, False]
    assert "t.csv, line 3: has 3 values for 2 columns" in str(rows[1][1])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('a,b\n1,"2\n3,4\n', "not readable as a table from here on"),
        ("a,a\n1,2\n", "names the column 'a' twice"),
        ("1,2\n3,4\n", "has values where the names of the columns should be"),
        ("\n1,2\n", "has no header"),
        ("", "holds no row"),
        ('a\n"' + "x" * 200_000 + '"\n', "line 2: a value of more than 131,072 letters"),
        (b"a,b\n\xff,2\n", "is not UTF-8"),
        ("1," * 600_000, "line 1: is longer than 1,000,000 bytes"),
        ("a,b\n" + "1," * 600_000, "line 2: is longer than 1,000,000 bytes"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, data: Any, told: str) -> None:
    with pytest.raises(DataError, match=told):
        _rows(tmp_path / "t.csv", data)


def test_a_spreadsheet_is_to_be_saved_as_csv(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a spreadsheet; save it as"):
        _rows(tmp_path / "t.xlsx", b"PK")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("3", 3),
        (" -3 ", -3),
        ("2.50", 2.5),
        ("1e3", 1000.0),
        ("TRUE", True),
        ("false", False),
        ("007", "007"),
        ("1e999", "1e999"),
        ("NaN", "NaN"),
        ("1,234", "1,234"),
        ("[1, 2]", [1, 2]),
        ("[draft]", "[draft]"),
        ("", None),
        ("word", "word"),
        ("9" * 5_000, "9" * 5_000),
    ],
)
def test_a_cell_is_what_it_looks_like(cell: str, value: Any) -> None:
    assert cell_value(cell) == value
    assert type(cell_value(cell)) is type(value)


@pytest.mark.parametrize(
    ("cells", "kind", "note"),
    [
        (["1", "2.5", ""], "int", ""),
        (["true", "FALSE"], "bool", ""),
        (["a", "b"], "string", ""),
        ([[], [1]], "int[]", ""),
        (["1", "2", "n/a"], "string", "mixes 2 numbers and 1 word (line 3: 'n/a')"),
        (["1", "true"], "string", "mixes 1 number and 1 truth value"),
        ([[1, "a"]], "string", "mixes 1 mixed array"),
        ([], "string", ""),
    ],
)
def test_a_column_has_one_type_or_is_words(cells: list[Any], kind: str, note: str) -> None:
    column = Column("c")
    for line, cell in enumerate(cells, 1):
        column.add(line, cell)
    assert column.type == kind
    assert (note in column.note) if note else not column.note
    assert all(isinstance(column.value(cell), str) for cell in cells) or kind != "string"


def test_a_row_that_is_no_object_is_named(tmp_path: Path) -> None:
    rows = _rows(tmp_path / "t.jsonl", f"{json.dumps({'a': 1})}\n[1]\n{{]\n")
    assert [str(row).partition(": ")[2][:22] for _, row in rows[1:]] == [
        "expected a JSON object",
        "not JSON (Expecting pr",
    ]
