"""Every cell in every row: built from what is composed, in 32 bits and in bfloat16."""

from functools import cache

import pytest
import torch
from torch import nn

from saps.data.batching import Batch
from saps.model.bundle import BundleError, plain_config
from saps.model.cells.gru import GruCell
from saps.model.cells.lstm import LstmCell
from saps.model.network import Text2Tree
from saps.model.protocols import Network
from saps.search.greedy import GreedyDecoder
from tests.model.cells import FOLDER
from tests.model.test_rows import EXPERIMENTS, TASKS, _batch, _compose, _tiny, _words

CELLS = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.yaml"))
ROWS = [name for name in EXPERIMENTS if not name.startswith("default_model")]  # saps_vh_att, wider
WRITERS = ("saps_vh_att", "seq2seq_att", "seq2tree")  # one of each kind of decoder
PAIRS = [(r, c) for r in ROWS for c in CELLS if (r, c) != ("autoencoder", "dilated_conv")]


@cache
def _some() -> Batch:
    return _batch(dict(list(TASKS.items())[:3]))


def _loss(network: Network, *, short: bool) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=short):
        return network.loss(_some()).total


@pytest.mark.parametrize(("row", "cell"), PAIRS)
def test_a_cell_learns_in_a_row_and_in_bfloat16_nearly_alike_and_writes(
    row: str, cell: str
) -> None:
    network = _tiny(f"experiment={row}", f"cell={cell}")
    losses = []
    for short in (False, True):
        network.zero_grad()
        loss = _loss(network, short=short)
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.item())
        idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
        assert idle == []
        assert all(weight.grad.isfinite().all() for weight in network.parameters())  # type: ignore[union-attr]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    if row in WRITERS:
        _write_in_bfloat16(network.eval())


def _write_in_bfloat16(network: Network) -> None:
    decoder = GreedyDecoder(max_depth=4, max_size=12)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        assert len(decoder.decode(network, _some().text, _words()[1])) == len(_some())
        assert len(decoder.search(network.scorer(_some().text), _words()[1])) == len(_some())


def test_a_cpu_without_bfloat16_reads_in_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saps.model.cells.lstm._HAS_BFLOAT16", False)
    layer = LstmCell(3, 4).fused()
    with torch.autocast("cpu", torch.bfloat16):
        outputs, _ = layer(torch.ones(2, 5, 3, dtype=torch.bfloat16))
    assert outputs.dtype == torch.float32


def test_seq2tree_is_the_published_gru_unless_another_cell_is_asked_for() -> None:
    network = _tiny("experiment=seq2tree")
    assert isinstance(network, Text2Tree)
    assert isinstance(network.encoder.forward_layers[0], nn.GRU)
    for chain in (network.decoder.vertical, network.decoder.horizontal):
        assert chain is not None
        assert isinstance(chain.cell, GruCell)
        assert chain.cell.candidate_bias is not None
    own = plain_config(_compose("experiment=seq2tree").cell)
    assert own == {
        "_target_": "saps.model.cells.gru.GruCell",
        "_partial_": True,
        "reset_after": True,
    }


def test_convolutions_are_refused_where_programs_are_read() -> None:
    with pytest.raises(BundleError, match="network: DilatedConvolution cannot read a tree"):
        _tiny("experiment=autoencoder", "cell=dilated_conv")


@pytest.mark.parametrize("row", ["saps_vh_att", "seq2seq_att", "seq2tree", "autoencoder"])
def test_convolutions_are_refused_in_a_decoder(row: str) -> None:
    with pytest.raises(BundleError, match="cell is not a cell; a decoder needs a recurrent one"):
        _tiny(f"experiment={row}", "+cell@model.decoder.cell=dilated_conv")
    by_name = "{_target_: saps.model.encoder.DilatedConvolution, _partial_: true}"
    with pytest.raises(BundleError, match="a DilatedConvolution reads a text at once"):
        _tiny(f"experiment={row}", "cell=lstm", f"model.decoder.cell={by_name}")
