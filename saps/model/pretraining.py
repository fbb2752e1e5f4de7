"""A decoder that starts from the weights of an earlier run."""

import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from saps.data.symbols import Label, SymbolTable
from saps.model.bundle import Bundle, BundleError, load_bundle
from saps.model.network import Network

logger = logging.getLogger(__name__)

PART = "decoder"


class PretrainingError(ValueError):
    """A run's decoder can not be where another run starts; the message says why."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What became of a decoder's weights, by name.

    Attributes:
        taken: have the values of the earlier run.
        fresh: the earlier run has none such, as attention in an autoencoder.
        left: of the earlier run, and without a place in the new decoder.
    """

    taken: tuple[str, ...]
    fresh: tuple[str, ...]
    left: tuple[str, ...]


def load_pretrained(path: Path | str) -> Bundle:
    """Read the model whose decoder another run starts from.

    Args:
        path: a run's folder, whose best model is meant, or a model's.

    Raises:
        PretrainingError: there is no such model, or it is damaged.
    """
    if not Path(path).exists():
        raise PretrainingError(
            f"pretrained={path}: no such folder; 'saps train experiment=autoencoder' makes "
            "runs/autoencoder"
        )
    try:
        return load_bundle(path)
    except BundleError as error:
        raise PretrainingError(f"pretrained={path}: {error}") from error


def start_from(earlier: Bundle, network: Network, symbols: SymbolTable) -> Transfer:
    """Give a network's decoder the weights of an earlier run's, in place.

    Weights that only one of the two decoders has stay as they are.

    Args:
        earlier: from `load_pretrained`.
        network: has a part named `decoder`.
        symbols: the labels that `network` gives.

    Raises:
        PretrainingError: the labels differ, a weight has another size, or the decoders have no
            weight in common. Then the network is as it was.
    """
    compare_symbols(earlier.symbols, symbols)
    there, here = _weights(earlier.network), _weights(network)
    taken = tuple(name for name in here if name in there)
    if not taken:
        raise PretrainingError(
            f"the pretrained {type(earlier.network).__name__} has no decoder with weights like "
            f"this {type(network).__name__}'s; start from a run of experiment=autoencoder"
        )
    for name in taken:
        _compare_sizes(name, there[name], here[name])
    with torch.no_grad():
        for name in taken:
            here[name].copy_(there[name])
    transfer = Transfer(
        taken,
        fresh=tuple(name for name in here if name not in there),
        left=tuple(name for name in there if name not in here),
    )
    _log(transfer)
    return transfer


def _weights(network: nn.Module) -> dict[str, Tensor]:
    part = getattr(network, PART, None)
    return dict(part.state_dict()) if isinstance(part, nn.Module) else {}


def compare_symbols(there: SymbolTable, here: SymbolTable) -> None:
    """Raise `PretrainingError` unless two models give the same labels."""
    if there == here:
        return
    strange = sorted(set(there.labels) ^ set(here.labels)) or [
        label for label, other in zip(there.labels, here.labels, strict=True) if label != other
    ]
    raise PretrainingError(
        f"the pretrained model knows {len(there)} labels and this run {len(here)}, and "
        f"{_describe(strange[0], there, here)}; train both with one version of SAPS"
    )


def _describe(label: Label, there: SymbolTable, here: SymbolTable) -> str:
    called = f"{label.symbol!r} with {label.arity} children"
    if label not in here.labels:
        return f"{called} is known to the first alone"
    if label not in there.labels:
        return f"{called} is known to the second alone"
    return f"{called} has another number in each"


def _compare_sizes(name: str, there: Tensor, here: Tensor) -> None:
    if there.shape != here.shape:
        raise PretrainingError(
            f"{PART}.{name} is {_size(there)} in the pretrained model and {_size(here)} in this "
            "run; train both with the same model.decoder, cell and latent_size"
        )


def _size(weight: Tensor) -> str:
    return " x ".join(str(size) for size in weight.shape)


def _log(transfer: Transfer) -> None:
    def parts(names: tuple[str, ...]) -> str:
        return ", ".join(dict.fromkeys(name.partition(".")[0] for name in names)) or "nothing"

    logger.info(
        "decoder: %d weight tensors are the pretrained ones; fresh: %s; left out: %s",
        len(transfer.taken),
        parts(transfer.fresh),
        parts(transfer.left),
    )
