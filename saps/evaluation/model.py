"""The model that an evaluation judges."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from saps.data.example import Example
from saps.data.symbols import SymbolError, SymbolTable
from saps.decoding.prediction import Prediction
from saps.decoding.request import NOTHING_KNOWN, InputOutput, Request
from saps.evaluation.digest import folder_digest
from saps.evaluation.report import ModelSource
from saps.evaluation.settings import EvaluationError, Settings
from saps.lang import Node

BUNDLED: Final = "saps/pretrained"
"""What a report calls the bundled model."""

logger = logging.getLogger(__name__)


class TextPredictor(Protocol):
    """What an evaluation asks of a model."""

    def predict(self, texts: Sequence[str], /) -> Sequence[Prediction | None]:
        """Return an answer a text, in order; None where the model gives no tree."""
        ...


class RequestPredictor(Protocol):
    """What an evaluation asks of a model that may know more than the text."""

    def predict(
        self, texts: Sequence[str], requests: Sequence[Request], /
    ) -> Sequence[Prediction | None]:
        """Return an answer a text, in order; None where the model gives no tree."""
        ...


@dataclass(frozen=True, slots=True)
class Model:
    """A predictor, and what the report says about it.

    Attributes:
        predictor: writes the programs.
        source: for the report.
        symbols: the labels that it has for nodes; None where it does not say.
        request: what it may know of a task besides the text; None for a predictor that takes
            texts alone, any other must be a `RequestPredictor`.
        n_seen_tests: tests of a task, the first ones, that `request` shows.
        n_writers: processes that may each have a copy of the predictor, which must pickle then.
    """

    predictor: TextPredictor
    source: ModelSource
    symbols: SymbolTable | None = None
    request: Callable[[Example], Request] | None = None
    n_seen_tests: int = 0
    n_writers: int = 1

    def lacks_symbol(self, program: Node) -> bool:
        """Whether the model can not write this program, for want of a label."""
        if self.symbols is None:
            return False
        try:
            for node in program.preorder():
                self.symbols.index(node)
        except SymbolError:
            return True
        return False


def check_symbols(model: Model, programs: Sequence[Node]) -> None:
    """Compare the symbols of target programs with those of the model; warn where some are missing.

    Raises:
        EvaluationError: the model can write none of the programs.
    """
    lacking = [program for program in programs if model.lacks_symbol(program)]
    if not lacking:
        return
    if len(lacking) == len(programs):
        raise EvaluationError(
            f"{model.source.checkpoint} can write none of the {len(programs)} target programs, "
            f"such as {lacking[0]}: it was made for other symbols; check checkpoint= and data.path="
        )
    logger.warning(
        "%s has no label for some symbol of %d of %d target programs, such as %s; "
        "on these its exact match is 0",
        model.source.checkpoint,
        len(lacking),
        len(programs),
        lacking[0],
    )


def load_model(settings: Settings) -> Model:
    """Read the model that the settings name.

    Raises:
        BundleError: the checkpoint is missing, incomplete or damaged.
        EvaluationError: there is no such device.
    """
    from hydra.utils import instantiate

    from saps.decoding.predictor import Predictor
    from saps.evaluation.typed_text import TypedTextPredictor
    from saps.model.bundle import find_bundle, load_bundle

    device = _device(settings.device)
    folder = find_bundle(settings.checkpoint)
    bundle = load_bundle(folder, device)
    search = instantiate(dict(settings.decoding))
    n_parameters = sum(weight.numel() for weight in bundle.network.parameters())
    predictor = Predictor(bundle, search, settings.batch_size)
    # The place of an installation says nothing to those who read the report elsewhere.
    name = BUNDLED if settings.checkpoint is None else str(folder)
    source = ModelSource(name, folder_digest(folder), n_parameters)
    known = partial(_known, n_tests=search.n_examples)
    if settings.as_typed:
        return Model(
            TypedTextPredictor(predictor), source, bundle.symbols, known, search.n_examples
        )
    request = partial(_request, symbols=bundle.symbols, n_tests=search.n_examples)
    n_writers = settings.workers if device == "cpu" else 1
    return Model(predictor, source, bundle.symbols, request, search.n_examples, n_writers)


def _known(example: Example, *, n_tests: int) -> Request:
    """Return what a search may know of a task: the declared types, and its first tests."""
    tests = tuple(InputOutput(test.inputs, test.output) for test in example.tests[:n_tests])
    return Request(example.arguments, example.return_type, tests)


def _request(example: Example, *, symbols: SymbolTable, n_tests: int) -> Request:
    """Return what is known, or nothing where no program can have the declared types."""
    from saps.decoding.constraint import check_request
    from saps.decoding.requested_types import RequestTypeError

    request = _known(example, n_tests=n_tests)
    try:
        check_request(symbols, request)
    except RequestTypeError as error:
        logger.warning("a task declares types that no program has, so none are used: %s", error)
        return NOTHING_KNOWN
    return request


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
