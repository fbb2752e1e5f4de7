from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saps.evaluation.compare_reports import (
    PairedCounts,
    Run,
    compare_runs,
    comparison_tables,
    load_run,
)
from saps.evaluation.evaluate import make_report, write_folder
from saps.evaluation.metrics import Rate, Result
from saps.evaluation.report import Report, ReportError
from saps.evaluation.report_tables import Table
from tests.evaluation.conftest import failing, make_example, make_result
from tests.evaluation.test_report import make

TEXTS = [f"sum number {i}" for i in range(6)]


def judged(solved: str) -> list[Result]:
    """Six tasks: `e` is solved exactly, `p` passes in another form, `-` fails."""
    programs = {"e": "(reduce a 0 +)", "p": "(reduce (sort a) 0 +)", "-": "(head a)"}
    return [
        make_result(programs[kind], failing() if kind == "-" else None, make_example(text=text))
        for text, kind in zip(TEXTS, solved, strict=True)
    ]


def report_on(results: Sequence[Result]) -> Report:
    full = make()
    return make_report(full.provenance, full.timing, results)


def write(folder: Path, solved: str) -> Run:
    results = judged(solved)
    write_folder(folder, report_on(results), results, overwrite=False)
    return load_run(folder)


@pytest.fixture
def runs(tmp_path: Path) -> list[Run]:
    return [write(tmp_path / "first", "eep---"), write(tmp_path / "second", "e-pe-p")]


def test_tasks_are_paired(runs: list[Run]) -> None:
    (comparison,) = compare_runs(runs)
    assert comparison.exact_match == PairedCounts(1, 1, 1, 3)
    assert comparison.accuracy == PairedCounts(2, 1, 2, 1)
    assert [first.text for first, _ in comparison.only_first] == [TEXTS[1]]
    assert [second.text for _, second in comparison.only_second] == [TEXTS[3], TEXTS[5]]


def test_every_run_is_compared_with_the_first(runs: list[Run]) -> None:
    comparisons = compare_runs([runs[0], runs[1], runs[0]])
    assert [comparison.second for comparison in comparisons] == [runs[1], runs[0]]
    assert comparisons[1].accuracy.difference == 0


def test_a_run_is_given_by_its_folder_or_its_report(runs: list[Run], tmp_path: Path) -> None:
    again = load_run(tmp_path / "first/report.json")
    assert (again.report, again.records) == (runs[0].report, runs[0].records)


def with_provenance(run: Run, **changes: Any) -> Run:
    provenance = replace(run.report.provenance, **changes)
    return replace(run, report=replace(run.report, provenance=provenance))


def test_the_same_tasks_are_compared_whatever_their_file_and_limit(runs: list[Run]) -> None:
    data = runs[1].report.provenance.data
    packed = replace(data, file="x/test.jsonl.gz", sha256="ef" * 32, limit=1_000_000)
    (comparison,) = compare_runs([runs[0], with_provenance(runs[1], data=packed)])
    assert comparison.accuracy.difference == pytest.approx(1 / 6)


def test_fewer_tasks_are_other_ones(runs: list[Run]) -> None:
    fewer = replace(runs[1], records=runs[1].records[:-1])
    fewer = replace(fewer, report=report_on(judged("e-pe-p")[:-1]))
    told = r"\(6 of x/test.jsonl; 5 of x/test.jsonl; those that both have are the same\)"
    with pytest.raises(ReportError, match=rf"judged on different tasks {told}: evaluate both"):
        compare_runs([runs[0], fewer])


def test_tasks_in_another_order_or_with_other_tests_are_not_compared(runs: list[Run]) -> None:
    shuffled = replace(runs[1], records=runs[1].records[::-1])
    with pytest.raises(ReportError, match="task 1 is the first that differs"):
        compare_runs([runs[0], shuffled])
    *rest, last = runs[1].records
    untested = replace(runs[1], records=(*rest, replace(last, n_tests=3)))
    with pytest.raises(ReportError, match="task 6 is the first that differs"):
        compare_runs([runs[0], untested])


def test_the_reports_inside_an_ablation_or_another_folder_are_named(tmp_path: Path) -> None:
    for row in ("saps_v", "saps_h"):
        write(tmp_path / "ablation/rows" / row / "test", "eep---")
    rows = f"{tmp_path}/ablation/rows/saps_h/test, {tmp_path}/ablation/rows/saps_v/test"
    with pytest.raises(ReportError, match=f"wrote, such as those inside: {rows}$"):
        load_run(tmp_path / "ablation")
    write(tmp_path / "ablation/report", "eep---")
    with pytest.raises(ReportError, match=f"such as those inside: {rows}$"):
        load_run(tmp_path / "ablation")
    with pytest.raises(ReportError, match=f"such as those inside: {tmp_path}/ablation/rows/saps_h"):
        load_run(tmp_path / "ablation/rows/saps_h")
    with pytest.raises(ReportError, match=r"give a folder that `saps evaluate` wrote$"):
        load_run(tmp_path)


