"""A trained model as a folder: weights, configuration, tokenizer, symbols; never a pickle."""

import importlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf
from safetensors.torch import load_file, save_file
from torch import nn

from saps.data.symbols import SymbolError, SymbolTable
from saps.data.tokenizer import Tokenizer, TokenizerError
from saps.model.misfit import misfit
from saps.model.network import Network

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.model"
SYMBOLS = "symbols.json"
WORDS = "words.json"
CALIBRATION = "calibration.json"
FILES = (CONFIG, WEIGHTS, TOKENIZER, SYMBOLS, WORDS, CALIBRATION)

# Settings of a network that are true or false; Python would take any value for one of the two.
_SWITCHES = frozenset(
    {
        *("bidirectional", "attention", "latent_at_nodes", "step_embedding", "reset_after"),
        *("input_gate", "output_gate", "input_activation", "output_activation"),
        *("peepholes", "gate_recurrence"),
    }
)

PRETRAINED = Path(__file__).resolve().parent.parent / "pretrained"


class BundleError(ValueError):
    """A model folder is missing, incomplete, damaged, or made for something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A network with what it needs to read texts and name nodes.

    Attributes:
        config: `model`, the network's configuration; `info`, how it was trained (free form).
        words: those of the texts that it was trained on, normalised; None where they are not kept.
        calibration: how far its probabilities can be believed, as
            `saps.decoding.calibration.Calibration` reads it; None where nobody has looked.
    """

    network: Network
    tokenizer: Tokenizer
    symbols: SymbolTable
    config: Mapping[str, Any]
    words: frozenset[str] | None = None
    calibration: Mapping[str, Any] | None = None


def build_network(config: Mapping[str, Any], tokenizer: Tokenizer, symbols: SymbolTable) -> Network:
    """Make a network, its sizes taken from the vocabularies.

    Raises:
        BundleError: the configuration names something outside `saps.model`, or its settings do
            not make a network.
    """
    _refuse_strange_targets(config)
    _refuse_strange_settings(config, "model")
    try:
        network = instantiate(
            dict(config), n_pieces=len(tokenizer), arities=symbols.arities, _convert_="all"
        )
    except Exception as error:
        reason = _reason(error)
        raise BundleError(f"the model's configuration does not make a network: {reason}") from error
    if not isinstance(network, Network):
        raise BundleError(
            f"the model's configuration makes a {type(network).__name__}, which can not be trained"
        )
    return network


def save_bundle(bundle: Bundle, folder: Path, *, half: bool = False) -> None:
    """Write a bundle; an older one in its place stays whole until the new one is complete.

    Files of that folder which are no part of a model stay there.

    Args:
        bundle: what to write.
        folder: made if missing; its parent must exist or be creatable.
        half: store weights in 16 bits, at half the size.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        weights = {
            name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
            for name, tensor in bundle.network.state_dict().items()
        }
        save_file(weights, draft / WEIGHTS)
        (draft / WEIGHTS).chmod(0o644)  # safetensors keeps its files from other users
        text = json.dumps(bundle.config, indent=2, sort_keys=True)
        (draft / CONFIG).write_text(text + "\n", encoding="utf-8")
        bundle.tokenizer.save(draft / TOKENIZER)
        bundle.symbols.save(draft / SYMBOLS)
        _write_optional(bundle, draft)
        draft.chmod(0o755)
        _replace_folder(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load_bundle(path: Path | str | None = None, device: torch.device | str = "cpu") -> Bundle:
    """Read a bundle, ready for inference (evaluation mode, 32-bit weights).

    Args:
        path: a bundle, or a run folder whose best model is meant; None is the bundled model.
        device: where the network goes.

    Raises:
        BundleError: the folder or a file of it is missing or damaged, or the weights do not fit
            the configuration.
    """
    folder = find_bundle(path)
    config = _read_config(folder / CONFIG)
    try:
        tokenizer = Tokenizer.load(folder / TOKENIZER)
        symbols = SymbolTable.load(folder / SYMBOLS)
    except (TokenizerError, SymbolError) as error:
        raise BundleError(str(error)) from error
    try:
        network = build_network(config["model"], tokenizer, symbols)
    except BundleError as error:
        raise BundleError(f"{folder / CONFIG}: {error}") from error
    _load_weights(network, folder / WEIGHTS)
    words, calibration = _read_words(folder / WORDS), _read_calibration(folder / CALIBRATION)
    return Bundle(network.to(device).eval(), tokenizer, symbols, config, words, calibration)


def find_bundle(path: Path | str | None = None) -> Path:
    """Return the folder that `load_bundle` would read.

    Raises:
        BundleError: there is none, or a file of it is missing.
    """
    folder = PRETRAINED if path is None else Path(path)
    if folder.is_file():
        raise BundleError(
            f"{folder} is a file; a model is a folder with {WEIGHTS}, such as runs/NAME/best"
        )
    if not folder.is_dir():
        raise BundleError(
            f"no model at {folder}: give the folder of a model, such as runs/NAME/best "
            "(made by 'saps train'), or leave it out for the bundled model"
        )
    if not (folder / CONFIG).exists() and (folder / "best" / CONFIG).exists():
        folder = folder / "best"
    for name in (CONFIG, WEIGHTS, TOKENIZER, SYMBOLS):
        if not (folder / name).is_file():
            raise BundleError(f"{folder} is not a complete model: {name} is missing")
    return folder


def save_calibration(calibration: Mapping[str, Any], folder: Path) -> Path:
    """Write what was found about a model's probabilities into its folder; return the file."""
    path = folder / CALIBRATION
    draft = path.with_suffix(".json.draft")
    draft.write_text(json.dumps(calibration, indent=2) + "\n", encoding="utf-8")
    return draft.replace(path)


