import json
from pathlib import Path
from typing import Any

import pytest

from saps.evaluation.evaluate import make_report
from saps.evaluation.report import (
    SCHEMA_VERSION,
    DataSource,
    ModelSource,
    Provenance,
    Report,
    ReportError,
    Timing,
    load_report,
    robustness_row,
)
from tests.evaluation.conftest import make_result, mixed_results


def make(n_seen_tests: int = 0, created: str = "2026-01-02T03:04:05+00:00") -> Report:
    """A report with something in every field."""
    provenance = Provenance(
        created=created,
        saps_version="0.1.0",
        command="saps evaluate data.path=x",
        data=DataSource("generated", "x/test.jsonl", "ab" * 32, "test", None),
        model=ModelSource("runs/x/best", "cd" * 32, 1_234),
        decoding={"max_depth": 60, "nested": {"beam": [1, 2]}},
        limits={"steps": 10, "seconds": 0.5},
        n_seen_tests=n_seen_tests,
    )
    pair = [make_result()], [make_result("(head a)")]
    row = robustness_row("one typo", *pair, n_seen_tests)
    results = list(mixed_results()) * 3
    return make_report(provenance, Timing(1.0, 0.5, 1.5, 10.0), results, (row,))


@pytest.mark.parametrize("n_seen_tests", [0, 3])
def test_a_report_comes_back_from_its_json(n_seen_tests: int) -> None:
    report = make(n_seen_tests)
    again = Report.from_json(json.loads(json.dumps(report.to_json(), allow_nan=False)))
    assert again == report
    assert (again.full.holdout_accuracy is None) is (n_seen_tests == 0)


def test_a_report_of_no_task_comes_back_too() -> None:
    full = make()
    empty = make_report(full.provenance, full.timing, [])
    assert Report.from_json(json.loads(json.dumps(empty.to_json(), allow_nan=False))) == empty


def test_every_rate_in_json_has_counts_share_and_interval() -> None:
    content = make().to_json()
    assert content["schema_version"] == SCHEMA_VERSION
    assert content["full"]["exact_match"] == {
        "count": 3,
        "n": 15,
        "value": pytest.approx(0.2),
        "low": pytest.approx(0.0705, abs=1e-4),
        "high": pytest.approx(0.4519, abs=1e-4),
    }
    assert sum(content["full"]["outcomes"].values()) == 15


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param([], "is not a report", id="list"),
        pytest.param({}, "it has no schema_version", id="other-json"),
        pytest.param({"schema_version": 99}, "version 99, this SAPS reads 1", id="newer"),
        pytest.param({"schema_version": 1}, "damaged report: .*lacks field", id="fields-missing"),
    ],
)
def test_what_is_no_report_of_this_version_is_refused(content: Any, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        Report.from_json(content)


def test_a_report_of_before_texts_could_be_read_as_typed_is_read() -> None:
    content = make().to_json()
    del content["provenance"]["as_typed"]
    assert Report.from_json(content) == make()


def test_a_report_of_before_rewordings_had_a_holdout_accuracy_is_read() -> None:
    content = make().to_json()
    for row in content["robustness"]:
        del row["plain_holdout_accuracy"], row["holdout_accuracy"]
    assert Report.from_json(content) == make()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("full", "n"), 16),
        (("full", "n"), "15"),
        (("full", "exact_match", "count"), 99),
        (("full", "outcomes", "passed"), 4),
        (("full", "outcomes", "exploded"), 0),
        (("failures",), 3),
        (("provenance", "data"), None),
        (("provenance", "decoding"), 3),
        (("provenance", "limits"), []),
        (("full",), "none"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(path: tuple[str, ...], value: Any) -> None:
    content = make().to_json()
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with pytest.raises(ReportError, match="damaged report"):
        Report.from_json(content)


def test_load_report_takes_the_folder_or_the_file(tmp_path: Path) -> None:
    report = make()
    (tmp_path / "report.json").write_text(json.dumps(report.to_json()), encoding="utf-8")
    assert load_report(tmp_path) == report
    assert load_report(tmp_path / "report.json") == report


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(None, "cannot be read", id="missing"),
        pytest.param("{", "is not JSON", id="cut"),
        pytest.param('{"schema_version": 2}', "report.json is a report of schema", id="version"),
    ],
)
def test_load_report_names_the_file_and_the_fault(
    text: str | None, message: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReportError, match=message) as caught:
        load_report(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_the_schema_document_names_every_field() -> None:
    document = (Path(__file__).parents[2] / "docs/report-schema.md").read_text(encoding="utf-8")

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(keys, value.values()))
        return set().union(*map(keys, value)) if isinstance(value, list) else set()

    content = make(n_seen_tests=3).to_json()
    content["provenance"] |= {"decoding": {}, "limits": {}}
    missing = {key for key in keys(content) if f"`{key}`" not in document}
    assert missing == set()
    assert document.startswith(f"# report.json, schema version {SCHEMA_VERSION}\n")
