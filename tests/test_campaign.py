"""benchmarks/campaign.py in its short form: nothing that comes in does harm."""

import os
from pathlib import Path

import pytest

from benchmarks.campaign import _tiny_bundle, harm_of_files
from benchmarks.kills import killed_commands
from benchmarks.traffic import mixed_traffic

ROOT = Path(__file__).parents[1]


def test_damaged_model_folders_and_lines_of_tasks_do_no_harm() -> None:
    assert harm_of_files(0, 60) == []


def test_a_service_lives_through_mixed_traffic_and_kills(tmp_path: Path) -> None:
    _tiny_bundle(tmp_path / "model")
    assert mixed_traffic(5.0, 1, tmp_path / "model") == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="commands are forked")
def test_commands_that_write_may_be_killed() -> None:
    # `train` is killed by tests/training/kill_and_resume.py, and by the campaign.
    assert killed_commands(2, names=("generate", "merge", "clean", "import", "show")) == []
