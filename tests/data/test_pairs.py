"""Data sets of English and programs alone."""

import json
from pathlib import Path

import pytest

from saps.data import DataError, load_split
from saps.data.pairs import Columns, Imported, import_pairs
from saps.data.verification import leaks, verify

ROWS = [
    ("Sum the prices", "(reduce prices 0 +)"),
    ("what is the total of xs", "(reduce xs 0 +)"),
    ("How many Prices are above the limit?", "(len (filter prices (partial1 limit >)))"),
    ("given a string a, find its length", "(strlen a)"),
    ("given a string a , find its length", "(strlen a)"),
    ("given a string a, find its length", "(reverse a)"),
    ("triple n", "(* n 3)"),
    ("broken", "(square"),
    ("is it", "(foo a)"),
    ("the first of A", "(deref A 0)"),
    ("never", "(/ a 0)"),
]
COLUMNS = Columns("question", "answer")


def _table(folder: Path, *rows: tuple[str, str], end: str = ".csv") -> Path:
    path = folder / f"mine{end}"
    if end == ".csv":
        cells = [f'"{text}";"{program}"\n' for text, program in [("question", "answer"), *rows]]
        path.write_text("".join(cells), encoding="utf-8-sig")
    else:
        path.write_text(json.dumps([{"question": q, "answer": a} for q, a in rows]))
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("table")
    return import_pairs(_table(folder, *ROWS), folder / "mine", COLUMNS, workers=1)


def test_rows_become_tasks_or_are_reported(report: Imported) -> None:
    assert (report.rows, report.duplicates, sum(report.sizes.values())) == (11, 1, 6)
    assert [(failure.line, failure.kind) for failure in report.failures] == [
        (7, "ambiguous"),
        (9, "parse"),
        (10, "unknown-symbol"),
        (12, "division-by-zero"),
    ]
    assert report.programs == 5
    assert report.constants == ["3"]
    assert report.constants_override.endswith(""",'"z"',3]""")
    json.dumps(report.to_json())


def test_an_imported_set_verifies_and_no_program_is_in_two_splits(report: Imported) -> None:
    checked = [verify(report.folder / f"{s}.jsonl", workers=1) for s in ("train", "dev", "test")]
    assert [v.failures for v in checked] == [[], [], []]
    assert leaks(checked) == {}
    tasks = {split: load_split(report.folder, split) for split in ("train", "dev", "test")}
    assert all(tasks.values())
    found = {t.as_typed: (s, dict(t.arguments)) for s, some in tasks.items() for t in some}
    # The same program, whatever its argument is called.
    assert found["Sum the prices"][0] == found["what is the total of xs"][0]
    assert found["Sum the prices"][1] == {"prices": "int[]"}
    assert found["given a string a, find its length"][1] == {"a": "string"}


def test_tests_of_a_column_are_taken_and_tried(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    rows = [
        {"text": f"add {n} to the price", "program": f"(+ price {n})", "tests": tests}
        for n, tests in (
            (1, [{"input": {"price": 1}, "output": 2}]),
            (2, '[{"input": {"price": 1}, "output": 3}]'),
            (10, [{"input": {"price": 1}, "output": 11}]),
            (0, [{"input": {"price": 1}, "output": 5}]),
            (40, "[]"),
        )
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    report = import_pairs(path, tmp_path / "out", Columns("text", "program", "tests"), workers=1)
    assert [(f.line, f.kind) for f in report.failures] == [
        (4, "contradicts-tests"),
        (5, "unreadable"),
    ]
    tasks = [
        task for split in ("train", "dev", "test") for task in load_split(report.folder, split)
    ]
    assert sorted(len(task.tests) for task in tasks) == [1, 1, 1]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = _table(tmp_path, *ROWS)
    with pytest.raises(DataError, match=r"line 1: has no column 'text' \(found: question, answer"):
        import_pairs(path, tmp_path / "out", Columns("text", "answer"), workers=1)
    assert not (tmp_path / "out").exists()


def test_too_few_programs_make_no_three_splits(tmp_path: Path) -> None:
    path = _table(tmp_path, *ROWS[:3], end=".json")
    with pytest.raises(DataError, match="2 different programs are left, too few for three splits"):
        import_pairs(path, tmp_path / "out", COLUMNS, workers=1)


def test_another_set_is_replaced_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_pairs(_table(tmp_path, *ROWS[:4], ROWS[6]), out, COLUMNS, workers=1)
    import_pairs(_table(tmp_path, *ROWS[:4], ROWS[6]), out, COLUMNS, workers=1)
    other = _table(tmp_path, *ROWS[:4], ROWS[6], end=".json")
    with pytest.raises(DataError, match=r"holds a data set of source=mine.csv, not of source=mine"):
        import_pairs(other, out, COLUMNS, workers=1)
    import_pairs(other, out, COLUMNS, workers=1, overwrite=True)
