"""Several seeds a row: each is a run of its own, and a row has the mean of all or no figures."""

import json
import shutil
from pathlib import Path

import pytest

from saps.evaluation.ablation.ablation_folder import Stage
from saps.evaluation.ablation.ablation_result import Ablation, differences
from saps.evaluation.ablation.ablation_settings import AblationError, Settings
from saps.evaluation.ablation.ablation_tables import (
    brief_tables,
    caption,
    difference_table,
    notes,
    tables,
    write_files,
)
from saps.evaluation.ablation.making import inspect, train_config
from saps.evaluation.metrics import Spread
from tests.evaluation.ablation_fakes import Lab, install_lab, make_all, read_settings, write_run

ROWS, SEEDS = "rows=[saps_v,saps_h]", "seeds=[1,2,3]"


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    made = install_lab(monkeypatch)
    made.solved = {"saps_v": 1, "saps_v_seed2": 1, "saps_v_seed3": 1}
    made.solved |= {"saps_h": 4, "saps_h_seed2": 3, "saps_h_seed3": 2}
    return made


def _made(tmp_path: Path, *overrides: str) -> Settings:
    settings = read_settings(tmp_path, ROWS, *overrides)
    make_all(settings)
    return settings


def test_each_seed_is_a_run_and_a_seed_may_be_added_later(tmp_path: Path, lab: Lab) -> None:
    _made(tmp_path)
    _made(tmp_path, "seeds=[1,2]")
    _made(tmp_path, SEEDS)
    assert [(cfg.name, cfg.seed) for cfg in lab.trained] == [
        *(("saps_v", 1), ("saps_h", 1), ("saps_v_seed2", 2), ("saps_h_seed2", 2)),
        *(("saps_v_seed3", 3), ("saps_h_seed3", 3)),
    ]
    with pytest.raises(AblationError, match="seed is 1 there and 2 here"):
        inspect(read_settings(tmp_path, ROWS, "seeds=[2,1]"), are_made_here=True)


def test_what_a_row_needs_has_the_same_seed(tmp_path: Path, lab: Lab) -> None:
    settings = read_settings(tmp_path, "rows=[sapspre_vh_att_256,seq2tree_search]", "seeds=[7,8]")
    make_all(settings)
    starts = {cfg.name: cfg.pretrained for cfg in lab.trained if cfg.get("pretrained")}
    assert {name: Path(start).name for name, start in starts.items()} == {
        "sapspre_vh_att_256": "autoencoder",
        "sapspre_vh_att_256_seed8": "autoencoder_seed8",
    }
    assert settings.row("seq2tree_search_seed8").runs_in == "seq2tree_seed8"


@pytest.mark.parametrize("seeds", ["seeds=[]", "seeds=[1,1]"])
def test_seeds_that_are_none_are_refused(tmp_path: Path, seeds: str) -> None:
    with pytest.raises(AblationError, match="expected different seeds"):
        read_settings(tmp_path, seeds)


def test_a_row_has_the_mean_with_an_interval_over_tasks_and_one_over_seeds(tmp_path: Path) -> None:
    ablation = Ablation.read(_made(tmp_path, SEEDS))
    test = ablation.results["saps_h"].test
    assert test is not None
    assert test.exact_match.value == pytest.approx(0.75)
    assert test.exact_match_over_seeds is not None
    # Of 4, 3 and 2 in four: 0.75 and 4.303 * 0.25 / sqrt(3), cut at 1.
    low, high = test.exact_match_over_seeds.interval
    assert low == pytest.approx(0.75 - 0.6211, abs=1e-4)
    assert high == 1.0
    (table,) = tables(ablation)
    assert table.header.count("95 % int. over seeds") == 2
    row = dict(zip(table.header[:5], table.rows[1], strict=False))
    assert row["test, exact match"] == "75.00 % (3/4)"
    assert row["95 % int. over seeds"] == "12.89-100.00 %"
    assert all(len(cells) == len(table.header) for cells in table.rows)
    assert "the mean of seeds 1, 2, 3" in caption(ablation)
    (brief,) = brief_tables(ablation)
    assert brief.rows[1][2] == "75.00"


def test_differences_are_paired_by_seed_and_then_averaged(tmp_path: Path) -> None:
    ablation = Ablation.read(_made(tmp_path, SEEDS))
    found = differences(ablation)
    assert [item.seed for item in found] == [1, 2, 3, None]
    assert [item.exact_match.difference for item in found] == [0.75, 0.5, 0.25, 0.5]
    assert isinstance(found[-1].exact_match, Spread)
    table = difference_table(ablation, found)
    assert table.rows[-1][:2] == ("SAPS H - SAPS V, mean of the seeds", "+50.00")
    write_files(ablation)
    content = json.loads((tmp_path / "out/ablation.json").read_text())
    assert content["seeds"] == [1, 2, 3]
    assert [part["test"]["exact_match"]["count"] for part in content["rows"][1]["seeds"]] == [
        *(4, 3, 2),
    ]
    assert content["differences"][-1]["exact_match"]["seeds"] == 3
    assert "Student's over the seeds" in (tmp_path / "out/ablation.md").read_text()


def test_a_missing_seed_is_told_and_the_row_has_no_mean(tmp_path: Path, lab: Lab) -> None:
    _made(tmp_path)
    ablation = Ablation.read(read_settings(tmp_path, ROWS, SEEDS))
    assert ablation.results["saps_h"].test is None
    told = "SAPS H is not made yet under seeds 2, 3, so it has no mean: the same command goes on."
    assert told in list(notes(ablation))
    assert [row[1] for table in tables(ablation) for row in table.rows] == ["(waiting)"] * 2
    assert [item.seed for item in differences(ablation)] == [1]


def test_a_seed_that_failed_fails_the_row_and_is_named(tmp_path: Path, lab: Lab) -> None:
    lab.raises["saps_h_seed2"] = ValueError("the loss is nan")
    ablation = Ablation.read(_made(tmp_path, SEEDS))
    assert "SAPS H failed: seed 2: the loss is nan." in list(notes(ablation))
    assert ablation.results["saps_v"].stage is Stage.DONE


def test_the_table_refuses_a_run_of_other_settings_or_data(tmp_path: Path) -> None:
    settings = _made(tmp_path)
    other = train_config(settings, settings.row("saps_h"))
    other.optimizer.lr = 0.5
    write_run(other)
    foreign = train_config(settings, settings.row("saps_v"))
    foreign.data.path = "elsewhere"
    write_run(foreign)
    ablation = Ablation.read(settings)
    told = "\n".join(notes(ablation))
    assert "SAPS H failed: " in told
    assert "saps_h holds another run: optimizer.lr is 0.5 there and 0.002 here" in told
    assert "saps_v holds another run: data.path is elsewhere there and" in told
    assert all(result.test is None for result in ablation.results.values())
    assert ablation.best is None


def test_a_run_folder_that_was_moved_is_not_trained_anew(tmp_path: Path) -> None:
    settings = _made(tmp_path)
    run = tmp_path / "out/runs/saps_h"
    run.rename(tmp_path / "saved")
    told = r"out/runs/saps_h is gone, and .*report\.json tells of its model: move the run back"
    with pytest.raises(AblationError, match=told):
        inspect(settings, are_made_here=True)
    assert Ablation.read(settings).results["saps_h"].stage is Stage.FAILED
    shutil.rmtree(tmp_path / "out/rows/saps_h")
    inspect(settings, are_made_here=True)