def test_settings_that_differ_have_a_table(runs: list[Run]) -> None:
    assert "Settings that differ" not in titles(runs)
    other = with_provenance(
        runs[1],
        decoding={"_target_": "saps.search.beam.BeamSearch", "nested": {"beam": None}},
        limits={"steps": 1, "seconds": 0.5},
        as_typed=True,
    )
    (table,) = (t for t in shown([runs[0], other]) if t.title == "Settings that differ")
    assert table.header == ("setting", runs[0].name, runs[1].name)
    assert set(table.rows) == {
        ("as_typed", "false", "true"),
        ("limits.steps", "10", "1"),
        ("decoding", "-", "BeamSearch"),
        ("decoding.max_depth", "60", "-"),
        ("decoding.nested.beam", "[1, 2]", "null"),
    }


def test_a_model_and_data_are_known_by_their_bytes(runs: list[Run]) -> None:
    provenance = runs[1].report.provenance
    moved = with_provenance(
        runs[1],
        data=replace(provenance.data, file="elsewhere.jsonl"),
        model=replace(provenance.model, checkpoint="elsewhere"),
    )
    assert "Settings that differ" not in titles([runs[0], moved])
    retrained = with_provenance(
        runs[1],
        data=replace(provenance.data, sha256="12" * 32),
        model=replace(provenance.model, sha256="ef" * 32),
    )
    (table,) = (t for t in shown([runs[0], retrained]) if t.title == "Settings that differ")
    assert table.rows == (
        ("data", "x/test.jsonl (sha256 abababababab)", "x/test.jsonl (sha256 121212121212)"),
        ("model", "runs/x/best (sha256 cdcdcdcdcdcd)", "runs/x/best (sha256 efefefefefef)"),
    )


def shown(runs: Sequence[Run], n_examples: int = 1) -> list[Table]:
    return list(comparison_tables(runs, compare_runs(runs), n_examples))


def titles(runs: Sequence[Run]) -> list[str]:
    return [table.title for table in shown(runs)]


def test_each_table_of_tasks_says_which_two_runs_it_is_about(runs: list[Run]) -> None:
    first, second = replace(runs[0], name="a"), replace(runs[1], name="b")
    assert titles([first, second, replace(second, name="c")])[2:] == [
        "a passes, b does not: 1 of 1 tasks",
        "b passes, a does not: 1 of 2 tasks",
        "a passes, c does not: 1 of 1 tasks",
        "c passes, a does not: 1 of 2 tasks",
    ]
    assert shown([first, second])[2].header == ("text", "target", "a predicts", "b predicts")


def test_predictions_of_another_report_are_refused(runs: list[Run], tmp_path: Path) -> None:
    (tmp_path / "second/predictions.jsonl").replace(tmp_path / "first/predictions.jsonl")
    with pytest.raises(ReportError, match="does not belong to the report beside it"):
        load_run(tmp_path / "first")


def test_tables_show_rates_differences_and_examples(runs: list[Run], tmp_path: Path) -> None:
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    rates, differences, lost, gained = comparison_tables(runs, compare_runs(runs), n_examples=1)
    assert rates.rows[0][:3] == (first, "33.33 % (2/6)", "50.00 % (3/6)")
    assert differences.title == f"Against {first}"
    measure, points, _, n_gained, n_lost, p_value = differences.rows[1]
    assert (measure, points) == (f"{second}: accuracy by tests", "+16.67")
    assert (n_gained, n_lost, p_value) == ("2", "1", "1.0000")
    assert lost.title == f"{first} passes, {second} does not: 1 of 1 tasks"
    assert gained.title == f"{second} passes, {first} does not: 1 of 2 tasks"
    assert gained.rows == ((TEXTS[3], "(reduce a 0 +)", "(head a)", "(reduce a 0 +)"),)


def test_accuracy_on_the_tests_that_a_search_has_not_seen_has_a_column(runs: list[Run]) -> None:
    assert "holdout accuracy" not in next(comparison_tables(runs, compare_runs(runs), 1)).header
    full = replace(runs[1].report.full, holdout_accuracy=Rate(5, 6))
    searched = replace(runs[1], report=replace(runs[1].report, full=full))
    pair = [runs[0], searched]
    rates = next(comparison_tables(pair, compare_runs(pair), 1))
    assert rates.header[3] == "holdout accuracy"
    assert [row[3] for row in rates.rows] == ["-", "83.33 % (5/6)"]
