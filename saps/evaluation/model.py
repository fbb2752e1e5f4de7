"""The model that an evaluation judges."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from saps.decoding.prediction import Prediction
from saps.evaluation.digest import folder_digest
from saps.evaluation.report import ModelSource
from saps.evaluation.settings import EvaluationError, Settings


class TextPredictor(Protocol):
    """What an evaluation asks of a model."""

    def predict(self, texts: Sequence[str], /) -> Sequence[Prediction | None]:
        """Return an answer a text, in order; None where the model gives no tree."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """A predictor, and what the report says about it."""

    predictor: TextPredictor
    source: ModelSource


def load_model(settings: Settings) -> Model:
    """Read the model that the settings name.

    Raises:
        BundleError: the checkpoint is missing, incomplete or damaged.
        EvaluationError: there is no such device.
    """
    from hydra.utils import instantiate

    from saps.decoding.predictor import Predictor
    from saps.model.bundle import find_bundle, load_bundle

    device = _device(settings.device)
    folder = find_bundle(settings.checkpoint)
    bundle = load_bundle(folder, device)
    decoder = instantiate(dict(settings.decoding))
    n_parameters = sum(weight.numel() for weight in bundle.network.parameters())
    return Model(
        Predictor(bundle, decoder, settings.batch_size),
        ModelSource(str(folder), folder_digest(folder), n_parameters),
    )


def _device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:  # torch asserts that it was built with CUDA
        reason = str(error).partition("\n")[0]
        raise EvaluationError(f"device={name} can not be used: {reason}; try device=cpu") from error
    return name
