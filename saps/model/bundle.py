"""A trained model as a folder: weights, configuration, tokenizer, symbols; never a pickle.

A model folder is data that a user may have been handed. So its configuration is read as plain
values: a class is one of `parts()`, by its name; nothing else is imported, called or interpolated.
"""

import importlib
import inspect
import json
import math
import pkgutil
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import safetensors
import torch
from omegaconf import OmegaConf
from safetensors.torch import load_file, save_file
from torch import nn
from torch.overrides import TorchFunctionMode

import saps.model
from saps.data.symbols import SymbolError, SymbolTable
from saps.data.tokenizer import Tokenizer, TokenizerError
from saps.model import kind_classifier
from saps.model.kind_classifier import KindClassifier, KindsError
from saps.model.protocols import Network
from saps.resources import write_whole

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.model"
SYMBOLS = "symbols.json"
WORDS = "words.json"
CALIBRATION = "calibration.json"
KINDS = (kind_classifier.WEIGHTS, kind_classifier.ENTRIES)
FILES = (CONFIG, WEIGHTS, TOKENIZER, SYMBOLS, WORDS, CALIBRATION, *KINDS)

PRETRAINED = Path(__file__).resolve().parent.parent / "pretrained"


class BundleError(ValueError):
    """A model folder is missing, incomplete, damaged, or made for something else."""

    def __str__(self) -> str:
        # A name in a configuration may have half of a surrogate pair, which no stream takes.
        return super().__str__().encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A network with what it needs to read texts and name nodes.

    Attributes:
        config: `model`, the network's configuration; `info`, how it was trained (free form).
        words: those of the texts that it was trained on, normalised; None where they are not kept.
        calibration: how far its probabilities can be believed, as
            `saps.synthesis.calibration.Calibration` reads it; None where nobody has looked.
        kinds: knows whole kinds of tasks by the words of a text; None where nobody has taught it.
    """

    network: Network
    tokenizer: Tokenizer
    symbols: SymbolTable
    config: Mapping[str, Any]
    words: frozenset[str] | None = None
    calibration: Mapping[str, Any] | None = None
    kinds: KindClassifier | None = None


def save_bundle(bundle: Bundle, folder: Path, *, half: bool = False) -> None:
    """Write a bundle; an older one in its place stays whole until the new one is complete.

    Files of that folder which are no part of a model stay there.

    Args:
        bundle: what to write.
        folder: made if missing; its parent must exist or be creatable.
        half: store weights in 16 bits, at half the size.

    Raises:
        OSError: there is no room for it, or no right to write there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        weights = {
            name: (tensor.half() if half and tensor.is_floating_point() else tensor).contiguous()
            for name, tensor in bundle.network.state_dict().items()
        }
        try:
            save_file(weights, draft / WEIGHTS)
        except safetensors.SafetensorError as error:  # as it calls a disk that is full
            raise OSError(f"{draft / WEIGHTS}: {error}") from error
        (draft / WEIGHTS).chmod(0o644)  # safetensors keeps its files from other users
        text = json.dumps(bundle.config, indent=2, sort_keys=True)
        (draft / CONFIG).write_text(text + "\n", encoding="utf-8")
        bundle.tokenizer.save(draft / TOKENIZER)
        bundle.symbols.save(draft / SYMBOLS)
        if bundle.words is not None:
            text = json.dumps(sorted(bundle.words), ensure_ascii=False)
            (draft / WORDS).write_text(text + "\n", encoding="utf-8")
        if bundle.calibration is not None:
            save_calibration(bundle.calibration, draft)
        if bundle.kinds is not None:
            bundle.kinds.save(draft)
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
        # Shapes alone: a small file may ask for all of the memory.
        with torch.device("meta"), _WithoutValues():
            outline = build_network(config["model"], tokenizer, symbols)
    except BundleError as error:
        raise BundleError(f"{folder / CONFIG}: {error}") from error
    _check_weights(folder / WEIGHTS, outline)
    network = build_network(config["model"], tokenizer, symbols)
    _load_weights(network, folder / WEIGHTS)
    words, calibration = _read_words(folder / WORDS), _read_calibration(folder / CALIBRATION)
    try:
        kinds = KindClassifier.load(folder)
    except KindsError as error:
        raise BundleError(f"{error}; copy the model again, or delete both files") from error
    return Bundle(network.to(device).eval(), tokenizer, symbols, config, words, calibration, kinds)


