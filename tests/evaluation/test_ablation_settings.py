"""Which rows an ablation has, and what all of them have in common."""

from pathlib import Path

import pytest
from hydra.errors import HydraException

from saps.evaluation.ablation.ablation_settings import AblationError
from saps.evaluation.ablation.making import evaluate_config, train_config
from saps.resources import resource_folder
from tests.evaluation.ablation_fakes import compose_ablate, read_settings

PUBLISHED = (
    *("saps_v", "saps_v_att", "saps_h", "saps_h_att", "saps_vh", "saps_vh_att"),
    *("sapspre_vh_att_256", "seq2seq_att", "seq2tree", "seq2tree_search"),
)


def test_the_rows_are_those_of_the_published_table_and_what_they_need(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    assert settings.sections == {"models": PUBLISHED}
    assert [row.name for row in settings.rows] == [*PUBLISHED, "autoencoder"]
    assert all(settings.row(name).published for name in PUBLISHED)


def test_chosen_rows_take_the_place_of_the_table_and_other_parts_stay(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "rows=[seq2tree_search]", "topology=true")
    assert settings.sections == {
        "rows": ("seq2tree_search",),
        "topology": ("saps_vh_att", "topology_predicted"),
    }
    names = ["seq2tree_search", "saps_vh_att", "topology_predicted", "seq2tree"]
    assert [row.name for row in settings.rows] == names


def test_there_is_a_row_for_every_cell(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "models=false", "cells=true")
    cells = {row.train[-1].removeprefix("cell=") for row in settings.rows[1:]} | {"lstm"}
    assert cells == {path.stem for path in (resource_folder("conf") / "cell").iterdir()}
    assert settings.rows[0].name == "saps_vh_att"


def test_data_sizes_make_rows_of_fewer_tasks_and_end_with_all(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "models=false", "data_sizes=[30,10,10]")
    names = ("saps_vh_att_10", "saps_vh_att_30", "saps_vh_att")
    assert settings.sections == {"data_sizes": names}
    limits = [train_config(settings, row).data.train_limit for row in settings.rows]
    assert limits == [10, 30, None]


def test_all_rows_have_the_data_the_batches_and_the_epochs_of_the_ablation(tmp_path: Path) -> None:
    settings = read_settings(
        tmp_path, "data.batch_size=7", "seed=5", "optimizer.lr=0.5", "train=['patience=3']"
    )
    for name in ("saps_v", "seq2tree", "seq2seq_att"):  # the last two have models of their own
        cfg = train_config(settings, settings.row(name))
        assert (cfg.name, cfg.folder) == (name, str(tmp_path / "out" / "runs" / name))
        assert (cfg.data.batch_size, cfg.data.path) == (7, str(tmp_path / "data"))
        assert (cfg.trainer.max_epochs, cfg.seed, cfg.optimizer.lr) == (2, 5, 0.5)
        assert (cfg.sizes.units, cfg.patience) == (96, 3)


def test_a_row_may_have_a_learning_rate_of_its_own(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "optimizer.lr=0.5", "+table.saps_vh.lr=0.25")
    h, vh = (train_config(settings, settings.row(name)) for name in ("saps_h", "saps_vh"))
    assert (h.optimizer.lr, vh.optimizer.lr) == (0.5, 0.25)


def test_the_autoencoder_has_epochs_of_its_own_and_is_where_sapspre_starts(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "autoencoder_epochs=9", "size=paper")
    cfg = train_config(settings, settings.row("autoencoder"))
    assert (cfg.trainer.max_epochs, cfg.sizes.units) == (9, 256)
    cfg = train_config(settings, settings.row("sapspre_vh_att_256"))
    assert cfg.pretrained == str(tmp_path / "out" / "runs" / "autoencoder")
    assert cfg.trainer.max_epochs == 2


def test_runs_may_lie_elsewhere(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "runs=there")
    assert train_config(settings, settings.rows[0]).folder == "there/saps_v"


def test_models_are_judged_without_types_enforced_and_search_by_itself(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "evaluation.test_limit=40", "evaluation.workers=1")
    cfg = evaluate_config(settings, settings.row("seq2tree"), "test")
    assert (cfg.decoding.typed, cfg.limit, cfg.workers, cfg.split) == (False, 40, 1, "test")
    search = evaluate_config(settings, settings.row("seq2tree_search"), "dev")
    assert (search.decoding.n_examples, search.limit) == (3, 500)
    assert cfg.checkpoint == search.checkpoint == str(tmp_path / "out/runs/seq2tree/best")


def test_another_row_is_an_override_away(tmp_path: Path) -> None:
    mine = "+table.mine={title: Mine, train: ['experiment=saps_vh', 'model.decoder.recurrence=h']}"
    settings = read_settings(tmp_path, mine, "rows=[mine]")
    assert train_config(settings, settings.row("mine")).model.decoder.recurrence == "h"


def test_a_setting_that_no_training_has_is_refused(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "train=['model.hight=3']")
    with pytest.raises(HydraException, match=r"model\.hight"):
        train_config(settings, settings.rows[0])


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        pytest.param(["rows=[seq2tre]"], "no row seq2tre; did you mean seq2tree", id="row"),
        pytest.param(["models=false"], "no row is asked for", id="nothing"),
        pytest.param(["rows=saps_h"], r"rows=saps_h: expected a list", id="no-list"),
        pytest.param(["data_sizes=[0]"], "at least 1", id="size"),
        pytest.param(["data_sizes=[ten]"], "expected a whole number", id="size-word"),
        pytest.param(["epochs=0"], r"trainer\.max_epochs=0: expected", id="epochs"),
        pytest.param(["seed=x"], "seed=x: expected a whole number", id="seed"),
        pytest.param(["cells=so"], "cells=so: expected true or false", id="flag"),
        pytest.param(["evaluation.dev_limit=-1"], r"dev_limit=-1: expected", id="limit"),
        pytest.param(["trainer=ddp"], "one process on one device", id="several-processes"),
        pytest.param(["trainer.devices=2"], "one process on one device", id="several-devices"),
        pytest.param(["+table.x={tite: X}"], r"table\.x\.tite: no such key", id="key"),
        pytest.param(["+table.x={title: X}"], "either train or model_of", id="nothing-to-train"),
        pytest.param(
            ["+table.x={model_of: saps_hh}"], "needs saps_hh, and there is no", id="needs-nobody"
        ),
        pytest.param(
            ["+table.x={model_of: seq2tree_search}"], "which needs another row", id="needs-two"
        ),
        pytest.param(["comparisons=[[saps_h]]"], "expected pairs", id="comparison"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, overrides: list[str], told: str) -> None:
    with pytest.raises(AblationError, match=told):
        read_settings(tmp_path, *overrides)


@pytest.mark.slow
def test_every_row_of_the_table_can_be_composed(tmp_path: Path) -> None:
    names = list(compose_ablate(tmp_path).table)
    settings = read_settings(tmp_path, f"rows=[{','.join(names)}]")
    for row in settings.rows:
        if row.train:
            assert train_config(settings, row).data.path == str(tmp_path / "data")
        evaluate_config(settings, row, "test")
