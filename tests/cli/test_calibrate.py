"""`saps calibrate`, on a model that is copied and tasks that are made."""

import json
import shutil
from pathlib import Path

import pytest

from saps.decoding.synthesizer import Synthesizer
from saps.model.bundle import CALIBRATION, PRETRAINED
from tests.cli.conftest import RunSaps

WORDED = "given a number a , find a plus"
UNDECLARED = {
    "multiply two numbers": 21,
    "the difference of two numbers": 4,
    "the product of two numbers": 21,
    "the sum of two numbers": 77,
    "the larger of two numbers": 77,
    "the smaller of two numbers": 77,
    "given numbers a and b , find a minus b": 4,
}
"""Outputs for 7 and 3 by text: three of the six that give no arguments are right."""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(PRETRAINED, folder)
    (folder / CALIBRATION).unlink()
    return folder


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


def test_the_fit_is_written_into_the_model_and_used(saps: RunSaps, model: Path, data: Path) -> None:
    assert Synthesizer.load(model).synthesize(f"{WORDED} 1").confidence is None
    outcome = saps("calibrate", str(data), "--model", str(model), "--threshold", "0.9")
    assert (outcome.status, outcome.err) == (0, "")
    assert "| 90 and 100 % | 20 |" in outcome.out
    assert outcome.out.endswith(f"{model / CALIBRATION}\n")
    found = json.loads((model / CALIBRATION).read_text())
    assert found["data"]["n"] == 20
    assert found["fit"]["threshold"] == 0.9
    assert sum(part["n"] for part in found["reliability"]["after"]) == 20
    assert found["calibration_error"]["after"] < found["calibration_error"]["before"]
    synthesis = Synthesizer.load(model).synthesize(f"{WORDED} 1")
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
    outcome = saps("calibrate", str(data), "--model", str(model), *options)
    if told is None:
        assert json.loads((model / CALIBRATION).read_text())["data"]["n"] == 4
    else:
        assert (outcome.status, outcome.out) == (1, "")
        assert told in outcome.err


def _undeclared(path: Path, texts: dict[str, int]) -> Path:
    """Tasks of two numbers, called otherwise than a reader would call them; b comes first."""
    lines = []
    for text, output in texts.items():
        task = {
            "text": text,
            "args": {"b": "int", "a": "int"},
            "return_type": "int",
            "short_tree": ["-", "a", "b"],
            "tests": [{"input": {"a": 7, "b": 3}, "output": output}],
        }
        lines.append(json.dumps(task) + "\n")
    path.write_text("".join(lines))
    return path


def test_texts_without_arguments_get_a_fit_of_their_own(
    saps: RunSaps, model: Path, data: Path, tmp_path: Path
) -> None:
    file = _undeclared(tmp_path / "bare.jsonl", UNDECLARED)
    outcome = saps("calibrate", str(data), "--model", str(model), "--undeclared", str(file))
    assert (outcome.status, outcome.err) == (0, "")
    assert "confidence where no arguments are given: calibration error" in outcome.out
    found = json.loads((model / CALIBRATION).read_text())["undeclared"]
    assert found["data"]["n"] == 6  # the seventh gives them
    assert sum(part["passed"] for part in found["reliability"]["before"]) == 3
    synthesizer = Synthesizer.load(model)
    guessed = synthesizer.synthesize("the product of two numbers")
    assert synthesizer.calibration is not None
    assert guessed.confidence == synthesizer.calibration.confidence(
        guessed.log_prob, guessed.program.size, is_declared=False
    )
    told = synthesizer.synthesize("the product of x and y", arguments={"x": "int", "y": "int"})
    assert told.confidence == synthesizer.calibration.confidence(told.log_prob, told.program.size)

    # Only the plausible search guesses arguments.
    greedy = synthesizer.synthesize("the product of two numbers", decoding="greedy")
    assert greedy.confidence == synthesizer.calibration.confidence(
        greedy.log_prob, greedy.program.size
    )


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ({}, True),
        ({"weights": "of another model"}, False),
        ({"undeclared": {"fit": {"scale": "much"}}}, False),
    ],
)
def test_the_fit_of_texts_without_arguments_is_kept_while_it_is_one_of_the_model(
    saps: RunSaps, model: Path, data: Path, changed: dict[str, object], kept: bool
) -> None:
    shutil.copy(PRETRAINED / CALIBRATION, model)
    before = json.loads((model / CALIBRATION).read_text())
    (model / CALIBRATION).write_text(json.dumps(before | changed))
    outcome = saps("calibrate", str(data), "--model", str(model))
    assert outcome.status == 0
    assert "where no arguments" not in outcome.out
    after = json.loads((model / CALIBRATION).read_text())
    assert after["weights"] == before["weights"]
    assert after.get("undeclared") == (before["undeclared"] if kept else None)
    Synthesizer.load(model)


def test_a_damaged_calibration_is_made_anew(
    saps: RunSaps, model: Path, data: Path, tmp_path: Path
) -> None:
    (model / CALIBRATION).write_text("{}")
    file = _undeclared(tmp_path / "bare.jsonl", UNDECLARED)
    outcome = saps("calibrate", str(data), "--model", str(model), "--undeclared", str(file))
    assert (outcome.status, outcome.err) == (0, "")
    Synthesizer.load(model)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ({"the product of two numbers": 21}, "bare.jsonl: 0 of 0 answers are right"),
        ({"given numbers a and b , find a minus b": 4}, "every text says what its arguments are"),
    ],
)
def test_texts_that_make_no_fit_are_told_with_their_file_and_nothing_is_written(
    saps: RunSaps, model: Path, data: Path, tmp_path: Path, texts: dict[str, int], told: str
) -> None:
    file = _undeclared(tmp_path / "bare.jsonl", texts)
    outcome = saps("calibrate", str(data), "--model", str(model), "--undeclared", str(file))
    assert (outcome.status, outcome.out) == (1, "")
    assert told in outcome.err
    assert not (model / CALIBRATION).exists()


def test_data_without_a_validation_split_are_refused(
    saps: RunSaps, model: Path, data: Path
) -> None:
    (data / "dev.jsonl").rename(data / "test.jsonl")
    outcome = saps("calibrate", str(data), "--model", str(model))
    assert (outcome.status, outcome.out) == (1, "")
    assert "dev" in outcome.err
    assert not (model / CALIBRATION).exists()
