"""The text encoder, against one text at a time and plain steps."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from saps.data.batching import pad_pieces
from saps.model.cells.gru import GruCell
from saps.model.cells.lstm import LstmCell
from saps.model.encoder import (
    DilatedConvolution,
    LockedDropout,
    SteppedLayer,
    TextEncoder,
    make_layer,
    read,
)
from tests.model.cells import cell_choices

TEXTS = [[4, 5, 6, 7, 8, 9], [10], [11, 12, 13], [5, 5, 5, 5]]
CHOICES = cell_choices()


def make_encoder(**options: Any) -> TextEncoder:
    torch.manual_seed(0)
    sizes = {"vocabulary_size": 20, "embedding_size": 5, "hidden_size": 7, "latent_size": 11}
    return TextEncoder(**(sizes | {"n_layers": 3, "dropout": 0.3} | options)).double()


@pytest.fixture
def encoder() -> TextEncoder:
    return make_encoder()


@pytest.mark.parametrize(("bidirectional", "size"), [(True, 14), (False, 7)])
def test_shapes(bidirectional: bool, size: int) -> None:
    encoder = make_encoder(bidirectional=bidirectional)
    state = encoder(pad_pieces(TEXTS))
    assert state.memory.shape == (4, 6, size)
    assert encoder.memory_size == size
    assert state.latent.shape == (4, 11)
    assert state.mask.sum(1).tolist() == [6, 1, 3, 4]


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_changes_nothing(name: str, bidirectional: bool) -> None:
    encoder = make_encoder(cell=CHOICES[name][1], bidirectional=bidirectional, dropout=0.0)
    for training in (True, False):
        encoder.train(training)
        together = encoder(pad_pieces(TEXTS))
        for row, text in enumerate(TEXTS):
            alone = encoder(pad_pieces([text]))
            torch.testing.assert_close(together.latent[row], alone.latent[0])
            torch.testing.assert_close(together.memory[row, : len(text)], alone.memory[0])
            assert not together.memory[row, len(text) :].any()


@pytest.mark.parametrize("name", CHOICES)
def test_every_parameter_gets_a_gradient(name: str) -> None:
    encoder = make_encoder(cell=CHOICES[name][1], n_layers=2)
    state = encoder(pad_pieces(TEXTS))
    (state.memory.square().sum() + state.latent.sum()).backward()
    assert [n for n, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_layers_are_lstms_of_any_depth(depth: int) -> None:
    encoder = make_encoder(n_layers=depth).eval()
    for text in TEXTS:
        x = encoder.embedding(torch.tensor(text))
        for ahead, back in zip(encoder.forward_layers, encoder.backward_layers, strict=True):
            forward = _naive_lstm(ahead, x)
            backward = _naive_lstm(back, x.flip(0)).flip(0)
            x = torch.cat([forward, backward], dim=1)
        ends = torch.cat([forward[-1], backward[0]])
        latent = torch.tanh(encoder.to_latent.weight @ ends + encoder.to_latent.bias)
        state = encoder(pad_pieces([text]))
        torch.testing.assert_close(state.memory[0], x)
        torch.testing.assert_close(state.latent[0], latent)


def test_one_direction_reads_from_left_to_right() -> None:
    encoder = make_encoder(bidirectional=False, n_layers=2).eval()
    assert len(encoder.backward_layers) == 0
    x = encoder.embedding(torch.tensor(TEXTS[0]))
    for layer in encoder.forward_layers:
        x = _naive_lstm(layer, x)
    state = encoder(pad_pieces(TEXTS[:1]))
    torch.testing.assert_close(state.memory[0], x)
    latent = torch.tanh(encoder.to_latent.weight @ x[-1] + encoder.to_latent.bias)
    torch.testing.assert_close(state.latent[0], latent)


def _naive_lstm(layer: nn.Module, x: Tensor) -> Tensor:
    """Seed 000, "LSTM", one step at a time."""
    weights = dict(layer.named_parameters())
    size = weights["weight_hh_l0"].shape[1]
    h = c = torch.zeros(size, dtype=x.dtype)
    states = []
    for step in x:
        gates = weights["weight_ih_l0"] @ step + weights["bias_ih_l0"]
        gates = gates + weights["weight_hh_l0"] @ h + weights["bias_hh_l0"]
        i, f, g, o = (gates[k * size : (k + 1) * size] for k in range(4))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return torch.stack(states)


def test_a_stepped_layer_gives_the_outputs_of_torchs_module() -> None:
    torch.manual_seed(0)
    cell, x = LstmCell(5, 7), torch.randn(3, 4, 5, dtype=torch.float64)
    stepped, fused = SteppedLayer(cell).double(), cell.float().fused().double()
    outputs, (h, c) = fused(x)
    found, state = stepped.double()(x)
    torch.testing.assert_close(found, outputs)
    torch.testing.assert_close(state, torch.cat([h[0], c[0]], dim=1))


@pytest.mark.parametrize("cell", [LstmCell, GruCell])
def test_truncation_cuts_the_way_back_and_leaves_the_values(cell: type[LstmCell | GruCell]) -> None:
    torch.manual_seed(0)
    layer = make_layer(cell, 5, 7, 2).double()
    x = torch.randn(1, 6, 5, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(read(layer, x, 2), read(layer, x))
    for column in range(6):
        (gradient,) = torch.autograd.grad(read(layer, x, 2)[0, column].sum(), x)
        reached = gradient[0].any(dim=1).tolist()
        first = column - column % 2  # blocks of two: 0 1 | 2 3 | 4 5
        assert reached == [first <= place <= column for place in range(6)]
    (gradient,) = torch.autograd.grad(read(layer, x)[0, 5].sum(), x)
    assert gradient[0].any(dim=1).all()


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_padding_moves_no_cut(name: str) -> None:
    encoder = make_encoder(cell=CHOICES[name][1], truncate=2, dropout=0.0, n_layers=2)
    weights = [p for n, p in encoder.named_parameters() if n != "embedding.weight"]
    together = torch.autograd.grad(_some_loss(encoder, TEXTS), weights)
    alone = [torch.autograd.grad(_some_loss(encoder, [text]), weights) for text in TEXTS]
    for found, parts in zip(together, zip(*alone, strict=True), strict=True):
        torch.testing.assert_close(found, torch.stack(parts).sum(0))
    encoder.truncate = None
    whole = torch.autograd.grad(_some_loss(encoder, TEXTS), weights)
    assert not all(torch.allclose(a, b) for a, b in zip(together, whole, strict=True))


def _some_loss(encoder: TextEncoder, texts: list[list[int]]) -> Tensor:
    state = encoder(pad_pieces(texts))
    loss: Tensor = state.memory.square().sum() + state.latent.square().sum()
    return loss


def test_a_convolution_looks_back_alone_and_as_far_as_it_says() -> None:
    torch.manual_seed(0)
    layer = DilatedConvolution(3, 4, kernel_size=2, n_blocks=3).double()
    x = torch.randn(1, 12, 3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(layer(x)[0][0, 9].sum(), x)
    assert gradient[0].any(dim=1).nonzero().squeeze(1).tolist() == list(range(2, 10))


def test_a_convolution_agrees_with_plain_loops() -> None:
    torch.manual_seed(0)
    layer = DilatedConvolution(3, 4, kernel_size=3, n_blocks=2).double()
    x = torch.randn(7, 3, dtype=torch.float64)
    weights = dict(layer.named_parameters())
    columns = [weights["input.weight"] @ column + weights["input.bias"] for column in x]
    for block in (0, 1):
        kernel, bias = weights[f"blocks.{block}.weight"], weights[f"blocks.{block}.bias"]
        outputs = []
        for place, column in enumerate(columns):
            total = bias
            for tap in range(3):  # the last tap sees the column itself
                seen = place - (2 - tap) * 2**block
                if seen >= 0:
                    total = total + kernel[:, :, tap] @ columns[seen]
            outputs.append(column + torch.tanh(total[:4]) * torch.sigmoid(total[4:]))
        columns = outputs
    torch.testing.assert_close(layer(x[None])[0][0], torch.stack(columns))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_layers": 0}, "n_layers is 0, expected at least 1"),
        ({"truncate": 0}, "truncate is 0, expected at least 1 piece, or null"),
        (
            {"cell": DilatedConvolution, "truncate": 3},
            "truncate is 3, but a DilatedConvolution has no state",
        ),
    ],
)
def test_choices_that_do_not_fit_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_encoder(**options)


@pytest.mark.parametrize("options", [{"kernel_size": 1}, {"n_blocks": 0}])
def test_a_convolution_that_sees_nothing_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected at least 2 and 1"):
        DilatedConvolution(3, 4, **options)


def test_forget_gates_start_open_and_recurrent_matrices_orthogonal(encoder: TextEncoder) -> None:
    weights = dict(encoder.backward_layers[1].named_parameters())
    assert weights["bias_ih_l0"].tolist() == [0.0] * 7 + [1.0] * 7 + [0.0] * 14
    for block in torch.split(weights["weight_hh_l0"], 7):
        identity = torch.eye(7, dtype=torch.float64)  # to the float32 in which it was drawn
        torch.testing.assert_close(block @ block.T, identity, rtol=0, atol=1e-5)


def test_locked_dropout_keeps_its_mask_over_a_text_and_the_mean() -> None:
    torch.manual_seed(0)
    dropout = LockedDropout(0.25)
    out = dropout(torch.ones(400, 3, 50))
    assert torch.equal(out[:, 0], out[:, 2])
    assert sorted(set(out.flatten().tolist())) == [0.0, pytest.approx(4 / 3)]
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(dropout.eval()(out), out)


def test_dropout_leaves_the_recurrence_alone() -> None:
    # Only what enters a layer is dropped: with everything dropped, the layers still run on zeros.
    torch.manual_seed(0)
    encoder = make_encoder(n_layers=1, dropout=0.999999)
    memory = encoder(pad_pieces(TEXTS[:1])).memory[0]
    silent = _naive_lstm(encoder.forward_layers[0], torch.zeros(6, 5, dtype=torch.float64))
    torch.testing.assert_close(memory[:, :7], silent)
