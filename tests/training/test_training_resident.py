"""Runs whose batches live on the device, in a few shapes, and steps that ask the device nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from saps.training.callbacks import StepSeed
from saps.training.checkpoints import RunInterruptedError, read_checkpoint
from saps.training.run import train
from saps.training.stopping import Saving
from tests.training.pressing import press_in_step
from tests.training.tiny_run import compose_tiny

NO_DROPOUT = ["model.encoder.dropout=0", "model.decoder.dropout=0"]
SHAPES = ["feed.resident=true", "feed.n_shapes=2"]


def _weights(folder: Path) -> dict[str, Tensor]:
    return dict(read_checkpoint(folder / "last.ckpt")["state_dict"])


def test_batches_on_the_device_train_to_the_same_weights_bit_for_bit(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("copied", "resident")]
    for folder, resident in zip(folders, ("false", "true"), strict=True):
        more = [f"folder={folder}", f"feed.resident={resident}", "trainer.max_epochs=2"]
        train(compose_tiny(tmp_path, *more))
    expected, found = map(_weights, folders)
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())


def test_padded_batches_train_to_the_same_weights(tmp_path: Path) -> None:
    plain, padded = tmp_path / "plain", tmp_path / "padded"
    settings = [*NO_DROPOUT, "trainer.max_epochs=2"]
    train(compose_tiny(tmp_path, *settings, f"folder={plain}"))
    train(compose_tiny(tmp_path, *settings, *SHAPES, f"folder={padded}"))
    expected, found = _weights(plain), _weights(padded)
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-4, atol=1e-5)


def test_a_run_of_resident_padded_batches_goes_on_within_an_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, stopped = f"folder={tmp_path / 'whole'}", f"folder={tmp_path / 'stopped'}"
    settings = [*SHAPES, "trainer.max_epochs=3"]
    train(compose_tiny(tmp_path, *settings, whole))
    with monkeypatch.context() as patch, pytest.raises(RunInterruptedError):
        press_in_step(5, patch)
        train(compose_tiny(tmp_path, *settings, stopped))
    train(compose_tiny(tmp_path, *settings, stopped, "ckpt_path=last"))
    expected, found = _weights(tmp_path / "whole"), _weights(tmp_path / "stopped")
    assert all(torch.equal(found[name], weight) for name, weight in expected.items())


class _Questions(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Notes what a GPU would have to be waited for, while `watching`."""

    KINDS = ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "masked_select", "unique")

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.watching = False
        self.n_operations = 0
        self.found: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if self.watching:
            self.n_operations += 1
            name = func.overloadpacket.__name__
            if name in self.KINDS or (name.startswith("index") and _has_mask(args)):
                self.found.append(name)
        return func(*args, **(kwargs or {}))


def _has_mask(args: tuple[Any, ...]) -> bool:
    """Tell whether an index is a mask: how many it picks is known to the device alone."""
    indices = [i for arg in args[1:2] if isinstance(arg, list | tuple) for i in arg]
    return any(isinstance(i, Tensor) and i.dtype == torch.bool for i in indices)


@pytest.mark.parametrize(
    "row", ["model=saps", "model=seq2tree", "model.decoder.topology=predicted"]
)
def test_nothing_within_a_step_asks_the_device(
    row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = _Questions()
    start, end = StepSeed.on_train_batch_start, Saving.on_train_batch_end

    def watch(self: StepSeed, *rest: Any) -> None:
        questions.watching = True
        start(self, *rest)

    def look_away(self: Saving, *rest: Any) -> None:
        end(self, *rest)
        questions.watching = False

    monkeypatch.setattr(StepSeed, "on_train_batch_start", watch)
    monkeypatch.setattr(Saving, "on_train_batch_end", look_away)
    # On a CPU each loss is looked at; this is what is done on a GPU.
    monkeypatch.setattr("saps.training.stopping._asked_every", lambda _: 50)
    small = [] if row != "model=seq2tree" else ["model/size=small"]
    with questions:
        train(compose_tiny(tmp_path, *SHAPES, "trainer.max_epochs=1", "n_samples=0", row, *small))
    assert questions.found == []
    assert questions.n_operations > 100


def test_a_question_would_be_noticed() -> None:
    questions, numbers = _Questions(), torch.arange(3)
    questions.watching = True
    with questions:
        numbers[numbers > 1] = 0
        int(numbers.max())
    assert questions.found == ["index_put_", "_local_scalar_dense"]
