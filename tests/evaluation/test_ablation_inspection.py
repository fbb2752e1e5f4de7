"""What is wrong is told before a folder is made or anything is trained."""

from pathlib import Path

import pytest

from saps.data import DataError, write_examples
from saps.evaluation.ablation.ablation_settings import AblationError
from saps.evaluation.ablation.making import inspect, train_config
from tests.evaluation.ablation_fakes import (
    Lab,
    install_lab,
    make_all,
    read_settings,
    write_run,
)
from tests.evaluation.conftest import make_example

ROW = "rows=[saps_h]"


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install_lab(monkeypatch)


def _inspect(tmp_path: Path, *overrides: str, are_made_here: bool = True) -> None:
    inspect(read_settings(tmp_path, *overrides), are_made_here=are_made_here)


def test_settings_that_will_do_leave_no_trace(tmp_path: Path) -> None:
    _inspect(tmp_path, "rows=[saps_h,seq2tree_search,sapspre_vh_att_256]")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("size=tiny", r"SAPS H cannot be trained: .*'model/size/tiny'; .*: medium, paper, small"),
        ("train=['model.encoder.droput=0.1']", r"Key 'droput' is not in struct; look at .*train="),
        ("train=['model.encoder.hidden_size=-3']", r"hidden_size is -3, expected a whole number"),
        ("train=['+freezing.decodr=1']", r"freezing\.decodr: the network has no such part"),
        ("data.train_limit=0", r"data\.train_limit=0: expected a whole number from 1"),
        ("evaluate=['decoding=beem']", r"SAPS H cannot be judged: .*: beam, greedy, .*evaluate="),
        ("evaluate=['+decoding.x=1']", r"cannot be judged: .*unexpected keyword argument 'x'"),
        ("evaluation.device=cuda:99", r"evaluation\.device=cuda:99 cannot be used: .*device=cpu"),
        (
            "trainer.precision=7",
            r"can be made on this machine: trainer\.precision=7: expected one",
        ),
        ("train=['patience=2']", r"patience=2 would end rows early, and all rows have the same"),
        ("train=['optimizer.lr=0.1']", r"optimizer\.lr is .*, or \+table\.saps_h\.lr=0\.1 for"),
        ("+table.seq2tree_search.lr=0.1", r"lr has no effect: seq2tree trains its model"),
        ("+table.saps_hh.lr=0.1", r"saps_hh: give either .*, or did you mean table\.saps_h\?"),
        ("+table.saps_h.lr=-1", r"SAPS H cannot be trained: optimizer\.lr=-1"),
    ],
)
def test_a_setting_that_no_row_can_have_is_told_with_its_cause(
    tmp_path: Path, override: str, told: str
) -> None:
    with pytest.raises(AblationError, match=told):
        _inspect(tmp_path, ROW, override)
    assert not (tmp_path / "out").exists()


def test_the_last_row_is_looked_at_too(tmp_path: Path) -> None:
    mine = "+table.mine={title: Mine, train: ['experiment=saps_h', 'cell=gruu']}"
    with pytest.raises(AblationError, match=r"Mine cannot be trained: .*: cifg, .*table\.mine"):
        _inspect(tmp_path, mine, "rows=[saps_h,mine]")


def test_devices_of_other_machines_are_not_looked_at(tmp_path: Path) -> None:
    _inspect(tmp_path, ROW, "evaluation.device=cuda:99", are_made_here=False)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            ["data_sizes=[5,11]"],
            r"11 tasks: .*train\.jsonl holds 10 .*; give data_sizes at most 10",
        ),
        (
            ["data_sizes=[5,9]", "data.train_limit=6"],
            r"9 tasks: .* 10 tasks, of which data\.train_limit=6 .*; give data_sizes at most 6",
        ),
        (
            ["data_sizes=[5]", "+table.saps_vh_att.train_limit=4"],
            r"5 tasks: .*; give data_sizes at most 4",
        ),
        (
            ["topology=true", "+table.topology_predicted.train_limit=11"],
            r"VH Att, predicted topology: .*; give table\.topology_predicted at most 10",
        ),
    ],
)
def test_a_row_can_not_have_more_tasks_than_there_are(
    tmp_path: Path, overrides: list[str], told: str
) -> None:
    with pytest.raises(AblationError, match=told):
        _inspect(tmp_path, "models=false", *overrides)
    assert not (tmp_path / "out").exists()


