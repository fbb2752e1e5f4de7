"""Dropout by random bytes."""

import pytest
import torch

from saps.model.encoder import Dropout


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.9])
def test_numbers_are_dropped_at_the_rate_wherever_they_are_and_the_mean_stays(rate: float) -> None:
    torch.manual_seed(0)
    out = Dropout(rate)(torch.ones(5000, 40))
    byte = round(256 * rate) / 256
    assert sorted(set(out.flatten().tolist())) == [0.0, pytest.approx(1 / (1 - byte))]
    assert out.mean().item() == pytest.approx(1, abs=0.03)
    by_place = (out.flatten().view(-1, 8) == 0).double().mean(dim=0)  # bytes of a random word
    torch.testing.assert_close(by_place, torch.full_like(by_place, byte), rtol=0, atol=0.02)


def test_the_gradient_passes_where_the_number_did() -> None:
    torch.manual_seed(0)
    x = torch.ones(7, 5, dtype=torch.float64, requires_grad=True)
    out = Dropout(0.5)(x)
    out.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, out.detach())
    assert set(x.grad.flatten().tolist()) == {0, 2}


def test_the_same_seed_drops_the_same_and_masks_are_drawn_anew() -> None:
    drop, x = Dropout(0.5), torch.ones(9, 9)
    torch.manual_seed(3)
    first, second = drop(x), drop(x)
    torch.manual_seed(3)
    assert torch.equal(drop(x), first)
    assert not torch.equal(first, second)


def test_a_rate_below_a_byte_still_drops() -> None:
    torch.manual_seed(0)
    out = Dropout(0.001)(torch.ones(100_000))
    assert 40 < int((out == 0).sum()) < 200


def test_evaluation_and_a_rate_of_zero_change_nothing() -> None:
    x = torch.randn(4, 3)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2])
def test_a_rate_that_is_no_share_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="expected at least 0 and less than 1"):
        Dropout(rate)
