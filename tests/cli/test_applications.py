"""What the Hydra commands call, with which configuration, and what they leave on stdout."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from saps.data.tasks import generate as generator
from saps.evaluation import evaluate as evaluation
from saps.resources import resource_folder
from saps.training import run as training
from tests.cli.conftest import RunSaps
from tests.tasks import write_data
from tests.training.pressing import press_in_step
from tests.training.tiny_run import SMALL

if TYPE_CHECKING:
    from omegaconf import DictConfig


def test_train_prints_the_best_value_and_where_the_model_is(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(config: "DictConfig") -> training.TrainResult:
        best = Path(config.folder) / "best"
        return training.TrainResult(best.parent, best, config.monitor, 0.25, config.seed)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.chdir(tmp_path)
    outcome = saps("train", "experiment=saps_vh_att", "data.path=x", "trainer.max_epochs=3")
    assert outcome.out == "val/exact_match 0.2500   runs/saps_vh_att/best\n"
    assert (outcome.status, outcome.err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_generate_prints_the_folder(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(generator, "generate", lambda config: Path(config.out))
    monkeypatch.chdir(tmp_path)
    outcome = saps("generate", "out=data/x", "size=10", "seed=0")
    assert (outcome.status, outcome.out, outcome.err) == (0, "data/x\n", "")
    assert list(tmp_path.iterdir()) == []


def test_evaluate_hands_its_configuration_over(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[DictConfig] = []
    monkeypatch.setattr(evaluation, "evaluate", seen.append)
    monkeypatch.chdir(tmp_path)
    outcome = saps("evaluate", "checkpoint=there", "data.path=here")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    assert [(config.checkpoint, config.data.path) for config in seen] == [("there", "here")]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(
            ["train", "data.path=absent", "folder=runs/x"], "absent", id="train-without-data"
        ),
        pytest.param(
            ["evaluate", "data.path=absent", "out=report"], "absent", id="evaluate-without-data"
        ),
        pytest.param(
            ["evaluate", "data.path=broken", "out=report"], "line 7", id="evaluate-broken-line"
        ),
        pytest.param(["generate", "out=x", "size=0"], "size is 0", id="generate-nothing"),
    ],
)
def test_failure_is_one_message_and_leaves_no_file(
    saps: RunSaps,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    told: str,
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "test.jsonl").write_text(_EXAMPLE * 6 + '{"text": \n' + _EXAMPLE)
    monkeypatch.chdir(tmp_path)
    outcome = saps(*arguments)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("saps: error: ")
    assert told in outcome.err
    assert "Traceback" not in outcome.err
    assert "bug in SAPS" not in outcome.err
    assert list(tmp_path.iterdir()) == [broken]


_EXAMPLE = (
    '{"text": ["a", "plus", "1"], "args": {"a": "int"}, "return_type": "int", '
    '"short_tree": ["+", "a", "1"], "tests": [{"input": {"a": 1}, "output": 2}], "nodes": []}\n'
)


@pytest.mark.parametrize(
    ("has_checkpoint", "told"),
    [
        (True, "to resume from the last checkpoint: saps train data.path=x ckpt_path=last"),
        (False, "there was no checkpoint yet, so nothing was saved"),
    ],
)
def test_training_stopped_at_once_exits_with_130_and_says_how_to_go_on(
    has_checkpoint: bool,
    told: str,
    saps: RunSaps,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    if has_checkpoint:
        (tmp_path / "runs" / "run").mkdir(parents=True)
        (tmp_path / "runs" / "run" / "last.ckpt").touch()

    def train(config: "DictConfig") -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.exit(1)  # what Lightning does

    monkeypatch.setattr(training, "train", train)
    monkeypatch.chdir(tmp_path)
    outcome = saps("train", "data.path=x")
    assert outcome.status == 130
    assert outcome.err == f"stopped at once; {told}\n"


def test_what_a_constructor_refuses_is_told_in_its_own_words(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(config: "DictConfig") -> None:
        instantiate(config.decoding)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.chdir(tmp_path)
    outcome = saps("train", "data.path=x", "decoding.max_depth=0")
    assert outcome.status == 1
    assert outcome.err.startswith("saps: error: max_depth=0")
    assert len(outcome.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["evaluate", "data=short"], "did you mean data.path=data/short?"),
        (["evaluate", "data=my/own"], "did you mean data.path=my/own?"),
        (["evaluate", 'data="my own"'], "did you mean 'data.path=my own'?"),
        (["evaluate", "model=runs/x", "data.path=y"], "did you mean checkpoint=runs/x?"),
        (["generate", "data=data/x"], "did you mean out=data/x?"),
        (["train", "data=./own/folder.d"], "did you mean data.path=./own/folder.d?"),
        (["train", "data=data/shrot"], "did you mean short?"),
    ],
)
def test_what_one_meant_by_a_choice_that_is_none_is_told(
    arguments: list[str], told: str, saps: RunSaps
) -> None:
    outcome = saps(*arguments)
    assert (outcome.status, outcome.out) == (1, "")
    assert told in outcome.err
    assert "+" not in outcome.err  # Hydra's advice to add the group would not help


def test_a_setting_of_lightning_is_told_how_to_be_given(saps: RunSaps) -> None:
    told = saps("train", "trainer.profiler=simple").err
    assert "did you mean +trainer.profiler=simple?" in told
    assert "+trainer" not in saps("train", "trainer.max_epoch=3").err


@pytest.mark.parametrize("command", ["train", "evaluate", "ablate", "generate"])
def test_what_is_no_override_is_told_beside_one_that_the_command_takes(
    command: str, saps: RunSaps
) -> None:
    told = saps(command, "a=b=c").err
    example = told.partition("is not an override, such as ")[2].partition(": ")[0]
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        compose(command, overrides=[example])


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["decoding=beam", "decoding.width=2.5"], "width=2.5: expected a whole number"),
        (["decoding=guided", "decoding.seconds=abc"], "seconds=abc: expected a number"),
        (["decoding=guided", "decoding.n_examples=abc"], "n_examples=abc: expected a whole number"),
        (["decoding.typed=maybe"], "typed=maybe: expected true or false"),
    ],
)
def test_a_setting_of_a_search_of_another_kind_is_one_clear_line(
    overrides: list[str],
    told: str,
    saps: RunSaps,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("test.jsonl").write_text(_EXAMPLE)
    outcome = saps("evaluate", "data.path=test.jsonl", "device=cpu", "out=report", *overrides)
    assert (outcome.status, outcome.out, outcome.err) == (1, "", f"saps: error: {told}\n")


def test_train_without_a_model_prints_no_value_and_exits_with_1(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def train(config: "DictConfig") -> training.TrainResult:
        folder = Path(config.folder)
        return training.TrainResult(folder, folder / "best", config.monitor, None, 1)

    monkeypatch.setattr(training, "train", train)
    monkeypatch.chdir(tmp_path)
    outcome = saps("train", "data.path=x")
    assert (outcome.status, outcome.out) == (1, "")


PASTED = ['folder="läufe 1"', 'data.path="d a é"']
TINY = [*SMALL, "trainer.max_epochs=1", "n_samples=0", *PASTED]


def test_the_commands_that_train_prints_can_be_pasted(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_data(tmp_path / "d a é")
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        press_in_step(1, patch)
        outcome = saps("train", *TINY, "++overwrite=true")
    assert outcome.status == 130
    arguments = _printed(outcome.err, "to resume: ")
    assert "++overwrite=true" not in arguments
    outcome = saps(*arguments)
    assert outcome.status == 0
    assert "data d a é: " in outcome.err
    outcome = saps(*_printed(outcome.err, "evaluate it: "), "out=report", "workers=1")
    assert (outcome.status, (tmp_path / "report").is_dir()) == (0, True)


def test_the_command_that_makes_missing_data_can_be_pasted(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(generator, "generate", lambda config: Path(config.out))
    monkeypatch.chdir(tmp_path)
    told = saps("train", 'data.path="d a é"').err
    assert saps(*shlex.split(told.split("`")[1])[1:]).out == "d a é\n"


def _printed(text: str, mark: str) -> list[str]:
    """Return the arguments of the `saps` command that was printed after `mark`."""
    (line,) = (line for line in text.splitlines() if mark in line)
    program, *arguments = shlex.split(line.partition(mark)[2])
    assert program == "saps"
    return arguments
