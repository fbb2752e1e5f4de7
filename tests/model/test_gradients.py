"""Every row that `experiment=` names learns with all of its weights."""

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig

from saps.data.data_module import TaskData
from saps.model.bundle import build_network, plain_config
from saps.resources import resource_folder
from tests.tasks import write_data

EXPERIMENTS = sorted(path.stem for path in (resource_folder("conf") / "experiment").iterdir())


def _config(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose("train", list(overrides))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TaskData:
    folder = write_data(tmp_path_factory.mktemp("data"))
    config = _config(f"data.path={folder}", "data.cache=null", "data.vocabulary_size=120")
    data: TaskData = instantiate(config.data, seed=1, _convert_="all")
    data.read()
    return data


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_parameter_of_a_row_gets_a_gradient(experiment: str, data: TaskData) -> None:
    torch.manual_seed(0)
    config = _config(f"experiment={experiment}")
    network = build_network(plain_config(config.model), data.tokenizer, data.symbols)
    data.upward, data.sequences = network.reads_trees, network.writes_tokens
    batch = data.batches("dev", 0)[0]
    network.loss(batch).total.backward()  # type: ignore[no-untyped-call]
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []
