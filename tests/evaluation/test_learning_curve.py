from pathlib import Path

from saps.evaluation.learning_curve import LearningCurve, find_learning_curve

HEADER = "epoch,step,train/loss,val/exact_match,val/loss\n"


def write(run: Path, version: int, text: str) -> None:
    folder = run / f"logs/version_{version}"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(HEADER + text, encoding="utf-8")


def test_curve_has_a_value_an_epoch(tmp_path: Path) -> None:
    # Lightning writes a row for validation and one for training.
    write(tmp_path, 0, "0,9,,0.25,1.5\n0,9,2.0,,\n1,19,,0.5,1.0\n1,19,1.25,,\n")
    curve = find_learning_curve(tmp_path / "best")
    assert curve == LearningCurve((0, 1), (2.0, 1.25), (1.5, 1.0), (0.25, 0.5))


def test_a_continued_run_goes_on_and_replaces_what_it_ran_again(tmp_path: Path) -> None:
    write(tmp_path, 2, "0,9,2.0,0.25,1.5\n1,19,1.5,0.5,1.0\n")
    write(tmp_path, 10, "1,19,1.25,0.75,1.0\n2,29,1.0,0.8,0.9\n")
    curve = find_learning_curve(tmp_path / "best")
    assert curve is not None
    assert (curve.epochs, curve.exact_match) == ((0, 1, 2), (0.25, 0.75, 0.8))


def test_without_two_whole_epochs_there_is_no_curve(tmp_path: Path) -> None:
    assert find_learning_curve(tmp_path / "best") is None
    write(tmp_path, 0, "0,9,2.0,0.25,1.5\n1,19,,0.5,1.0\n")
    assert find_learning_curve(tmp_path / "best") is None
