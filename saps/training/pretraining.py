"""Networks that start from the weights of an earlier run: their decoder's, or all of them."""

import logging
from pathlib import Path

import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import Bundle, BundleError, load_bundle
from saps.model.protocols import Network

logger = logging.getLogger(__name__)

_PART = "decoder"
_EMBEDDING = "encoder.embedding.weight"
_OURS = "bundled"
_MAKE = {
    "pretrained": "; 'saps train experiment=autoencoder' makes runs/autoencoder",
    "start_from": f": give a run's, such as runs/NAME, or {_OURS} for the model that comes with "
    "SAPS",
}


class PretrainingError(ValueError):
    """A run's decoder cannot be where another run starts; the message says why."""


def load_earlier(cfg: DictConfig, key: str) -> Bundle | None:
    """Read the model that a run begins with; None where the setting is null.

    The key is `pretrained`, for its decoder alone, or `start_from`, whose value may be "bundled".
    Else the value is a run's folder, whose best model is meant, or a model's.

    Raises:
        PretrainingError: there is no such model, or it is damaged.
    """
    path = cfg[key]
    if path is None:
        return None
    is_ours = key == "start_from" and path == _OURS
    if not is_ours and not Path(path).exists():
        raise PretrainingError(f"{key}={path}: no such folder{_MAKE[key]}")
    try:
        return load_bundle(None if is_ours else path)
    except BundleError as error:
        raise PretrainingError(f"{key}={path}: {error}") from error


def take_decoder(
    earlier: Bundle, network: Network, symbols: SymbolTable
) -> tuple[list[str], list[str], list[str]]:
    """Give a network's decoder the weights of an earlier run's, in place.

    Weights that only one of the two decoders has stay as they are.

    Returns:
        Names of the weights that were taken, of those that only the network has, and of those that
        only the earlier run has.

    Raises:
        PretrainingError: the labels differ, a weight has another size, or the decoders have no
            weight in common. Then the network is as it was.
    """
    _compare_symbols(earlier.symbols, symbols)
    there, here = _weights(earlier.network), _weights(network)
    taken = [name for name in here if name in there]
    if not taken:
        raise PretrainingError(
            f"the pretrained {type(earlier.network).__name__} has no decoder with weights like "
            f"this {type(network).__name__}'s; start from a run of experiment=autoencoder"
        )
    for name in taken:
        if there[name].shape != here[name].shape:
            then, now = (" x ".join(map(str, side[name].shape)) for side in (there, here))
            raise PretrainingError(
                f"{_PART}.{name} is {then} in the pretrained model and {now} in this run; train "
                "both with the same model.decoder, cell and latent_size"
            )
    with torch.no_grad():
        for name in taken:
            here[name].copy_(there[name])
    # Attention, which an autoencoder lacks, starts as it was drawn.
    fresh = [name for name in here if name not in there]
    left = [name for name in there if name not in here]
    fresh_parts, left_parts = (
        ", ".join(dict.fromkeys(name.partition(".")[0] for name in names)) or "nothing"
        for names in (fresh, left)
    )
    told = "decoder: %d weight tensors are the pretrained ones; fresh: %s; left out: %s"
    logger.info(told, len(taken), fresh_parts, left_parts)
    return taken, fresh, left


def _weights(network: nn.Module) -> dict[str, Tensor]:
    part = getattr(network, _PART, None)
    return dict(part.state_dict()) if isinstance(part, nn.Module) else {}


def _compare_symbols(there: SymbolTable, here: SymbolTable) -> None:
    """Raise `PretrainingError` unless two models give the same labels."""
    if there == here:
        return
    strange = set(there.labels) ^ set(here.labels)
    moved = (
        label for label, other in zip(there.labels, here.labels, strict=False) if label != other
    )
    label = min(strange) if strange else next(moved)
    known = ("is known only to the second", "is known only to the first")[label in there.labels]
    raise PretrainingError(
        f"the pretrained model knows {len(there)} labels and this run {len(here)}, and "
        f"{label.symbol!r} with {label.arity} children "
        f"{known if strange else 'has another number in each'}; train both with one version of SAPS"
    )


def take_all(
    earlier: Bundle, network: Network, tokenizer: Tokenizer, symbols: SymbolTable
) -> tuple[int, int]:
    """Give a network all weights of an earlier one, in place.

    The embeddings of the pieces go by the pieces, for the tokenizers may differ: a piece that the
    earlier one cuts into pieces of its own gets their mean. The weights of the labels go by the
    labels, for this run may have more constants; those of a new one stay as they were drawn.

    Returns:
        How many pieces both tokenizers have, and how many are means.

    Raises:
        PretrainingError: this run lacks a label, or the weights have other names or sizes. Then the
            network is as it was.
    """
    # All is compared before the first weight is copied.
    there, here = earlier.network.state_dict(), network.state_dict()
    if not set(earlier.symbols.labels) <= set(symbols.labels):
        _compare_symbols(earlier.symbols, symbols)
    elif earlier.symbols != symbols:
        there = _grown(there, here, earlier.symbols, symbols)
    _compare_weights(there, here)
    # For each new piece, the earlier pieces that make it up.
    pieces = [earlier.tokenizer.ids_of(piece) for piece in tokenizer.all_pieces()]
    with torch.no_grad():
        for name, weight in here.items():
            if name != _EMBEDDING:
                weight.copy_(there[name])
        for row, ids in enumerate(pieces):
            # A piece of letters that the earlier tokenizer has never seen stays as it was drawn.
            if ids:
                here[_EMBEDDING][row] = there[_EMBEDDING][ids].mean(0)
    n_kept, n_means = sum(len(ids) == 1 for ids in pieces), sum(len(ids) > 1 for ids in pieces)
    told = "starts from an earlier model: of %d pieces of text it knows %d whole and %d in parts"
    logger.info(told, len(pieces), n_kept, n_means)
    return n_kept, n_means


def _grown(
    there: dict[str, Tensor], here: dict[str, Tensor], earlier: SymbolTable, symbols: SymbolTable
) -> dict[str, Tensor]:
    """Return earlier weights in the places of the labels of this run, which has more of them."""
    places = {label: place for place, label in enumerate(earlier.labels)}
    rows = [places.get(label) for label in symbols.labels]
    known = [row for row, place in enumerate(rows) if place is not None]
    taken = [place for place in rows if place is not None]
    grown = dict(there)
    for name, weight in here.items():
        then = there.get(name)
        # A row a label, and one more where a tree begins.
        n_more = weight.shape[0] - len(symbols) if weight.ndim else -1
        if then is None or n_more not in (0, 1) or then.shape[0] - len(earlier) != n_more:
            continue
        moved = weight.clone()
        if weight.ndim == 1:  # a bias: what was never seen is not likely
            moved.fill_(float(then.min()))
        moved[known] = then[taken]
        moved[len(symbols) :] = then[len(earlier) :]
        grown[name] = moved
    return grown


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
