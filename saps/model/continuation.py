"""A network that starts where an earlier one ended, though its texts may hold other words."""

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import Bundle, BundleError, load_bundle
from saps.model.network import Network
from saps.model.pretraining import PretrainingError, compare_symbols

logger = logging.getLogger(__name__)

_EMBEDDING = "encoder.embedding.weight"
_OURS = "bundled"


@dataclass(frozen=True, slots=True)
class Continuation:
    """What became of the pieces of text.

    Attributes:
        kept: pieces that both tokenizers have; their embeddings are the earlier ones.
        composed: new pieces that the earlier tokenizer cuts into pieces of its own; their
            embeddings are the means of those.
    """

    kept: int
    composed: int


def load_start(path: Path | str) -> Bundle:
    """Read the model that another run starts from.

    Args:
        path: a run's folder, whose best model is meant, or a model's; "bundled" is the model that
            comes with SAPS.

    Raises:
        PretrainingError: there is no such model, or it is damaged.
    """
    if path != _OURS and not Path(path).exists():
        raise PretrainingError(
            f"start_from={path}: no such folder: give a run's, such as runs/NAME, or {_OURS} for "
            "the model that comes with SAPS"
        )
    try:
        return load_bundle(None if path == _OURS else path)
    except BundleError as error:
        raise PretrainingError(f"start_from={path}: {error}") from error


def go_on_from(
    earlier: Bundle, network: Network, tokenizer: Tokenizer, symbols: SymbolTable
) -> Continuation:
    """Give a network all weights of an earlier one, in place.

    The embeddings of the pieces go by the pieces, for the tokenizers may differ.

    Args:
        earlier: from `load_start`.
        network: of the same configuration.
        tokenizer: of `network`.
        symbols: the labels that `network` gives.

    Raises:
        PretrainingError: the labels differ, or the weights have other names or sizes. Then the
            network is as it was.
    """
    compare_symbols(earlier.symbols, symbols)
    there, here = earlier.network.state_dict(), network.state_dict()
    _compare_weights(there, here)
    pieces = _pieces(earlier.tokenizer, tokenizer)
    with torch.no_grad():
        for name, weight in here.items():
            if name != _EMBEDDING:
                weight.copy_(there[name])
        for row, ids in enumerate(pieces):
            if ids:
                here[_EMBEDDING][row] = there[_EMBEDDING][ids].mean(0)
    kept = sum(len(ids) == 1 for ids in pieces)
    found = Continuation(kept, sum(len(ids) > 1 for ids in pieces))
    logger.info(
        "starts from an earlier model: of %d pieces of text it knows %d, and parts of %d",
        len(pieces),
        found.kept,
        found.composed,
    )
    return found


def _compare_weights(there: dict[str, Tensor], here: dict[str, Tensor]) -> None:
    if _EMBEDDING not in here:
        raise PretrainingError("this network reads no text; start_from needs one that does")
    for name in sorted(there.keys() ^ here.keys()):
        side = "earlier model" if name in there else "new network"
        raise PretrainingError(
            f"only the {side} has {name}; give the run the earlier one's experiment, cell and model"
        )
    for name, weight in here.items():
        ours, theirs = tuple(weight.shape), tuple(there[name].shape)
        if ours[name == _EMBEDDING :] != theirs[name == _EMBEDDING :]:
            raise PretrainingError(
                f"{name} is {theirs} in the earlier model and {ours} in this run; "
                "give the run the earlier one's sizes"
            )


def _pieces(there: Tokenizer, here: Tokenizer) -> list[list[int]]:
    """Return, for each piece of `here`, the ids of the pieces of `there` that make it up."""
    return [there.ids_of(piece) for piece in here.all_pieces()]
