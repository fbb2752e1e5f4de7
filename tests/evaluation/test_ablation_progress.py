"""How far an ablation is, and in which order its rows are started."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from saps.evaluation.ablation.ablation_folder import (
    WORKING,
    RowState,
    failure_of,
    progress_lines,
    seconds_left,
    state_of,
    write_failure,
)
from saps.evaluation.ablation.ablation_settings import Row, Settings
from saps.evaluation.ablation.making import make_in_waves, train_config
from tests.evaluation.ablation_fakes import Lab, install_lab, make_all, read_settings, write_run


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install_lab(monkeypatch)


def _states(settings: Settings) -> list[RowState]:
    return [state_of(settings, row) for row in settings.rows]


def _begin(settings: Settings, name: str, n_epochs: int | None = None) -> None:
    """Mark a row as being made, with so many epochs behind it; None for no run yet."""
    settings.row_folder(name).mkdir(parents=True, exist_ok=True)
    (settings.row_folder(name) / WORKING).touch()
    if n_epochs is not None:
        write_run(train_config(settings, settings.row(name)), n_epochs)


def test_a_row_that_goes_further_is_told_with_the_whole_and_the_time_left(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "rows=[saps_v,saps_h,saps_vh]", "trainer.max_epochs=4")
    before = _states(settings)
    assert progress_lines(before, before) == []
    _begin(settings, "saps_h")
    now = _states(settings)
    assert progress_lines(now, before) == [
        "[0 of 3 rows, 0 %] row 2, SAPS H: training, epoch 1 of 4"
    ]
    _begin(settings, "saps_h", 1)
    told = "row 2, SAPS H: epoch 1 of 4 is over, exact match on validation 10.0 %"
    # Eleven epochs of half a minute are left.
    assert progress_lines(_states(settings), now) == [
        f"[0 of 3 rows, 8 %, about 6 min left] {told}"
    ]


def test_rows_side_by_side_share_the_time_that_is_left(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "rows=[saps_v,saps_h]", "trainer.max_epochs=11")
    _begin(settings, "saps_v", 1)
    assert seconds_left(_states(settings)) == pytest.approx(21 * 30)
    _begin(settings, "saps_h", 1)
    assert seconds_left(_states(settings)) == pytest.approx(20 * 30 / 2)


def test_nothing_is_left_when_all_rows_are_over(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "rows=[saps_v,saps_h]")
    make_all(settings)
    write_failure(settings, "saps_h", "no room")
    now = _states(settings)
    assert all(state.stage.is_over for state in now)
    assert seconds_left(now) == 0.0


def test_rows_that_need_others_come_in_a_later_wave(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    waves: list[set[str]] = []

    def fail(rows: Sequence[Row]) -> None:
        waves.append({row.name for row in rows})
        for row in rows:
            write_failure(settings, row.name, "no room")

    make_in_waves(settings, fail)
    first, second = waves
    assert second == {"sapspre_vh_att_256", "seq2tree_search"}
    assert first | second == {row.name for row in settings.rows}


def test_rows_whose_processes_died_are_started_alone_and_then_given_up(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "rows=[saps_v,saps_h,saps_vh]")
    waves: list[list[str]] = []

    def lose(rows: Sequence[Row]) -> None:
        waves.append([row.name for row in rows])
        if len(waves) == 3:  # neither saps_h alone nor the third row is lost again
            write_failure(settings, "saps_h", "no room")
        elif len(waves) == 4:
            write_failure(settings, "saps_vh", "no room")
        else:
            for name in waves[-1][:2]:  # the third was not begun
                _begin(settings, name)
            raise RuntimeError("a worker was killed")

    make_in_waves(settings, lose)
    assert waves == [["saps_v", "saps_h", "saps_vh"], ["saps_v"], ["saps_h"], ["saps_vh"]]
    reason = failure_of(settings, "saps_v") or ""
    assert reason.startswith("its process ended without a result (a worker was killed)")


def test_a_launcher_that_starts_nothing_is_an_error(tmp_path: Path) -> None:
    def absent(rows: Sequence[Row]) -> None:
        raise RuntimeError("no sbatch")

    with pytest.raises(RuntimeError, match="no sbatch"):
        make_in_waves(read_settings(tmp_path, "rows=[saps_v]"), absent)