def _write_optional(bundle: Bundle, folder: Path) -> None:
    if bundle.words is not None:
        text = json.dumps(sorted(bundle.words), ensure_ascii=False)
        (folder / WORDS).write_text(text + "\n", encoding="utf-8")
    if bundle.calibration is not None:
        save_calibration(bundle.calibration, folder)


def _read_words(path: Path) -> frozenset[str] | None:
    words = _read_optional(path)
    if words is None:
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BundleError(f"{path} is damaged: it is no list of words")
    return frozenset(words)


def _read_calibration(path: Path) -> Mapping[str, Any] | None:
    try:
        found = _read_optional(path)
    except BundleError as error:
        raise BundleError(f"{error}; delete it, and 'saps calibrate' makes it anew") from error
    if found is not None and not isinstance(found, dict):
        reason = "it is no JSON object; delete it, and 'saps calibrate' makes it anew"
        raise BundleError(f"{path} is damaged: {reason}")
    return found


def _read_optional(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} is damaged: {error}") from error


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} is damaged: {error}") from error
    if not isinstance(config, dict) or not isinstance(config.get("model"), dict):
        raise BundleError(f"{path} is damaged: it has no 'model' entry")
    return config


def _load_weights(network: Network, path: Path) -> None:
    try:
        weights = load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise BundleError(f"{path} is damaged: {error}; copy or train the model again") from error
    fault = misfit(weights, network)
    if fault:
        raise BundleError(
            f"{path} does not fit the {CONFIG}, {TOKENIZER} and {SYMBOLS} beside it: {fault}; "
            "the files are of different models"
        )
    broken = [name for name, weight in weights.items() if not weight.isfinite().all()]
    if broken:
        raise BundleError(
            f"{path} is damaged: {broken[0]} holds what is no number (NaN or infinity); copy or "
            "train the model again"
        )
    network.load_state_dict(weights)


def _refuse_strange_targets(config: object) -> None:
    """A model folder is data: it may name this package's networks, and no other code."""
    if isinstance(config, Mapping):
        for key, value in config.items():
            if key == "_target_" and not _is_own_network(str(value)):
                raise BundleError(
                    f"the model's configuration names {value!r}, which is no network of saps.model"
                )
            _refuse_strange_targets(value)
    elif isinstance(config, list | tuple):
        for value in config:
            _refuse_strange_targets(value)


def _refuse_strange_settings(config: object, place: str) -> None:
    """Name a value that no network can have, before torch says something about its inside."""
    if not isinstance(config, Mapping):
        return
    if "model" in config:  # `dilated_conv`, which sets the encoder's, put where a cell should be
        raise BundleError(f"{place} is no cell; a decoder needs a recurrent one, such as lstm")
    for key, value in config.items():
        expected = _expected(str(key), value)
        if expected is not None:
            raise BundleError(f"{place}.{key} is {value!r}, expected {expected}")
        _refuse_strange_settings(value, f"{place}.{key}")


def _expected(key: str, value: object) -> str | None:
    """Return what a setting should have been; None where it is that, or none of these."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if key in ("n_layers", "n_blocks") or key.endswith("_size"):
        return None if is_count else "a whole number from 1"
    if key == "truncate":
        return None if is_count or value is None else "a whole number of pieces from 1, or null"
    if key == "dropout":
        is_share = isinstance(value, int | float) and 0 <= value < 1
        return None if is_share else "a share from 0 to below 1"
    if key == "vectors":
        return None if isinstance(value, str | None) else "the path of a file, or null"
    return "true or false" if key in _SWITCHES and not isinstance(value, bool) else None


def _reason(error: BaseException) -> str:
    """Return what a constructor said of its arguments, out of what Hydra wraps around it."""
    while isinstance(error, InstantiationException) and error.__cause__ is not None:
        error = error.__cause__
    told = str(error)
    return told if isinstance(error, ValueError | TypeError) else f"{type(error).__name__}: {told}"


def _is_own_network(target: str) -> bool:
    """Tell whether a dotted name is a network class at the place where it is defined."""
    module, _, name = target.rpartition(".")
    if not re.fullmatch(r"saps\.model(\.\w+)+", module):
        return False
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, nn.Module) and found.__module__ == module


def plain_config(config: object) -> dict[str, Any]:
    """Turn a resolved OmegaConf node (or a mapping) into plain dictionaries for JSON."""
    # A node that is already part of a configuration keeps its parent, which `${cell}` needs.
    node = config if OmegaConf.is_config(config) else OmegaConf.create(config)  # type: ignore[call-overload]
    container = OmegaConf.to_container(node, resolve=True)
    if not isinstance(container, dict):
        raise TypeError(f"expected a mapping, got {type(container).__name__}")
    return {str(key): value for key, value in container.items()}


def restore_replaced(folder: Path) -> None:
    """Put back a bundle that `save_bundle` had moved aside when its process was killed."""
    for old in folder.parent.glob(f".{folder.name}-old-*/bundle"):
        if not folder.exists():
            old.replace(folder)


def _replace_folder(draft: Path, folder: Path) -> None:
    """Put `draft` in the place of `folder`; a folder can not be swapped in one step."""
    if not folder.exists():
        draft.replace(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    for other in folder.iterdir():
        if other.name not in FILES:
            _copy(other, draft / other.name)
    folder.replace(old / "bundle")
    draft.replace(folder)
    shutil.rmtree(old)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)
