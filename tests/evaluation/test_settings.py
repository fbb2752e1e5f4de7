from pathlib import Path
from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue

from saps.evaluation.evaluation_settings import EvaluationError, Settings
from saps.resources import usable_cores
from tests.evaluation.conftest import compose_evaluate


def read(*overrides: str) -> Settings:
    return Settings.read(compose_evaluate("data.path=somewhere", *overrides))


def test_the_defaults_judge_the_whole_test_split_of_the_bundled_model() -> None:
    settings = read()
    assert settings.checkpoint is None
    assert (settings.split, settings.limit, settings.overwrite) == ("test", None, False)
    assert settings.n_workers == usable_cores()
    assert settings.limits.steps == 1_000_000
    assert settings.decoding["_target_"] == "saps.search.greedy.GreedyDecoder"
    assert settings.out.parent == Path("runs/evaluate")


def test_overrides_reach_the_settings() -> None:
    settings = read(
        "checkpoint=runs/x", "split=dev", "limit=5", "out=here", "overwrite=true", "batch_size=7"
    )
    assert settings.checkpoint == Path("runs/x")
    assert (settings.split, settings.limit, settings.batch_size) == ("dev", 5, 7)
    assert (settings.out, settings.overwrite) == (Path("here"), True)
    assert read("workers=3", "limits.steps=9").limits.steps == 9


def test_the_data_path_must_be_given() -> None:
    with pytest.raises(MissingMandatoryValue, match=r"data\.path"):
        Settings.read(compose_evaluate())


def test_data_are_called_after_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "generated"
    folder.mkdir()
    file = folder / "test.jsonl"
    assert read(f"data.path={folder}").data.label == "generated"
    assert read(f"data.path={file}").data.label == "generated"
    assert read(f"data.path={folder}/metaset3.dev.jsonl.gz").data.label == "generated"
    assert read("data.name=mine").data.label == "mine"


@pytest.mark.parametrize("name", ["sample.jsonl", "sample.jsonl.gz"])
def test_one_file_is_called_by_its_own_name(name: str, tmp_path: Path) -> None:
    assert read(f"data.path={tmp_path / name}").data.label == "sample"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("split=trian", "split=trian: expected one of train, dev, test"),
        ("limit=0", "limit=0: expected a whole number of at least 1"),
        ("limit=many", "limit=many: expected a whole number"),
        ("batch_size=null", "batch_size=None: expected a whole number"),
        ("workers=-1", "workers=-1: expected"),
        ("workers=true", "workers=True: expected"),
        ("overwrite=maybe", "overwrite=maybe: expected true or false"),
        ("out=null", "out is empty; give out=..."),
        ("+limits.stpes=5", "limits.stpes: no such key; there are steps, depth"),
        ("checkpoint=", "checkpoint is empty; give the folder of a model or run, or checkpoint=nu"),
        ("limits=5", "limits=5: expected settings of its own, such as limits.steps=1000"),
        ("limits.steps=0", "limits.steps=0: expected a"),
        ("limits.steps=1.5", "limits.steps=1.5: expected a"),
        ("limits.bits=inf", "limits.bits=inf: expected a"),
        ("limits.depth=true", "limits.depth=True: expected a"),
        ("limits.seconds=-1", "limits.seconds=-1.0: expected a number"),
        ("limits.seconds=fast", "limits.seconds=fast: expected a number"),
    ],
)
def test_a_bad_value_is_named_with_what_is_expected(override: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        read(override)
    assert message in str(caught.value)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    limits = read("limits.steps=1e6", "limits.seconds=0.5").limits
    assert (limits.steps, limits.seconds) == (1_000_000, 0.5)
    assert type(limits.steps) is int


def test_a_configuration_made_by_hand_will_do() -> None:
    content: dict[str, Any] = OmegaConf.to_container(  # type: ignore[assignment]  # a mapping
        compose_evaluate("data.path=x", "out=y")
    )
    cfg = OmegaConf.create(content)
    assert isinstance(cfg, DictConfig)
    assert Settings.read(cfg) == Settings.read(compose_evaluate("data.path=x", "out=y"))
