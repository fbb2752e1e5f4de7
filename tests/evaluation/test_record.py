import json
from pathlib import Path

import pytest

from saps.evaluation.record import Record, format_records, load_records
from saps.evaluation.report import ReportError
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


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"nowhere\.jsonl can not be read"):
        load_records(tmp_path / "nowhere.jsonl")
