"""The picture of a run's learning curves."""

from math import nan
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from saps.model.curves import draw_curves


def _row(epoch: int, exact: float) -> dict[str, float]:
    counts = {"val/exact_match": exact, "val/n_exact": exact * 200, "val/n": 200.0}
    return {"epoch": float(epoch), "train/loss": 1.0 / (epoch + 1), "val/loss": 1.0, **counts}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [_row(0, 0.1), _row(1, 0.4), _row(2, 0.3)],
            "best exact match: 0.4000 (80/200) in epoch 1",
        ),
        # `check_val_every_n_epoch=2`: an epoch without a validation has no exact match.
        ([_row(0, nan), _row(1, 0.25)], "best exact match: 0.2500 (50/200) in epoch 1"),
        ([_row(0, nan)], "no validation yet"),
    ],
)
def test_the_title_names_the_best_exact_match(
    rows: list[dict[str, float]], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []
    save = Figure.savefig

    def keep_titles(figure: Figure, *args: object, **options: object) -> None:
        titles.extend(axes.get_title(loc="left") for axes in figure.axes)
        save(figure, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Figure, "savefig", keep_titles)
    draw_curves(rows, tmp_path / "curves.png")
    assert titles == ["", told]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
