import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from saps.data import DataError, write_examples
from saps.evaluation.answering import Model
from saps.evaluation.evaluate import evaluate
from saps.evaluation.evaluation_settings import EvaluationError
from saps.evaluation.metrics import Rate
from saps.evaluation.report import ModelSource, Report, ReportError, file_digest, load_report
from saps.model.bundle import BundleError
from saps.search.interface import Prediction
from tests.evaluation.conftest import SUM, compose_evaluate, make_example

pytestmark = pytest.mark.usefixtures("judged_here")


class SumPredictor:
    """Sums, whatever it is asked."""

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        return [Prediction(SUM, -0.25) for _ in texts]


MODEL = Model(SumPredictor(), ModelSource("runs/sum/best", "ab" * 32, 7))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set called `sums`, of four tasks."""
    examples = [
        make_example(),
        make_example(text="consider an array of numbers a , compute its total"),
        make_example("(reduce (sort a) 0 +)", "given a , sum what is sorted"),
        make_example("(len a)", "given a , find how many", nodes=("length",)),
    ]
    write_examples(tmp_path / "sums/test.jsonl", examples)
    return tmp_path / "sums"


def run(data: Path, *overrides: str, model: Model | None = MODEL) -> Report:
    out = f"out={data.parent / 'out'}"
    cfg = compose_evaluate(f"data.path={data}", out, "workers=1", *overrides)
    return evaluate(cfg, model)


def test_evaluate_counts_and_writes_what_it_counted(data: Path) -> None:
    report = run(data)
    assert report.full.exact_match == Rate(2, 4)
    assert report.full.accuracy == Rate(4, 4)
    assert report.full.gold_accuracy == Rate(3, 4)
    assert report.cleaned.n == 3
    assert report.robustness == ()
    assert load_report(data.parent / "out") == report


def test_evaluate_says_what_was_judged(data: Path) -> None:
    provenance = run(data, "limit=3").provenance
    assert provenance.data.name == "sums"
    assert provenance.data.sha256 == file_digest(data / "test.jsonl")
    assert (provenance.data.split, provenance.data.limit) == ("test", 3)
    assert provenance.model == MODEL.source
    assert provenance.limits["steps"] == 1_000_000
    assert provenance.decoding["max_depth"] == 60


def test_the_first_tasks_are_taken_when_limited(data: Path) -> None:
    assert run(data, "limit=2").full.exact_match == Rate(2, 2)


def test_predictions_come_in_the_order_of_the_data(data: Path) -> None:
    run(data)
    text = (data.parent / "out/predictions.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    assert [record["gold"] for record in records] == [
        "(reduce a 0 +)",
        "(reduce a 0 +)",
        "(reduce (sort a) 0 +)",
        "(len a)",
    ]
    assert {record["predicted"] for record in records} == {"(reduce a 0 +)"}


def test_the_table_goes_to_stdout_and_the_rest_to_stderr(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = data.parent / ("long" * 30)  # a path on a line of its own, for the next command to take
    run(data, f"out={long}")
    captured = capsys.readouterr()
    assert "exact match" in captured.out
    assert "50.00 % (2/4)" in captured.out
    assert captured.err == f"report: {long}\n"


def test_rewordings_are_judged_when_asked_for(data: Path) -> None:
    report = run(data, "robustness=true")
    rows = {row.kind: row for row in report.robustness}
    assert rows["opening swapped"].accuracy.n == 4
    # the model always speaks of `a`, which is no argument any more
    assert rows["argument letters renamed"].accuracy == Rate(0, 4)
    assert rows["argument letters renamed"].plain_accuracy == Rate(4, 4)
    assert rows["synonyms"].plain_accuracy == rows["synonyms"].accuracy
    assert rows["synonyms"].holdout_accuracy is None


def test_rewordings_are_judged_on_the_tests_that_the_search_has_not_seen(data: Path) -> None:
    model = Model(SumPredictor(), MODEL.source, n_seen_tests=3)
    rows = {row.kind: row for row in run(data, "robustness=true", model=model).robustness}
    assert rows["argument letters renamed"].plain_holdout_accuracy == Rate(4, 4)
    assert rows["argument letters renamed"].holdout_accuracy == Rate(0, 4)


def test_a_limit_without_end_comes_back_from_the_report(data: Path) -> None:
    report = run(data, "limits.seconds=inf")
    assert report.provenance.limits["seconds"] == float("inf")
    assert load_report(data.parent / "out") == report


@pytest.mark.parametrize(("n_seen", "n_warned"), [(3, 0), (10, 4), (0, 0)])
def test_a_search_that_sees_every_test_is_warned_of_before_the_work(
    n_seen: int, n_warned: int, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report = run(data, model=Model(SumPredictor(), MODEL.source, n_seen_tests=n_seen))
    told = f"decoding.n_examples={n_seen} shows the search every test of {n_warned} of 4 tasks"
    assert (told in caplog.text) == bool(n_warned)
    holdout = report.full.holdout_accuracy
    assert holdout == (Rate(4 - n_warned, 4 - n_warned) if n_seen else None)
    assert load_report(data.parent / "out") == report
    shown = (data.parent / "out/report.md").read_text(encoding="utf-8")
    assert ("| holdout accuracy | - | - |" in shown) == bool(n_warned)


def test_the_split_is_the_one_asked_for(data: Path) -> None:
    write_examples(data / "dev.jsonl", [make_example()])
    assert run(data, "split=dev").full.n == 1


def test_an_existing_report_is_refused_before_the_work(data: Path) -> None:
    run(data)

    class Untouchable:
        def predict(self, texts: Sequence[str]) -> list[Prediction]:
            raise AssertionError("the work began")

    with pytest.raises(ReportError, match="overwrite=true"):
        run(data, model=Model(Untouchable(), MODEL.source))
    assert run(data, "limit=1", "overwrite=true").full.n == 1
    assert load_report(data.parent / "out").full.n == 1


def test_a_missing_checkpoint_is_named(data: Path) -> None:
    with pytest.raises(BundleError, match=r"no model at .*nowhere"):
        run(data, f"checkpoint={data / 'nowhere'}", model=None)
    assert not (data.parent / "out").exists()


def test_a_damaged_checkpoint_is_named(data: Path) -> None:
    broken = data.parent / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(BundleError, match=r"broken is not a complete model: .* is missing"):
        run(data, f"checkpoint={broken}", model=None)


def test_a_broken_line_of_the_data_is_named(data: Path) -> None:
    with (data / "test.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"text": "no program"}\n')
    with pytest.raises(DataError, match=r"test\.jsonl, line 5"):
        run(data)


def test_a_missing_split_is_named(data: Path) -> None:
    with pytest.raises(DataError, match="holds no train split"):
        run(data, "split=train")


def test_tasks_without_tests_are_refused(data: Path) -> None:
    write_examples(data / "test.jsonl", [make_example(), make_example(n_tests=0)])
    with pytest.raises(DataError, match=r"test\.jsonl, line 2, field 'tests': .*at least one test"):
        run(data)


def test_an_unknown_device_is_refused(data: Path) -> None:
    with pytest.raises(EvaluationError, match=r"device=abacus cannot be used.*try device=cpu"):
        run(data, "device=abacus", model=None)


def test_a_guided_search_sees_the_first_tests_and_is_judged_on_the_others(tmp_path: Path) -> None:
    text = "given an array of numbers a , find the sum of its elements"
    inputs = [{"a": [1, n]} for n in range(5)]
    tests = [{"input": value, "output": 1 + value["a"][1]} for value in inputs]
    task = {
        "text": text.split(),
        "args": {"a": "int[]"},
        "return_type": "int",
        "short_tree": ["reduce", "a", "0", "+"],
        "tests": tests,
        "nodes": [],
    }
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums/test.jsonl").write_text(json.dumps(task) + "\n", encoding="utf-8")
    report = run(tmp_path / "sums", "decoding=guided", "device=cpu", model=None)
    assert report.provenance.n_seen_tests == 3
    assert report.full.holdout_accuracy == Rate(1, 1)
    assert report.full.well_typed == Rate(1, 1)
    assert run(tmp_path / "sums", "overwrite=true", model=None).full.holdout_accuracy is None
