"""The scan of attentional Seq2Seq: its hand-made gradient, and what autocast makes of it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from saps.model import attentive_scan_op
from saps.model.attentive_scan import (
    AttentiveMemory,
    AttentiveSteps,
    AttentiveWeights,
    scan_attentively,
)
from saps.model.attentive_scan_op import scan_attentively_compiled

B, T, H = 3, 4, 2
SIZES = (3, 2, 2, 1)
V, L = sum(SIZES), len(SIZES)


def _steps() -> AttentiveSteps:
    """Return programs of 4, 3 and 1 tokens, which are examples 2, 0 and 1."""
    row, step = [0, 1, 2, 0, 1, 0, 1, 0], [0, 0, 0, 1, 1, 2, 2, 3]
    place = torch.tensor(row) * L + torch.tensor(step)
    return AttentiveSteps(torch.tensor([2, 0, 1]), place, SIZES)


def _leaves() -> list[Tensor]:
    """Return projected, start, the three weights, keys and values, in float64."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(V, 4 * H), (B, 2 * H), (4 * H, 2 * H), (H, H), (H,), (B, T, H), (B, T, H)]
    return [
        torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


def _padding() -> Tensor:
    padding = torch.zeros(B, T)
    padding[0, 3] = padding[2, 2:] = -torch.inf
    return padding


def _scan(
    projected: Tensor, start: Tensor, *parts: Tensor, scan: Callable[..., Tensor] = scan_attentively
) -> Tensor:
    recurrent, query, bias, keys, values = parts
    weights = AttentiveWeights(recurrent, query, bias)
    return scan(projected, start, weights, AttentiveMemory(keys, values, _padding()), _steps())


def _plainly(projected: Tensor, start: Tensor, *parts: Tensor) -> Tensor:
    """Compute the same, one token at a time."""
    recurrent, query, bias, keys, values = parts
    pieces, steps = [3, 4, 2], _steps()
    attended: dict[tuple[int, int], Tensor] = {}
    states: dict[int, tuple[Tensor, Tensor, Tensor]] = {}
    for token, place in enumerate(steps.place.tolist()):
        row, step = divmod(place, L)
        example = int(steps.order[row])
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
    return torch.stack([attended[divmod(place, L)] for place in steps.place.tolist()])


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


def _short_leaves() -> list[Tensor]:
    """Return the leaves in 32 bits, and in 16 what autocast makes short: products with weights."""
    leaves = [part.detach().float() for part in _leaves()]
    return [
        (part.bfloat16() if index in (0, 5, 6) else part).requires_grad_()
        for index, part in enumerate(leaves)
    ]


@pytest.mark.parametrize("leaves", [_leaves, _short_leaves])
def test_as_one_operation_it_gives_the_same(leaves: Callable[[], list[Tensor]]) -> None:
    plain, ours = leaves(), leaves()
    expected, found = _scan(*plain), _scan(*ours, scan=scan_attentively_compiled)
    assert found.dtype == expected.dtype
    assert torch.equal(found, expected)
    of_plain, of_ours = (
        torch.autograd.grad(value.float().square().sum(), parts)
        for value, parts in ((expected, plain), (found, ours))
    )
    for one, other in zip(of_plain, of_ours, strict=True):
        assert one.dtype == other.dtype
        assert torch.equal(one, other)


@pytest.mark.parametrize("leaves", [_leaves, _short_leaves])
def test_what_compilers_are_told_of_the_operation_is_so(
    leaves: Callable[[], list[Tensor]],
) -> None:
    order, place, sizes = _steps()
    inputs = (*leaves(), _padding(), order, place, list(sizes))
    torch.library.opcheck(attentive_scan_op._scan, inputs)


def test_short_inputs_give_nearly_the_same_and_gradients_of_their_types() -> None:
    exact, short = _leaves(), _short_leaves()
    found, expected = _scan(*short), _scan(*exact)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.double(), expected, rtol=0.0, atol=0.03)
    gradients = torch.autograd.grad(found.float().sum(), short)
    for part, ours, theirs in zip(
        short, gradients, torch.autograd.grad(expected.sum(), exact), strict=True
    ):
        assert ours.dtype == part.dtype
        torch.testing.assert_close(ours.double(), theirs, rtol=0.05, atol=0.08)
