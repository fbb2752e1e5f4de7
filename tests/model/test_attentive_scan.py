"""The scan of attentional Seq2Seq: its hand-made gradient, and what autocast makes of it."""

import torch
from torch import Tensor

from saps.data.sequences import SequenceBatch
from saps.model.attentive_scan import AttentiveMemory, AttentiveWeights, scan_attentively

B, T, H = 3, 4, 2
SIZES = (3, 2, 2, 1)
V, L = sum(SIZES), len(SIZES)


def _sequence() -> SequenceBatch:
    """Return programs of 4, 3 and 1 tokens, which are examples 2, 0 and 1."""
    row, step = [0, 1, 2, 0, 1, 0, 1, 0], [0, 0, 0, 1, 1, 2, 2, 3]
    place = torch.tensor(row) * L + torch.tensor(step)
    nothing = torch.zeros(V, dtype=torch.long)
    return SequenceBatch(nothing, nothing, SIZES, torch.tensor([2, 0, 1]), place)


def _leaves() -> list[Tensor]:
    """Return projected, start, the three weights, keys and values, in float64."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(V, 4 * H), (B, 2 * H), (4 * H, 2 * H), (H, H), (H,), (B, T, H), (B, T, H)]
    return [
        torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


def _scan(projected: Tensor, start: Tensor, *parts: Tensor) -> Tensor:
    padding = torch.zeros(B, T)
    padding[0, 3] = padding[2, 2:] = -torch.inf
    recurrent, query, bias, keys, values = parts
    weights, memory = (
        AttentiveWeights(recurrent, query, bias),
        AttentiveMemory(keys, values, padding),
    )
    return scan_attentively(projected, start, weights, memory, _sequence())


def _plainly(projected: Tensor, start: Tensor, *parts: Tensor) -> Tensor:
    """Compute the same, one token at a time."""
    recurrent, query, bias, keys, values = parts
    pieces, sequence = [3, 4, 2], _sequence()
    attended: dict[tuple[int, int], Tensor] = {}
    states: dict[int, tuple[Tensor, Tensor, Tensor]] = {}
    for token, place in enumerate(sequence.place.tolist()):
        row, step = divmod(place, L)
        example = int(sequence.order[row])
        before = torch.zeros(H, dtype=torch.float64), *torch.split(start[example], H)
        fed, h, c = states.get(row, before)
        i, f, g, o = (projected[token] + recurrent @ torch.cat([fed, h])).chunk(4)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        n = pieces[example]
        share = torch.softmax(keys[example, :n] @ h, dim=0)
        fed = torch.tanh(query @ h + bias + share @ values[example, :n])
        states[row] = fed, h, c
        attended[row, step] = fed
    return torch.stack([attended[divmod(place, L)] for place in sequence.place.tolist()])


def test_outputs_are_those_of_plain_loops() -> None:
    torch.testing.assert_close(_scan(*_leaves()), _plainly(*_leaves()))


def test_gradients_are_those_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(_scan, _leaves())


def test_padding_and_its_gradient_do_not_matter() -> None:
    leaves = _leaves()
    of_keys, of_values = torch.autograd.grad(_scan(*leaves).sum(), leaves[5:])
    for gradient in (of_keys, of_values):
        assert not gradient[0, 3].any()
        assert not gradient[2, 2:].any()
        assert gradient[1].all()
    with torch.no_grad():
        leaves[5][0, 3] = leaves[6][2, 2:] = 100.0
    assert torch.equal(_scan(*leaves), _scan(*_leaves()))


def test_short_inputs_give_nearly_the_same_and_gradients_of_their_types() -> None:
    exact, short = _leaves(), _leaves()
    short = [part.detach().float().requires_grad_() for part in short]
    for index in (0, 5, 6):  # what autocast makes short: products with weights
        short[index] = short[index].detach().bfloat16().requires_grad_()
    found, expected = _scan(*short), _scan(*exact)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), expected, rtol=0.0, atol=0.03)
    gradients = torch.autograd.grad(found.float().sum(), short)
    for part, ours, theirs in zip(
        short, gradients, torch.autograd.grad(expected.sum(), exact), strict=True
    ):
        assert ours.dtype == part.dtype
        torch.testing.assert_close(ours.double(), theirs, rtol=0.05, atol=0.08)