def test_a_size_may_be_all_that_there_is(tmp_path: Path) -> None:
    _inspect(tmp_path, "models=false", "data_sizes=[5,10]")


def test_data_without_tests_are_told_of_before_anything_is_trained(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    write_examples(tmp_path / "data" / "dev.jsonl", [make_example(), make_example(n_tests=0)])
    with pytest.raises(DataError, match=r"line 2, field 'tests'"):
        inspect(settings, are_made_here=True)
    assert not (tmp_path / "out").exists()


def _mine(setting: str) -> tuple[str, str]:
    return f"+table.mine={{title: Mine, train: ['experiment=saps_h', '{setting}']}}", "rows=[mine]"


@pytest.mark.parametrize(
    ("before", "now", "name"),
    [
        (
            "cell=rnn",
            "cell=gru",
            r"model\..*cell\._target_ is .*RnnCell there and .*GruCell here",
        ),
        (
            "model.encoder.dropout=0.3",
            "model.encoder.dropout=0.2",
            r"model\.encoder\.dropout is 0\.3 there and 0\.2 here",
        ),
        ("monitor=val/loss", "monitor=val/exact_match", "monitor is val/loss there"),
    ],
)
def test_a_row_that_was_trained_with_other_settings_is_refused(
    tmp_path: Path, lab: Lab, before: str, now: str, name: str
) -> None:
    make_all(read_settings(tmp_path, *_mine(before)))
    told = rf"out/runs/mine holds another run: {name}.* in row mine; .*remove .*out/runs/mine to"
    with pytest.raises(AblationError, match=told):
        _inspect(tmp_path, *_mine(now))
    _inspect(tmp_path, *_mine(before))
    assert len(lab.trained) == 1


def test_a_setting_that_was_added_to_all_rows_is_noticed_too(tmp_path: Path) -> None:
    make_all(read_settings(tmp_path, ROW))
    with pytest.raises(AblationError, match=r"\.weight_decay is absent there and 0\.1 here"):
        _inspect(tmp_path, ROW, "+optimizer.weight_decay=0.1")
    with pytest.raises(AblationError, match=r"trainer\.gradient_clip_val is 1\.0 there and 2 here"):
        _inspect(tmp_path, ROW, "trainer.gradient_clip_val=2")


def test_where_a_run_was_computed_makes_no_difference(tmp_path: Path) -> None:
    make_all(read_settings(tmp_path, ROW))
    _inspect(tmp_path, ROW, "trainer.log_every_n_steps=3", "data.cache=null")


def test_a_run_elsewhere_on_other_data_is_refused(tmp_path: Path) -> None:
    runs = f"runs={tmp_path / 'runs'}"
    settings = read_settings(tmp_path, ROW, runs)
    cfg = train_config(settings, settings.rows[0])
    write_run(cfg)
    inspect(settings, are_made_here=True)
    cfg.data.path = "elsewhere"
    write_run(cfg)
    with pytest.raises(AblationError, match=r"runs/saps_h holds .* data\.path is elsewhere there"):
        inspect(settings, are_made_here=True)


def test_a_row_whose_start_was_made_anew_is_refused(tmp_path: Path) -> None:
    row = "rows=[sapspre_vh_att_256]"
    make_all(read_settings(tmp_path, row))
    _inspect(tmp_path, row)
    (tmp_path / "out/runs/autoencoder/best/model.safetensors").write_text("other")
    with pytest.raises(AblationError, match="did not start from the model that autoencoder has"):
        _inspect(tmp_path, row)


def test_other_settings_that_replace_the_folder_are_no_other_run(tmp_path: Path) -> None:
    make_all(read_settings(tmp_path, ROW))
    _inspect(tmp_path, ROW, "seed=2", "overwrite=true")
