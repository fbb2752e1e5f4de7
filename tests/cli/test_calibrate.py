"""`saps calibrate`, on a model that is copied and tasks that are made."""

import json
import shutil
from pathlib import Path

import pytest

from saps.model.bundle import CALIBRATION, PRETRAINED
from saps.model.kind_classifier import ENTRIES, WEIGHTS
from saps.synthesis.synthesizer import Synthesizer
from tests.cli.conftest import RunSaps
from tests.evaluation.conftest import judged_here  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("judged_here")

CALIBRATE = ("calibrate", "--workers", "1")
WORDED = "given a number a , find a plus"


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """Return a copy of the bundled model, not calibrated."""
    folder = tmp_path / "model"
    shutil.copytree(PRETRAINED, folder)
    (folder / CALIBRATION).unlink()
    return folder


@pytest.fixture
def model(whole: Path) -> Path:
    """Return its network alone: its kinds take longer to read than a few answers take."""
    for name in (ENTRIES, WEIGHTS):
        (whole / name).unlink()
    return whole


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Tasks that the model gets right, and as many whose tests contradict their texts."""
    tasks = []
    for number in range(20):
        output = 1 if number // 2 % 2 else 77
        tasks.append(
            {
                "text": f"{WORDED} 1".split(),
                "args": {"a": "int"},
                "return_type": "int",
                "short_tree": ["+", "a", "1"],
                "tests": [{"input": {"a": 0}, "output": output}],
            }
        )
    (tmp_path / "data").mkdir()
    lines = "".join(json.dumps(task) + "\n" for task in tasks)
    (tmp_path / "data" / "dev.jsonl").write_text(lines)
    return tmp_path / "data"


def test_the_fit_is_written_into_the_model_and_used(saps: RunSaps, whole: Path, data: Path) -> None:
    assert Synthesizer.load(whole).synthesize(f"{WORDED} 1").confidence is None
    outcome = saps(*CALIBRATE, str(data), "--model", str(whole), "--threshold", "0.9")
    assert (outcome.status, outcome.err) == (0, "")
    assert "| 90 and 100 % | 20 |" in outcome.out
    assert outcome.out.endswith(f"{whole / CALIBRATION}\n")
    found = json.loads((whole / CALIBRATION).read_text())
    assert found["data"]["n"] == 20
    assert found["fit"]["threshold"] == 0.9
    assert sum(part["n"] for part in found["reliability"]["after"]) == 20
    assert found["calibration_error"]["after"] < found["calibration_error"]["before"]
    synthesis = Synthesizer.load(whole).synthesize(f"{WORDED} 1")
    assert synthesis.confidence == pytest.approx(0.5, abs=0.2)
    assert synthesis.is_sure is False


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--threshold", "2"], "--threshold 2.0: expected a number from 0 to 1"),
        (["--limit", "4"], None),
    ],
)
def test_options_are_checked_and_the_limit_kept(
    saps: RunSaps, model: Path, data: Path, options: list[str], told: str | None
) -> None:
    outcome = saps(*CALIBRATE, str(data), "--model", str(model), *options)
    if told is None:
        assert json.loads((model / CALIBRATION).read_text())["data"]["n"] == 4
    else:
        assert (outcome.status, outcome.out) == (1, "")
        assert told in outcome.err


def test_a_damaged_calibration_is_made_anew(saps: RunSaps, model: Path, data: Path) -> None:
    (model / CALIBRATION).write_text("{}")
    outcome = saps(*CALIBRATE, str(data), "--model", str(model))
    assert (outcome.status, outcome.err) == (0, "")
    Synthesizer.load(model)


def test_tasks_that_make_no_fit_are_told_with_their_file_and_nothing_is_written(
    saps: RunSaps, model: Path, data: Path
) -> None:
    outcome = saps(*CALIBRATE, str(data), "--model", str(model), "--limit", "2")
    assert (outcome.status, outcome.out) == (1, "")
    assert "dev.jsonl: 0 of 1 answers are right" in outcome.err
    assert not (model / CALIBRATION).exists()


def test_data_without_a_validation_split_are_refused(
    saps: RunSaps, model: Path, data: Path
) -> None:
    (data / "dev.jsonl").rename(data / "test.jsonl")
    outcome = saps(*CALIBRATE, str(data), "--model", str(model))
    assert (outcome.status, outcome.out) == (1, "")
    assert "dev" in outcome.err
    assert not (model / CALIBRATION).exists()
