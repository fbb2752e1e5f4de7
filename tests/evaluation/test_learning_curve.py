from pathlib import Path

from saps.evaluation.report_page import LearningCurve, find_learning_curve

HEADER = "epoch,step,learning_rate,train/loss,val/loss,val/exact_match\n"


def write(run: Path, text: str) -> None:
    run.mkdir(exist_ok=True)
    (run / "metrics.csv").write_text(HEADER + text, encoding="utf-8")


def test_curve_has_a_value_an_epoch(tmp_path: Path) -> None:
    write(tmp_path, "0,9,0.1,2.0,1.5,0.25\n1,19,0.1,1.25,1.0,0.5\n")
    curve = find_learning_curve(tmp_path / "best")
    assert curve == LearningCurve((0, 1), (2.0, 1.25), (1.5, 1.0), (0.25, 0.5))


def test_without_two_whole_epochs_there_is_no_curve(tmp_path: Path) -> None:
    assert find_learning_curve(tmp_path / "best") is None
    write(tmp_path, "0,9,0.1,2.0,1.5,0.25\n")
    assert find_learning_curve(tmp_path / "best") is None
    write(tmp_path, "0,9,0.1,2.0,,0.25\n1,19,0.1,1.25,1.0,0.5\n")
    assert find_learning_curve(tmp_path / "best") is None
