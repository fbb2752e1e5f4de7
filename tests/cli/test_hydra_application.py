import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from saps.cli import hydra_application, sweep, train
from saps.cli.hydra_application import (
    configuration,
    help_text,
    help_texts,
    meant_key,
)
from tests.cli.conftest import RunSaps

if TYPE_CHECKING:
    from omegaconf import DictConfig

CONF = {
    "train.yaml": """
defaults:
  - _self_
  - model: small
  - experiment: null
hydra:
  run: {dir: .}
  output_subdir: null
  job_logging: {handlers: {}, root: {handlers: []}}
seed: 1
data:
  path: ???
""",
    "model/small.yaml": "width: 3\n",
    "model/large.yaml": "width: 5\n",
    "experiment/wide.yaml": "# @package _global_\nmodel:\n  width: 7\n",
}

Ran = list["DictConfig"]


@pytest.mark.parametrize("command", help_texts()["commands"])
def test_help_explains_what_the_configuration_has(command: str) -> None:
    told, found = help_text(command), configuration(command)
    assert set(found.groups) - {"model/tree_lstm"} <= set(help_texts()["groups"])
    for key in help_texts()["commands"][command]["settings"]:
        assert key in found.values
        assert f"\n  {key}" in told
    assert f"saps {command} --cfg job" in told
    assert max(map(len, told.splitlines())) < 115


def test_a_key_is_known_by_what_it_does() -> None:
    found = configuration("train")
    known = {"learning_rate": "optimizer.lr", "epochs": "trainer.max_epochs", "lr": "optimizer.lr"}
    assert {key: meant_key(key, "train", found) for key in known} == known
    assert meant_key("modle", "train", found, "saps") == "model"


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Make `saps train` an application of a small configuration; collects what it is run on."""
    for name, text in CONF.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    configs: Ran = []
    for module in (hydra_application, sweep):
        monkeypatch.setattr(module, "resource_folder", lambda _: tmp_path)
    monkeypatch.setattr(train, "_task", _task(configs))
    monkeypatch.chdir(tmp_path)
    return configs


def _task(configs: Ran) -> Callable[["DictConfig"], None]:
    def task(config: "DictConfig") -> None:
        if config.seed < 0:
            raise ValueError(f"the seed is {config.seed}; give one that is not negative")
        if config.seed > 9:
            raise RuntimeError("ten")
        configs.append(config)
        sys.stdout.write(f"{config.data.path}\n")

    return task


def test_overrides_reach_the_task(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "experiment=wide", "data.path=here", "seed=0")
    assert (outcome.status, outcome.out, outcome.err) == (0, "here\n", "")
    assert ran == [{"seed": 0, "data": {"path": "here"}, "model": {"width": 7}}]


def test_multirun_runs_the_task_once_a_value(saps: RunSaps, ran: Ran) -> None:
    assert saps("train", "--multirun", "model=small,large", "data.path=x").status == 0
    assert [config.model.width for config in ran] == [3, 5]


def test_help_shows_the_groups_and_the_configuration(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "--help")
    assert outcome.status == 0
    assert "model: large, small" in outcome.out
    assert "experiment: wide" in outcome.out
    assert ran == []


def test_cfg_prints_the_composed_configuration(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "model=large", "--cfg", "job")
    assert outcome.status == 0
    assert "model:\n  width: 5\n" in outcome.out
    assert ran == []


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        pytest.param(["model.wdth=3"], "there is no setting model.wdth\n", id="key"),
        pytest.param(["model=huge"], "Could not find 'model/huge'", id="option"),
        pytest.param(["experiment=x"], "Could not find 'experiment/x'", id="experiment"),
        pytest.param(["a=b=c"], "'a=b=c' is not an override", id="syntax"),
        pytest.param([], "Missing mandatory value: data.path", id="missing-value"),
        pytest.param(["seed=-1"], "the seed is -1; give one that", id="task"),
    ],
)
def test_failure_is_one_message_on_stderr(
    saps: RunSaps, ran: Ran, overrides: list[str], told: str
) -> None:
    outcome = saps("train", *overrides)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("saps: error: ")
    assert outcome.err.count("error") == 1
    assert told in outcome.err
    assert "Traceback" not in outcome.err


def test_a_choice_that_does_not_exist_suggests_the_nearest(saps: RunSaps, ran: Ran) -> None:
    assert "did you mean wide?" in saps("train", "experiment=wdie").err
    assert "did you mean" not in saps("train", "experiment=qqq").err


@pytest.mark.parametrize(
    ("given", "meant"),
    [("model.wdth=3", "model.width"), ("width=3", "model.width"), ("modle=large", "model")],
)
def test_a_key_that_does_not_exist_suggests_the_nearest(
    saps: RunSaps, ran: Ran, given: str, meant: str
) -> None:
    assert f"did you mean {meant}?" in saps("train", given).err
    assert "did you mean" not in saps("train", "qqq=1").err


@pytest.mark.parametrize(
    "path",
    ["a=b", "a,b", "[a]", "(a", "it's", "a#b", "läufe", "2024", "~x", "a${b}", "${", "${x:y}"],
)
def test_a_path_is_taken_or_the_message_says_how_to_write_it(
    saps: RunSaps, ran: Ran, path: str
) -> None:
    outcome = saps("train", f"data.path={path}")
    if outcome.status:
        (written,) = shlex.split(outcome.err.partition("to give it as one value, write: ")[2])
        outcome = saps("train", written)
    assert (outcome.status, outcome.err) == (0, "")
    assert ran[-1].data.path == path


def test_unknown_option_is_a_wrong_use(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "--nonsense")
    assert outcome.status == 2
    assert "unrecognized arguments: --nonsense" in outcome.err


def test_error_of_another_kind_is_called_a_defect(saps: RunSaps, ran: Ran) -> None:
    outcome = saps("train", "seed=10")
    assert outcome.status == 1
    assert outcome.err.startswith("saps: error: RuntimeError: ten\nThis is a bug in SAPS")


@pytest.mark.parametrize("arguments", [["seed=10"], ["model=huge"]])
def test_debug_shows_the_traceback(saps: RunSaps, ran: Ran, arguments: list[str]) -> None:
    assert "Traceback" in saps("train", *arguments, "--debug").err
