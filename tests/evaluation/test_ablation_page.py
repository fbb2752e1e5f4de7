"""The commands of docs/ablation.md are commands that `saps ablate` takes."""

import re
import shlex
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from saps.evaluation.ablation.ablation_settings import Settings
from saps.evaluation.ablation.making import train_config
from saps.resources import resource_folder

PAGE = Path(__file__).parents[2] / "docs" / "ablation.md"
COMMANDS = re.findall(r"^\$ saps ablate (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
FLAGS = re.findall(r"`(--[a-z-]+)[ `]", PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_one(command: str) -> None:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        settings = Settings.read(compose("ablate", shlex.split(command)))
        config = train_config(settings, settings.rows[0])
    assert config.trainer.max_epochs == settings.epochs
    assert config.trainer.accelerator == ("gpu" if "trainer=gpu" in command else "cpu")


def test_the_page_names_the_flags_of_the_command() -> None:
    help_text = (resource_folder("conf") / "ablate.yaml").read_text(encoding="utf-8")
    assert set(FLAGS) == {"--cells", "--pretraining", "--topology", "--data-sizes"}
    assert all(flag in help_text for flag in FLAGS)


def test_the_page_has_commands() -> None:
    assert len(COMMANDS) == 6
