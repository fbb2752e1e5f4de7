"""An ablation's folder belongs to one ablation, and to one command at a time."""

import json
from pathlib import Path

import pytest

from saps.data import DataError, write_examples
from saps.evaluation.ablation.ablation_folder import locked, prepare
from saps.evaluation.ablation.ablation_result import Ablation
from saps.evaluation.ablation.ablation_settings import AblationError
from saps.evaluation.ablation.ablation_tables import write_files
from saps.resources import FolderInUseError
from tests.evaluation.ablation_fakes import Lab, install_lab, make_all, read_settings
from tests.evaluation.conftest import make_example

ROW = "rows=[saps_h]"


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    return install_lab(monkeypatch)


def _make(tmp_path: Path, *overrides: str) -> None:
    make_all(read_settings(tmp_path, ROW, *overrides))


def test_the_same_settings_go_on_whatever_else_is_asked_for(tmp_path: Path, lab: Lab) -> None:
    _make(tmp_path)
    for more in ("rows=[saps_v]", "overwrite=true", "evaluation.workers=3", "data.cache=null"):
        _make(tmp_path, more)
    assert lab.names == ["saps_h", "saps_v"]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("epochs=3", "epochs is 2 there and 3 here"),
        ("seed=2", "seed is 1 there and 2 here"),
        ("data.batch_size=3", "data.batch_size is 64 there and 3 here"),
        ("optimizer.lr=1", "optimizer.lr is 0.002 there and 1 here"),
    ],
)
def test_other_settings_are_refused_and_nothing_is_touched(
    tmp_path: Path, lab: Lab, override: str, told: str
) -> None:
    _make(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    with pytest.raises(AblationError, match=f"holds another ablation: {told}.*overwrite=true"):
        prepare(read_settings(tmp_path, ROW, override))
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_other_data_are_refused(tmp_path: Path, lab: Lab) -> None:
    _make(tmp_path)
    write_examples(tmp_path / "data" / "test.jsonl", [make_example()])
    with pytest.raises(AblationError, match=r"sha256\.test is"):
        prepare(read_settings(tmp_path, ROW))


def test_settings_that_trained_nothing_do_not_block_the_folder(tmp_path: Path, lab: Lab) -> None:
    lab.raises["saps_h"] = ValueError("no such thing")
    _make(tmp_path, "seed=7")
    lab.raises.clear()
    _make(tmp_path, "seed=2")
    assert json.loads((tmp_path / "out/settings.json").read_text())["seed"] == 2


def test_settings_of_an_older_version_are_taken_and_completed(tmp_path: Path, lab: Lab) -> None:
    _make(tmp_path)
    file = tmp_path / "out/settings.json"
    older = json.loads(file.read_text())
    older["data"]["retelling"] = None  # a setting that is no more
    del older["data"]["reading"], older["evaluation"]
    file.write_text(json.dumps(older))
    _make(tmp_path)
    assert lab.names == ["saps_h"]
    assert json.loads(file.read_text())["evaluation"] == {"dev_limit": 2000, "test_limit": None}


def test_overwrite_replaces_an_ablation_with_other_settings(tmp_path: Path, lab: Lab) -> None:
    _make(tmp_path)
    _make(tmp_path, "seed=2", "overwrite=true")
    assert [cfg.seed for cfg in lab.trained] == [1, 2]
    assert json.loads((tmp_path / "out/settings.json").read_text())["seed"] == 2


def test_a_folder_with_something_else_is_refused_even_with_overwrite(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    with pytest.raises(AblationError, match=r"something else, such as thesis"):
        prepare(read_settings(tmp_path, "overwrite=true"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.tex"]


def test_run_folders_that_no_ablation_made_are_not_taken_away(tmp_path: Path) -> None:
    (tmp_path / "out" / "runs" / "mine").mkdir(parents=True)
    with pytest.raises(AblationError, match=r"something else, such as runs"):
        prepare(read_settings(tmp_path, "overwrite=true"))
    assert (tmp_path / "out" / "runs" / "mine").exists()


def test_a_folder_of_another_version_is_refused(tmp_path: Path, lab: Lab) -> None:
    _make(tmp_path)
    (tmp_path / "out/settings.json").write_text('{"format": 99}')
    with pytest.raises(AblationError, match="another version"):
        prepare(read_settings(tmp_path, ROW))


def test_a_second_command_is_refused_while_the_first_is_at_work(tmp_path: Path) -> None:
    settings = read_settings(tmp_path)
    told = "another command is writing into"
    with locked(settings), pytest.raises(FolderInUseError, match=told), locked(settings):
        pass


def test_missing_data_are_told_of(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, "data.path=nowhere")
    with locked(settings), pytest.raises(DataError, match="saps generate out=nowhere"):
        prepare(settings)


def test_published_tables_of_another_ablation_are_not_replaced(tmp_path: Path, lab: Lab) -> None:
    published = tmp_path / "published"
    settings = read_settings(tmp_path, ROW, f"publish={published}")
    for _ in range(2):
        make_all(settings)
        write_files(Ablation.read(settings))
    assert (published / "report" / "report.json").exists()
    other = (ROW, "seed=2", f"out={tmp_path / 'other'}", f"publish={published}")
    with pytest.raises(AblationError, match="the tables of another ablation: seed is 1"):
        prepare(read_settings(tmp_path, *other))


def test_a_folder_with_something_else_is_not_published_to(tmp_path: Path) -> None:
    settings = read_settings(tmp_path, f"publish={tmp_path / 'data'}")
    with pytest.raises(AblationError, match="holds something else"):
        prepare(settings)