class _WithoutValues(TorchFunctionMode):
    """Draws no weights on the meta device: torch would import its compiler for it, 90 MB."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        return given["tensor"] if func is nn.init.normal_ else func(*args, **given)


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
    write_whole(path, (json.dumps(calibration, indent=2) + "\n").encode())
    return path


def _read_words(path: Path) -> frozenset[str] | None:
    words = _read_json(path) if path.is_file() else None
    if words is None:
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise BundleError(f"{path} is damaged: it is not a list of words")
    return frozenset(words)


def _read_calibration(path: Path) -> Mapping[str, Any] | None:
    try:
        found = _read_json(path) if path.is_file() else None
        if found is not None and not isinstance(found, dict):
            raise BundleError(f"{path} is damaged: it is not a JSON object")
    except BundleError as error:
        raise BundleError(f"{error}; delete it, and 'saps calibrate' writes a new one") from error
    return found


def _read_config(path: Path) -> dict[str, Any]:
    config = _read_json(path)
    if not isinstance(config, dict) or not isinstance(config.get("model"), dict):
        raise BundleError(f"{path} is damaged: it has no 'model' entry")
    return config


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise BundleError(f"{path} is damaged: it nests too deep to be read") from error
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} is damaged: {error}") from error


def _check_weights(path: Path, network: nn.Module) -> None:
    """Compare the shapes in the header of a file of weights with those of a network."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise BundleError(f"{path} is damaged: {error}; copy or train the model again") from error
    fault = _misfit(shapes, network)
    if fault:
        raise BundleError(
            f"{path} does not fit the {CONFIG}, {TOKENIZER} and {SYMBOLS} beside it: {fault}; "
            "the files are of different models"
        )


