import json
from pathlib import Path

import pytest

from saps.evaluation.report import Record, ReportError, format_records, load_records
from tests.evaluation.conftest import make_result, mixed_results


def test_records_come_back_from_their_file(tmp_path: Path) -> None:
    file = tmp_path / "predictions.jsonl"
    file.write_text("".join(format_records(mixed_results())), encoding="utf-8")
    assert load_records(file) == [Record.of(result) for result in mixed_results()]


def test_a_record_holds_what_the_issue_asks_for() -> None:
    (line,) = format_records([make_result("(reduce a 0 max)")])
    record = json.loads(line)
    assert record["text"] == "given an array of numbers a , find the sum of a"
    assert record["gold"] == "(reduce a 0 +)"
    assert record["predicted"] == "(reduce a 0 max)"
    assert record["log_prob"] == -0.5
    assert (record["outcome"], record["exact"]) == ("passed", False)
    assert (record["n_passed"], record["n_tests"], record["gold_passes"]) == (10, 10, True)


def test_a_missing_tree_is_null() -> None:
    record = Record.of(make_result(None))
    assert (record.predicted, record.log_prob, record.exact) == (None, None, False)


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "a"}'])
def test_a_damaged_line_is_named(line: str, tmp_path: Path) -> None:
    good = next(format_records(mixed_results()))
    file = tmp_path / "predictions.jsonl"
    file.write_text(good + line + "\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"predictions\.jsonl, line 2 is damaged"):
        load_records(file)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"exact": "yes"}, "field 'exact': expected bool, found 'yes'"),
        ({"n_tests": 1.5}, "field 'n_tests': expected int, found 1.5"),
        ({"text": None}, "field 'text': expected str, found None"),
        ({"log_prob": "low"}, "field 'log_prob': expected float, found 'low'"),
        ({"nodes": "sum"}, "field 'nodes': expected a list, found 'sum'"),
        ({"nodes": [1]}, "field 'nodes': expected str, found 1"),
    ],
)
def test_a_value_of_another_type_is_named(
    fields: dict[str, object], told: str, tmp_path: Path
) -> None:
    good = next(format_records(mixed_results()))
    file = tmp_path / "predictions.jsonl"
    file.write_text(good + json.dumps(json.loads(good) | fields) + "\n", encoding="utf-8")
    with pytest.raises(ReportError) as caught:
        load_records(file)
    assert str(caught.value) == f"{file}, line 2 is damaged: {told}; evaluate again"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"\xff", "byte 1 is not UTF-8"),
        (b'{"text": 1', "not JSON, column 11: Expecting ',' delimiter"),
        (b"{}", "lacks field 'text'"),
        (b"[]", "expected an object, found []"),
        (b"[" * 100_000, "maximum recursion depth"),
    ],
)
def test_a_line_that_is_no_record_is_described(line: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "predictions.jsonl"
    file.write_bytes(next(format_records(mixed_results())).encode() + line + b"\n")
    with pytest.raises(ReportError) as caught:
        load_records(file)
    assert f"predictions.jsonl, line 2 is damaged: {told}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"nowhere\.jsonl cannot be read"):
        load_records(tmp_path / "nowhere.jsonl")
