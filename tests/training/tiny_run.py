"""The configuration of a run on a handful of tasks."""

from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from saps.resources import resource_folder
from tests.tasks import write_data

SMALL = [
    "model.encoder.embedding_size=12",
    "model.encoder.hidden_size=14",
    "model.encoder.n_layers=1",
    "model.encoder.latent_size=16",
    "model.decoder.embedding_size=18",
    "model.decoder.hidden_size=20",
    "data.vocabulary_size=120",
    "data.batch_size=4",
]


def compose_tiny(tmp_path: Path, *overrides: str) -> DictConfig:
    """Compose `conf/train.yaml` for ten tasks, whose data are written if they are not there."""
    data = tmp_path / "data"
    if not data.exists():
        write_data(data)
    folder = [f"data.path={data}", f"folder={tmp_path / 'run'}"]
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose("train", [*SMALL, *folder, *overrides])