def _load_weights(network: Network, path: Path) -> None:
    try:
        weights = load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise BundleError(f"{path} is damaged: {error}; copy or train the model again") from error
    broken = [name for name, weight in weights.items() if not weight.isfinite().all()]
    if broken:
        raise BundleError(
            f"{path} is damaged: {broken[0]} holds NaN or infinity; copy or train the model again"
        )
    network.load_state_dict(weights)


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
    """Put `draft` in the place of `folder`; a folder cannot be swapped in one step."""
    if not folder.exists():
        draft.replace(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    for other in folder.iterdir():
        if other.name in FILES:
            continue
        if other.is_dir():
            shutil.copytree(other, draft / other.name, symlinks=True)
        else:
            shutil.copy2(other, draft / other.name, follow_symlinks=False)
    folder.replace(old / "bundle")
    draft.replace(folder)
    shutil.rmtree(old)


def _misfit(shapes: Mapping[str, Sequence[int]], network: nn.Module) -> str | None:
    """Return what keeps weights from fitting, in one clause; None if they fit.

    Args:
        shapes: of the weights, by their names in a `state_dict`.
        network: what they should go into.
    """
    wanted = network.state_dict()
    lacking = [name for name in wanted if name not in shapes]
    spare = [name for name in shapes if name not in wanted]
    if lacking or spare:
        clauses = [
            f"{len(names)} weights {what}, such as {names[0]}"
            for names, what in ((lacking, "are missing"), (spare, "have no place"))
            if names
        ]
        return f"{' and '.join(clauses)} (they are of another row)"
    for name, weight in wanted.items():
        if tuple(shapes[name]) != tuple(weight.shape):
            found, expected = (" x ".join(map(str, s)) for s in (shapes[name], weight.shape))
            return f"{name} has the shape {found}, expected {expected}"
    return None


# From the configuration of a network to the network.

# Settings that hold a part of the network, and those that are true or false; Python would take
# any value for one of the latter.
_PARTS: Final = frozenset({"encoder", "decoder", "cell"})
_SWITCHES: Final = frozenset(
    {
        *("bidirectional", "attention", "latent_at_nodes", "step_embedding", "reset_after"),
        *("input_gate", "output_gate", "input_activation", "output_activation"),
        *("peepholes", "gate_recurrence"),
    }
)
# A network of a hundred layers, or of a million units, is a mistake; making it takes all memory.
_MOST_LAYERS: Final = 100
_LARGEST_SIZE: Final = 1_000_000
_DEEPEST: Final = 20  # levels of a configuration; ours have four


@cache
def parts() -> Mapping[str, type[nn.Module]]:
    """Return what a configuration may name, by the last part of its `_target_`.

    These are the modules that the files of `saps.model` define: a cell or a decoder in a file of
    its own is one of them. The names of modules in a `_target_` are for people; they have moved
    since the first model folders were written.
    """
    found: dict[str, type[nn.Module]] = {}
    for file in pkgutil.walk_packages(saps.model.__path__, "saps.model."):
        for name, part in inspect.getmembers(importlib.import_module(file.name), inspect.isclass):
            if part.__module__ != file.name or name.startswith("_") or inspect.isabstract(part):
                continue
            if issubclass(part, nn.Module):
                found[name] = part
    return found


def build_network(config: Mapping[str, Any], tokenizer: Tokenizer, symbols: SymbolTable) -> Network:
    """Make a network, its sizes taken from the vocabularies.

    Args:
        config: plain values; `_target_` names a class of `parts()`, and `_partial_` leaves it to
            its owner to be made.
        tokenizer: gives the number of pieces.
        symbols: gives the labels and their arities.

    Raises:
        BundleError: the configuration names another class, or its settings do not make a network.
    """
    sizes = {"n_pieces": len(tokenizer), "arities": symbols.arities}
    network = _part(config, "model", **sizes)
    if isinstance(network, partial):
        raise BundleError("model._partial_ is true, expected none: nobody else makes the network")
    if not isinstance(network, Network):
        raise BundleError(
            f"the model's configuration makes a {type(network).__name__}, which cannot be trained"
        )
    return network


def _part(config: Mapping[str, Any], place: str, **sizes: Any) -> Any:
    """Make a part of a network, or a function that makes it from what is still missing."""
    if place.count(".") > _DEEPEST:
        raise BundleError(f"the model's configuration nests more than {_DEEPEST} levels deep")
    named = config.get("_target_")
    part = parts().get(named.rpartition(".")[2]) if isinstance(named, str) else None
    if part is None or not str(named).startswith("saps."):
        raise BundleError(
            f"the model's configuration names {_shown(named)} at {place}._target_, which is not a "
            f"network of saps.model; there are {', '.join(parts())}"
        )
    settings = {
        str(key): _value(str(key), value, f"{place}.{key}")
        for key, value in config.items()
        if key not in ("_target_", "_partial_")
    }
    make = partial(part, **settings)
    if config.get("_partial_") is True:
        return make
    try:
        return make(**sizes)
    except Exception as error:
        kind = "" if isinstance(error, ValueError | TypeError) else f"{type(error).__name__}: "
        raise BundleError(
            f"the model's configuration does not make a network: {kind}{_cut(str(error), 500)}"
        ) from error


def _value(key: str, value: Any, place: str) -> Any:
    if isinstance(value, Mapping):
        if "model" in value:  # `dilated_conv`, which sets the encoder's, put where a cell should be
            raise BundleError(
                f"{place} is not a cell; a decoder needs a recurrent one, such as lstm"
            )
        return _part(value, place)
    holds, expected = _rule(key)
    if not holds(value):
        raise BundleError(f"{place} is {_shown(value)}, expected {expected}")
    return value


def _rule(key: str) -> tuple[Callable[[Any], bool], str]:
    """Return what a setting must be: a test, and words for it."""
    if key in _PARTS:
        return lambda _: False, "a part of the network: a mapping with a _target_"
    if key in ("n_layers", "n_blocks"):
        return partial(_is_count, most=_MOST_LAYERS), f"a whole number from 1 to {_MOST_LAYERS}"
    if key.endswith("_size"):
        return _is_count, f"a whole number from 1 to {_LARGEST_SIZE:,}"
    if key == "truncate":
        told = "a whole number of pieces from 1, or null"
        return lambda value: value is None or _is_count(value), told
    if key == "dropout":
        return lambda value: _is_number(value) and 0 <= value < 1, "a share from 0 to below 1"
    if key == "vectors":
        return lambda value: isinstance(value, str | None), "the path of a file, or null"
    if key in _SWITCHES:
        return lambda value: isinstance(value, bool), "true or false"
    return (
        lambda value: isinstance(value, str | bool | None) or _is_number(value),
        "a plain value",
    )


def _is_count(value: object, most: int = _LARGEST_SIZE) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _is_number(value: object) -> bool:
    """Tell whether it is a finite number that torch can take."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _LARGEST_SIZE and math.isfinite(value)


def _shown(value: object) -> str:
    """Show a value in a message; a file of a stranger may hold one of any length."""
    return _cut(repr(value), 80)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."
