"""The text encoder, against one text at a time and plain steps."""

import pytest
import torch
from torch import Tensor

from saps.data.batching import pad_pieces
from saps.model.encoder import LockedDropout, TextEncoder

TEXTS = [[4, 5, 6, 7, 8, 9], [10], [11, 12, 13], [5, 5, 5, 5]]


@pytest.fixture
def encoder() -> TextEncoder:
    torch.manual_seed(0)
    return TextEncoder(
        vocabulary_size=20,
        embedding_size=5,
        hidden_size=7,
        n_layers=3,
        latent_size=11,
        dropout=0.3,
    ).double()


def test_shapes(encoder: TextEncoder) -> None:
    state = encoder(pad_pieces(TEXTS))
    assert state.memory.shape == (4, 6, 14)
    assert state.latent.shape == (4, 11)
    assert state.mask.sum(1).tolist() == [6, 1, 3, 4]


def test_padding_changes_nothing(encoder: TextEncoder) -> None:
    encoder.eval()
    together = encoder(pad_pieces(TEXTS))
    for row, text in enumerate(TEXTS):
        alone = encoder(pad_pieces([text]))
        torch.testing.assert_close(together.latent[row], alone.latent[0])
        torch.testing.assert_close(together.memory[row, : len(text)], alone.memory[0])
        assert not together.memory[row, len(text) :].any()


def test_layers_are_bidirectional_lstms(encoder: TextEncoder) -> None:
    encoder.eval()
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


def _naive_lstm(layer: torch.nn.Module, x: Tensor) -> Tensor:
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
