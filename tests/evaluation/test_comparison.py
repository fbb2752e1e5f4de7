from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from saps.evaluation.comparison import Run, compare_runs, load_run
from saps.evaluation.comparison_layout import comparison_tables
from saps.evaluation.evaluate import make_report
from saps.evaluation.folder import write_folder
from saps.evaluation.mcnemar import PairedCounts
from saps.evaluation.metrics import Rate, Result
from saps.evaluation.report import Report, ReportError
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


def test_runs_on_other_data_are_not_compared(runs: list[Run]) -> None:
    provenance = runs[1].report.provenance
    data = replace(provenance.data, sha256="ef" * 32)
    other = replace(runs[1].report, provenance=replace(provenance, data=data))
    with pytest.raises(ReportError, match=r"judged other tasks \(.*sha256 abab.*sha256 efef"):
        compare_runs([runs[0], replace(runs[1], report=other)])


def test_predictions_in_another_order_are_not_compared(runs: list[Run]) -> None:
    shuffled = replace(runs[1], records=runs[1].records[::-1])
    with pytest.raises(ReportError, match="are of other tasks"):
        compare_runs([runs[0], shuffled])


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
    assert lost.title == f"Only {first} passes: 1 of 1 tasks"
    assert gained.title == f"Only {second} passes: 1 of 2 tasks"
    assert gained.rows == ((TEXTS[3], "(reduce a 0 +)", "(head a)", "(reduce a 0 +)"),)


def test_accuracy_on_the_tests_that_a_search_has_not_seen_has_a_column(runs: list[Run]) -> None:
    assert "holdout accuracy" not in next(comparison_tables(runs, compare_runs(runs), 1)).header
    full = replace(runs[1].report.full, holdout_accuracy=Rate(5, 6))
    searched = replace(runs[1], report=replace(runs[1].report, full=full))
    pair = [runs[0], searched]
    rates = next(comparison_tables(pair, compare_runs(pair), 1))
    assert rates.header[3] == "holdout accuracy"
    assert [row[3] for row in rates.rows] == ["-", "83.33 % (5/6)"]
