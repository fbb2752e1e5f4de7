"""`saps generate` in parts: by hand, by joblib on this machine, and composed for Slurm."""

import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from tests.cli.conftest import RunSaps


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_part_has_a_folder_of_its_own(saps: RunSaps, tmp_path: Path) -> None:
    outcome = saps("generate", "out=set", "size=20", "shard=2/2", "max_depth=1", "workers=1")
    assert (outcome.status, outcome.out) == (0, "set/2-of-2\n")
    assert [path.name for path in Path("set").iterdir()] == ["2-of-2"]


def test_compositional_is_a_choice_of_the_command(saps: RunSaps) -> None:
    overrides = ("out=set", "size=20", "split=compositional", "max_depth=2", "workers=1")
    assert saps("generate", *overrides).status == 0
    assert '"split": "compositional"' in Path("set/metadata.json").read_text()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("shard=5/4", "shard is '5/4', expected i/n with i from 1 to n, such as 2/4"),
        ("shard=1/99", "shard is '1/99', but a data set has 64 blocks; make at most 64 parts"),
        ("split=random", "split is 'random', expected surface or compositional"),
    ],
)
def test_wrong_choices_are_told_in_one_line(saps: RunSaps, override: str, told: str) -> None:
    outcome = saps("generate", "out=set", "size=20", override)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == f"saps: error: {told}\n"
    assert not Path("set").exists()


def test_another_set_is_replaced_only_when_asked(saps: RunSaps) -> None:
    shape = ("out=set", "max_depth=1", "workers=1")
    assert saps("generate", *shape, "size=30", "seed=1").status == 0
    outcome = saps("generate", *shape, "size=20", "seed=2")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        "saps: error: set: holds a data set of size=30, seed=1, not of size=20, seed=2; "
        "give out= another name, or overwrite=true to replace it\n"
    )
    assert saps("generate", *shape, "size=20", "seed=2", "overwrite=true").status == 0
    assert '"size": 20' in Path("set/metadata.json").read_text()


@pytest.mark.slow
def test_joblib_makes_the_parts_of_one_set(saps: RunSaps) -> None:
    outcome = saps(
        *("generate", "--multirun", "hydra/launcher=processes", "hydra.launcher.n_jobs=2"),
        *("shard=1/2,2/2", "out=set", "size=40", "max_depth=1", "workers=1"),
    )
    assert outcome.status == 0, outcome.err
    assert sorted(path.name for path in Path("set").iterdir()) == [
        "1-of-2",
        "2-of-2",
        "multirun.yaml",
    ]
    outcome = saps("data", "merge", "set")
    assert (outcome.status, outcome.out) == (0, "set\n")
    assert saps("generate", "out=whole", "size=40", "max_depth=1", "workers=1").status == 0
    for path in Path("whole").iterdir():
        assert (Path("set") / path.name).read_bytes() == path.read_bytes(), path.name
    assert sorted(path.name for path in Path().iterdir()) == ["set", "whole"]


def test_merge_of_a_folder_without_parts_is_told_in_one_line(saps: RunSaps) -> None:
    outcome = saps("data", "merge", ".")
    assert (outcome.status, outcome.out) == (1, "")
    told = "holds no parts, such as 1-of-2; make them with `saps generate shard=1/2`"
    assert outcome.err == f"saps: error: .: {told}\n"


def test_slurm_composes_an_array_of_jobs(saps: RunSaps) -> None:
    arguments = ("generate", "hydra/launcher=slurm", "--cfg", "hydra", "-p", "hydra.launcher")
    launcher = OmegaConf.create(saps(*arguments).out)
    assert launcher._target_.endswith("SlurmLauncher")
    assert (launcher.cpus_per_task, launcher.mem_gb, launcher.timeout_min) == (4, 4, 60)


def test_launcher_that_is_not_installed_says_what_to_install(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hydra.core.config_store import ConfigStore

    repo = ConfigStore.instance().repo
    launchers = {k: v for k, v in repo["hydra"]["launcher"].items() if k != "joblib.yaml"}
    monkeypatch.setitem(repo["hydra"], "launcher", launchers)
    monkeypatch.setitem(sys.modules, "hydra_plugins.hydra_joblib_launcher.config", None)
    monkeypatch.setattr("hydra.core.plugins.Plugins.discover", lambda *_: [])
    outcome = saps("generate", "--multirun", "hydra/launcher=processes", "shard=1/2,2/2")
    assert outcome.status == 1
    assert outcome.err.endswith('the launchers come with `pip install "saps[cluster]"`\n')
