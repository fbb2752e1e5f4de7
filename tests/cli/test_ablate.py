"""`saps ablate`: the command around the rows, which are made up here but for one test."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from saps.training.checkpoints import RunInterruptedError
from tests.cli.conftest import RunSaps
from tests.evaluation.ablation_fakes import Lab, install_lab
from tests.tasks import write_data


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_data(tmp_path / "data")


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install_lab(monkeypatch)


@pytest.fixture
def sigint_heard() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


SMALL = ("data.path=data", "out=out", "epochs=1")


def test_the_table_is_on_stdout_and_progress_on_stderr(saps: RunSaps, lab: Lab) -> None:
    outcome = saps("ablate", *SMALL, "rows=[seq2tree_search,saps_h]", "--data-sizes", "3,5")
    assert outcome.status == 0, outcome.err
    assert "exact match, validation of 4" in outcome.out
    assert "Seq2Tree + Search" in outcome.out
    assert "row 1, Seq2Tree + Search: done" in outcome.err
    assert "tables: out" in outcome.err
    assert sorted(lab.names) == [
        *("saps_h", "saps_vh_att", "saps_vh_att_3", "saps_vh_att_5", "seq2tree"),
    ]
    written = Path("out/ablation.md").read_text()
    assert "Made by `saps ablate data.path=data out=out epochs=1" in written
    assert {path.name for path in Path().iterdir()} == {"data", "out"}


def test_a_failed_row_is_reported_and_the_others_are_there(saps: RunSaps, lab: Lab) -> None:
    lab.raises["saps_v"] = ValueError("the loss is nan")
    outcome = saps("ablate", *SMALL, "rows=[saps_v,saps_h]")
    assert outcome.status == 1
    assert "- SAPS V failed: the loss is nan." in outcome.out
    assert "Traceback" not in outcome.err
    assert '"name": "saps_h"' in Path("out/ablation.json").read_text()
    lab.raises.clear()
    assert saps("ablate", *SMALL, "rows=[saps_v,saps_h]").status == 0
    assert lab.names == ["saps_v", "saps_h", "saps_v"]


def test_after_ctrl_c_the_same_command_goes_on(saps: RunSaps, lab: Lab, sigint_heard: None) -> None:
    lab.raises["saps_h"] = RunInterruptedError(Path("out/runs/saps_h"), 3, 0, None)
    outcome = saps("ablate", *SMALL, "rows=[saps_v,saps_h,saps_vh]")
    assert outcome.status == 130
    command = "saps ablate data.path=data out=out epochs=1 'rows=[saps_v,saps_h,saps_vh]'"
    assert f"stopped; to continue: {command}" in outcome.err
    assert "(waiting)" in Path("out/ablation.md").read_text()
    lab.raises.clear()
    assert saps("ablate", *SMALL, "rows=[saps_v,saps_h,saps_vh]").status == 0
    assert lab.names == ["saps_v", "saps_h", "saps_h", "saps_vh"]


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        pytest.param(["rows=[saps_x]"], 1, "there is no row saps_x", id="row"),
        pytest.param(["--multirun"], 2, "leave --multirun out", id="multirun"),
        pytest.param(["--data-sizes", "many"], 1, "data_sizes[0]=many: expected", id="sizes"),
        pytest.param(["data.path=absent"], 1, "saps generate out=absent", id="no-data"),
        pytest.param(["hydra/launcher=x"], 1, "Could not find 'hydra/launcher/x'", id="launcher"),
    ],
)
def test_a_wrong_use_is_one_message(
    saps: RunSaps, lab: Lab, arguments: list[str], status: int, told: str
) -> None:
    outcome = saps("ablate", *SMALL, *arguments)
    assert (outcome.status, outcome.out) == (status, "")
    assert told in outcome.err
    assert "Traceback" not in outcome.err
    assert lab.trained == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["size=tiny"], "look at size=, train= and table", id="row"),
        pytest.param(["evaluate=['decoding=beem']"], "'decoding': beam, greedy", id="evaluate"),
        pytest.param(["evaluation.device=cuda:99"], "try evaluation.device=cpu", id="device"),
        pytest.param(["--data-sizes", "3,11"], "give data_sizes at most 10", id="sizes"),
        pytest.param(["data.path=absent"], "saps generate out=absent", id="data"),
    ],
)
def test_what_can_not_be_made_leaves_no_folder(
    saps: RunSaps, lab: Lab, arguments: list[str], told: str
) -> None:
    outcome = saps("ablate", *SMALL, "rows=[saps_h]", *arguments)
    assert outcome.status == 1
    assert told in outcome.err
    assert "bug in SAPS" not in outcome.err
    assert not Path("out").exists()


def test_a_folder_of_something_else_stays_as_it_is(saps: RunSaps, lab: Lab) -> None:
    Path("out").mkdir()
    Path("out/thesis.tex").touch()
    outcome = saps("ablate", *SMALL, "rows=[saps_h]")
    assert outcome.status == 1
    assert "out holds something else, such as thesis.tex" in outcome.err
    assert [path.name for path in Path("out").iterdir()] == ["thesis.tex"]


def test_a_row_with_another_definition_is_refused_and_its_run_stays(
    saps: RunSaps, lab: Lab
) -> None:
    def mine(cell: str) -> str:
        return f"+table.mine={{title: Mine, train: ['experiment=saps_vh_att', 'cell={cell}']}}"

    assert saps("ablate", *SMALL, "rows=[mine]", mine("rnn")).status == 0
    outcome = saps("ablate", *SMALL, "rows=[mine]", mine("gru"))
    assert outcome.status == 1
    assert "out/runs/mine holds another run: model.encoder.cell._target_ is" in outcome.err
    assert Path("out/runs/mine/best/config.json").exists()


def test_another_evaluation_judges_the_rows_again_and_says_so(saps: RunSaps, lab: Lab) -> None:
    assert saps("ablate", *SMALL, "rows=[saps_h]").status == 0
    outcome = saps("ablate", *SMALL, "rows=[saps_h]", "evaluation.test_limit=2")
    assert outcome.status == 0, outcome.err
    told = "SAPS H is judged again: evaluation.test_limit was null and is 2 now"
    assert told in outcome.err
    assert lab.names == ["saps_h"]
    assert len(lab.judged) == 3  # the validation report will do


def test_another_ablation_in_the_folder_is_refused(saps: RunSaps, lab: Lab) -> None:
    assert saps("ablate", *SMALL, "rows=[saps_h]").status == 0
    outcome = saps("ablate", *SMALL, "rows=[saps_h]", "seed=7")
    assert outcome.status == 1
    assert "out holds another ablation: seed is 1 there and 7 here" in outcome.err


def test_help_names_the_flags_and_starts_nothing(saps: RunSaps, lab: Lab) -> None:
    outcome = saps("ablate", "--help")
    assert outcome.status == 0
    for told in ("--cells", "--data-sizes", "autoencoder_epochs", "hydra/launcher"):
        assert told in outcome.out
    assert not Path("out").exists()


@pytest.mark.slow
def test_rows_are_trained_and_judged_side_by_side(saps: RunSaps) -> None:
    train = "train=['model.encoder.hidden_size=14','model.encoder.n_layers=1']"
    outcome = saps(
        *("ablate", *SMALL, "rows=[saps_v,seq2tree_search]", train, "evaluation.workers=1"),
        *("evaluation.test_limit=2", "evaluation.dev_limit=2", "data.vocabulary_size=120"),
        *("hydra/launcher=processes", "hydra.launcher.n_jobs=2"),
    )
    assert outcome.status == 0, outcome.err
    written = Path("out/ablation.md").read_text()
    assert "SAPS V is right on 0 of the" in written
    assert Path("out/rows/saps_v/test/report.html").exists()
    assert Path("out/curves.png").exists()
