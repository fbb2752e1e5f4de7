"""`cell=` on the command line: what the composed configuration makes, and that it can be kept."""

import re
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from torch import Tensor, nn

from saps.model.bundle import Bundle, build_network, load_bundle, plain_config, save_bundle
from saps.model.cells.cell import Cell
from saps.model.cells.gru import GruCell, RnnCell
from saps.model.cells.lstm import LstmCell
from saps.model.cells.peephole import PeepholeCell
from saps.model.encoder import DilatedConvolution, SteppedLayer
from saps.model.network import Text2Tree
from saps.resources import resource_folder
from tests.tasks import batch, network, vocabularies

# What reads the text, and what the decoder's cells are.
MADE: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "rnn": (nn.RNN, RnnCell),
    "lstm": (nn.LSTM, LstmCell),
    "gru": (SteppedLayer, GruCell),
    "gru/reset_after": (nn.GRU, GruCell),
    "dilated_conv": (DilatedConvolution, LstmCell),
    **dict.fromkeys(
        ("peephole", "nig", "nfg", "nog", "niaf", "noaf", "cifg", "np", "fgr"),
        (SteppedLayer, PeepholeCell),
    ),
}
SMALL = [
    "model.encoder.embedding_size=5",
    "model.encoder.hidden_size=6",
    "model.encoder.latent_size=7",
    "model.encoder.n_layers=2",
    "model.decoder.embedding_size=8",
    "model.decoder.hidden_size=9",
]


def _bundle(*overrides: str) -> Bundle:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        cfg = compose("train", [*SMALL, *overrides])
    words, config = vocabularies(), plain_config(cfg.model)
    return Bundle(build_network(config, *words).eval(), *words, {"model": config, "info": {}})


def test_every_choice_is_known_here() -> None:
    folder = resource_folder("conf") / "cell"
    found = {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob("*.yaml")}
    assert found == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_a_cell_is_chosen_for_encoder_and_decoder_and_kept_with_the_model(
    name: str, tmp_path: Path
) -> None:
    bundle = _bundle(f"cell={name}")
    network = bundle.network
    assert isinstance(network, Text2Tree)
    layers = [*network.encoder.forward_layers, *network.encoder.backward_layers]
    cells = [
        chain.cell for chain in (network.decoder.vertical, network.decoder.horizontal) if chain
    ]
    assert all(isinstance(layer, MADE[name][0]) for layer in layers)
    assert {type(cell) for cell in cells} == {MADE[name][1]}
    save_bundle(bundle, tmp_path / "model")
    tasks = batch(bundle.tokenizer, bundle.symbols)
    assert torch.equal(load_bundle(tmp_path / "model").network(tasks), network(tasks))


def test_encoder_and_decoder_may_have_different_cells() -> None:
    network = _bundle("+cell@model.decoder.cell=gru", "model.decoder.cell.reset_after=true").network
    assert isinstance(network, Text2Tree)
    assert isinstance(network.encoder.forward_layers[0], nn.LSTM)
    chain = network.decoder.horizontal
    assert chain is not None
    assert isinstance(chain.cell, GruCell)
    assert chain.cell.candidate_bias is not None


def test_both_parts_may_have_cells_with_options_of_their_own() -> None:
    # lstm has none that could stay behind where another takes its place.
    choices = ("cell=lstm", "+cell@model.encoder.cell=gru", "+cell@model.decoder.cell=fgr")
    for experiment in ("saps_vh_att", "seq2tree"):
        network = _bundle(f"experiment={experiment}", *choices).network
        assert isinstance(network, Text2Tree)
        assert network.decoder.horizontal is not None
        assert isinstance(network.decoder.horizontal.cell, PeepholeCell)
        layer = network.encoder.forward_layers[0]
        assert isinstance(layer, SteppedLayer)
        assert isinstance(layer.cell, GruCell)


def test_options_of_the_encoder_reach_it() -> None:
    options = ("bidirectional=false", "truncate=8", "n_layers=1", "vectors=words.txt")
    network = _bundle(*(f"model.encoder.{option}" for option in options)).network
    assert isinstance(network, Text2Tree)
    encoder = network.encoder
    assert (len(encoder.forward_layers), len(encoder.backward_layers)) == (1, 0)
    assert (encoder.truncate, encoder.vectors) == (8, "words.txt")


def test_torchs_form_of_the_gru_runs_by_torchs_module() -> None:
    network = _bundle("cell=gru", "cell.reset_after=true").network
    assert isinstance(network, Text2Tree)
    assert isinstance(network.encoder.forward_layers[0], nn.GRU)


def test_the_cell_that_the_documentation_adds_trains() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cells.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names = {"Cell": Cell, "Tensor": Tensor, "torch": torch}
    exec(re.sub(r"^   ", "", code[1], flags=re.MULTILINE), names)  # our own page
    words = vocabularies()
    made = network(*words, cell=names["LeakyCell"])  # type: ignore[arg-type]
    tasks = batch(*words)
    for number in (torch.float64, torch.float32):  # the second time in 16 bits
        made.to(number).zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=number == torch.float32):
            loss = made.loss(tasks).total
        loss.backward()  # type: ignore[no-untyped-call]
        assert all(weight.grad is not None and weight.grad.any() for weight in made.parameters())
