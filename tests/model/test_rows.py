"""The rows of the SAPS table, as `experiment=` composes them."""

import pytest
from hydra import compose, initialize_config_dir

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import build_network, plain_config
from saps.model.synthesizer import Text2Tree
from saps.resources import resource_folder
from tests.tasks import vocabularies

# Seed 001, "Some results": millions of parameters.
PUBLISHED = {
    "saps_v": 5.06,
    "saps_v_att": 5.17,
    "saps_h": 5.06,
    "saps_h_att": 5.17,
    "saps_vh": 5.62,
    "saps_vh_att": 5.73,
}


class _OfSize(Tokenizer):
    """Stands for the tokenizer that data of the default size would give."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


@pytest.mark.parametrize(("experiment", "millions"), PUBLISHED.items())
def test_a_row_has_about_the_published_number_of_parameters(
    experiment: str, millions: float
) -> None:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        cfg = compose("train", [f"experiment={experiment}"])
    tokenizer = _OfSize(cfg.data.vocabulary_size)
    network = build_network(plain_config(cfg.model), tokenizer, SymbolTable.of_language())
    parameters = sum(weight.numel() for weight in network.parameters())
    assert parameters / 1e6 == pytest.approx(millions, rel=0.05)
    assert isinstance(network, Text2Tree)
    parts = experiment.removeprefix("saps_").split("_")
    decoder = network.decoder
    assert [decoder.vertical is not None, decoder.horizontal is not None] == [
        "v" in parts[0],
        "h" in parts[0],
    ]
    assert (decoder.attention is not None) == ("att" in parts)
    assert (decoder.from_latent is not None) == ("att" not in parts)


def test_the_sizes_of_the_vocabularies_come_from_the_data() -> None:
    tokenizer, symbols = vocabularies()
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        cfg = compose("train", ["experiment=saps_vh_att"])
    network = build_network(plain_config(cfg.model), tokenizer, symbols)
    assert isinstance(network, Text2Tree)
    assert network.encoder.embedding.num_embeddings == len(tokenizer)
    assert network.decoder.to_label.out_features == len(symbols)
