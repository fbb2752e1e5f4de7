from pathlib import Path

from saps.evaluation.report_page import find_learning_curve

HEADER = "epoch,step,learning_rate,train/loss,val/loss,val/exact_match\n"


def write(run: Path, text: str) -> None:
    run.mkdir(exist_ok=True)
    (run / "metrics.csv").write_text(HEADER + text, encoding="utf-8")


def test_curve_has_a_value_an_epoch(tmp_path: Path) -> None:
    write(tmp_path, "0,9,0.1,2.0,1.5,0.25\n1,19,0.1,1.25,1.0,0.5\n")
    curve = find_learning_curve(tmp_path / "best")
    names = ("epoch", "train/loss", "val/loss", "val/exact_match")
    assert [tuple(epoch[name] for name in names) for epoch in curve] == [
        (0, 2.0, 1.5, 0.25),
        (1, 1.25, 1.0, 0.5),
    ]


def test_without_two_whole_epochs_there_is_no_curve(tmp_path: Path) -> None:
    assert not find_learning_curve(tmp_path / "best")
    write(tmp_path, "0,9,0.1,2.0,1.5,0.25\n")
    assert not find_learning_curve(tmp_path / "best")
    write(tmp_path, "0,9,0.1,2.0,,0.25\n1,19,0.1,1.25,1.0,0.5\n")
    assert not find_learning_curve(tmp_path / "best")
