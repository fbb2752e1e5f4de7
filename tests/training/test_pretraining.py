"""A decoder that starts from an autoencoder's, and stays frozen for a while."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from saps.data.symbols import SymbolTable
from saps.model.bundle import Bundle, build_network, load_bundle, plain_config, save_bundle
from saps.model.network import Autoencoder
from saps.model.protocols import Network
from saps.resources import resource_folder
from saps.training.callbacks import Freezing, FreezingError
from saps.training.pretraining import PretrainingError, load_earlier, take_decoder
from saps.training.run import train
from saps.training.training_module import SynthesisModule
from tests.tasks import vocabularies, write_data

DECODER = ["model.decoder.embedding_size=18", "model.decoder.hidden_size=20"]
TREES = [
    "experiment=autoencoder",
    "model.encoder.embedding_size=12",
    "model.encoder.hidden_size=14",
    "model.encoder.latent_size=16",
    *DECODER,
]
TEXTS = [
    "experiment=sapspre_vh_att_256",
    "model.encoder.embedding_size=12",
    "model.encoder.hidden_size=14",
    "model.encoder.n_layers=1",
    "model.encoder.latent_size=16",
    *DECODER,
]


def _config(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(resource_folder("conf")), version_base="1.3"):
        return compose("train", list(overrides))


def _network(*overrides: str, symbols: SymbolTable | None = None) -> Network:
    tokenizer, all_symbols = vocabularies()
    config = plain_config(_config(*overrides).model)
    return build_network(config, tokenizer, symbols or all_symbols)


def _save(folder: Path, *overrides: str, symbols: SymbolTable | None = None) -> Network:
    """Save an untrained network as a model."""
    tokenizer, all_symbols = vocabularies()
    torch.manual_seed(5)
    network = _network(*overrides, symbols=symbols)
    config = {"model": plain_config(_config(*overrides).model)}
    save_bundle(Bundle(network, tokenizer, symbols or all_symbols, config), folder)
    return network


def _earlier(path: Path) -> Bundle:
    bundle = load_earlier(OmegaConf.create({"pretrained": str(path)}), "pretrained")
    assert bundle is not None
    return bundle


def _decoder(network: Network) -> dict[str, Tensor]:
    return dict(network.get_submodule("decoder").state_dict())


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "autoencoder"
    _save(folder / "best", *TREES)
    return folder


def test_a_decoder_starts_from_the_autoencoders_and_attention_afresh(
    pretrained: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network = _network(*TEXTS)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    with caplog.at_level(logging.INFO, logger="saps"):
        transfer = take_decoder(_earlier(pretrained), network, SymbolTable.of_language())
    there, here = _decoder(load_bundle(pretrained).network), _decoder(network)
    taken, fresh, left = transfer
    assert set(taken) == set(there)
    assert all(torch.equal(here[name], there[name]) for name in there)
    assert {name.partition(".")[0] for name in fresh} == {"attention"}
    assert left == []
    for name, weight in network.state_dict().items():
        if name.removeprefix("decoder.") not in there:
            assert torch.equal(weight, before[name])
    assert "are the pretrained ones; fresh: attention; left out: nothing" in caplog.text


def test_weights_without_a_place_are_left(pretrained: Path) -> None:
    network = _network(*TEXTS, "model.decoder.latent_at_nodes=false", "model.decoder.recurrence=v")
    transfer = take_decoder(_earlier(pretrained), network, SymbolTable.of_language())
    left = {name.partition(".")[0] for name in transfer[2]}
    assert left == {"horizontal", "step", "from_latent"}


def test_a_run_that_is_not_there_is_named_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(PretrainingError, match=r"pretrained=.*absent: no such .*=autoencoder"):
        _earlier(tmp_path / "absent")
    with pytest.raises(PretrainingError, match=r"config\.json is missing"):
        _earlier(tmp_path)


def test_a_run_to_start_from_is_looked_for_before_the_data_are_read(tmp_path: Path) -> None:
    absent = [f"pretrained={tmp_path / 'absent'}", f"data.path={tmp_path / 'no-data'}"]
    with pytest.raises(PretrainingError, match="no such folder"):
        train(_config(*TEXTS, *absent, f"folder={tmp_path / 'run'}"))


def test_a_damaged_model_is_refused(pretrained: Path, tmp_path: Path) -> None:
    shutil.copytree(pretrained / "best", tmp_path / "damaged")
    (tmp_path / "damaged" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(PretrainingError, match=r"damaged: .*model\.safetensors is damaged"):
        _earlier(tmp_path / "damaged")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "model.decoder.hidden_size=24",
            r"decoder\.query_bias is 20 in the pretrained model and 24 in",
        ),
        (
            "model.encoder.latent_size=17",
            r"from_latent\.weight is 20 x 16 in .* and 20 x 17 in this",
        ),
        ("cell=gru", r"cell\.input\.weight is 80 x 18 in .* and 60 x 18 in this"),
    ],
)
def test_another_size_is_refused_and_nothing_is_taken(
    override: str, message: str, pretrained: Path
) -> None:
    network = _network(*TEXTS, override)
    before = {name: weight.clone() for name, weight in _decoder(network).items()}
    with pytest.raises(PretrainingError, match=message):
        take_decoder(_earlier(pretrained), network, SymbolTable.of_language())
    assert all(torch.equal(weight, before[name]) for name, weight in _decoder(network).items())


def test_other_labels_are_refused(pretrained: Path) -> None:
    labels = SymbolTable.of_language().labels
    fewer, swapped = SymbolTable(labels[1:]), SymbolTable([labels[1], labels[0], *labels[2:]])
    first = f"{labels[0].symbol!r} with {labels[0].arity} children"
    with pytest.raises(
        PretrainingError, match=rf"knows 139 .* run 138, and {first} is known only to the first"
    ):
        take_decoder(_earlier(pretrained), _network(*TEXTS, symbols=fewer), fewer)
    with pytest.raises(PretrainingError, match=rf"{first} has another number in each"):
        take_decoder(_earlier(pretrained), _network(*TEXTS), swapped)


def test_a_network_with_no_such_decoder_is_refused(pretrained: Path) -> None:
    network = _network(*TREES)
    assert isinstance(network, Autoencoder)
    network.decoder = nn.Identity()  # type: ignore[assignment]
    with pytest.raises(PretrainingError, match="has no decoder with weights like this Autoencoder"):
        take_decoder(_earlier(pretrained), network, SymbolTable.of_language())


def _train(tmp_path: Path, name: str, *overrides: str) -> dict[str, Tensor]:
    """Run `saps train` and return the weights of its last checkpoint."""
    data, folder = tmp_path / "data", tmp_path / name
    if not data.exists():
        write_data(data)
    small = ["data.vocabulary_size=120", "data.batch_size=4"]
    train(_config(*overrides, *small, f"data.path={data}", f"folder={folder}"))
    weights = torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]
    return {str(name).removeprefix("network."): weight for name, weight in weights.items()}


def _changed(first: dict[str, Tensor], second: dict[str, Any], part: str) -> bool:
    names = [name for name in first if name.startswith(part)]
    assert names
    equal = {torch.equal(first[name], second[name]) for name in names}
    assert len(equal) == 1, "some weights of the part changed and some did not"
    return not equal.pop()


def test_both_commands_of_the_row_run_and_the_decoder_is_frozen_as_configured(
    tmp_path: Path,
) -> None:
    _train(tmp_path, "autoencoder", *TREES, "trainer.max_epochs=1")
    start = {
        f"decoder.{name}": weight
        for name, weight in _decoder(load_bundle(tmp_path / "autoencoder").network).items()
    }
    row = [*TEXTS, f"pretrained={tmp_path / 'autoencoder'}", "trainer.max_epochs=3"]
    frozen = _train(tmp_path, "frozen", *row, "freezing.decoder=1", "+trainer.max_steps=3")
    taken = {name: weight for name, weight in start.items() if name in frozen}
    assert taken.keys() == start.keys()
    assert not _changed(taken, frozen, "decoder.")
    free = _train(tmp_path, "free", *row, "freezing.decoder=1", "+trainer.max_steps=4")
    assert _changed(frozen, free, "decoder.vertical.cell.recurrent")
    assert _changed(frozen, free, "decoder.attention.keys")
    info = json.loads((tmp_path / "free" / "best" / "config.json").read_text())["info"]
    assert info["training"]["freezing"] == {"decoder": 1, "decoder.attention": 0}
    assert info["training"]["pretrained"] == str(tmp_path / "autoencoder")


@pytest.fixture(scope="module")
def whole(pretrained: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    """Return the weights of a run that was never stopped."""
    return _train(tmp_path_factory.mktemp("whole"), "run", *_four_epochs(pretrained))


def _four_epochs(pretrained: Path) -> list[str]:
    return [*TEXTS, f"pretrained={pretrained}", "trainer.max_epochs=4", "freezing.decoder=2"]


@pytest.mark.parametrize("stop", [1, 6, 8], ids=["frozen", "at-the-thaw", "thawed"])
def test_a_resumed_run_freezes_what_it_would_have_frozen(
    stop: int,
    whole: dict[str, Tensor],
    pretrained: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_step = SynthesisModule.training_step

    def break_off(module: SynthesisModule, *args: Any) -> Any:
        if module.global_step == stop:  # of 3 an epoch
            raise RuntimeError("power failure")
        return take_step(module, *args)

    row = _four_epochs(pretrained)
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="power failure"):
        patch.setattr(SynthesisModule, "training_step", break_off)
        _train(tmp_path, "run", *row, "checkpoints.every_n_steps=1")
    # What the run started from is not needed any more.
    resumed = _train(tmp_path, "run", *row, "ckpt_path=last", "pretrained=gone")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize("cell", ["nary", "child_sum"])
def test_a_resumed_autoencoder_ends_with_the_same_weights(cell: str, tmp_path: Path) -> None:
    row = [*TREES, f"model/tree_lstm={cell}", "trainer.max_epochs=2"]
    never_stopped = _train(tmp_path, "whole", *row)
    _train(tmp_path, "halves", *row, "+trainer.max_steps=3")
    resumed = _train(tmp_path, "halves", *row, "ckpt_path=last")
    assert never_stopped.keys() == resumed.keys()
    assert all(torch.equal(never_stopped[name], resumed[name]) for name in never_stopped)
    assert ("encoder.cell.forget.weight" in resumed) == (cell == "child_sum")


def test_a_schedule_that_does_not_fit_is_refused_before_the_run_starts(
    pretrained: Path, tmp_path: Path
) -> None:
    row = [*TEXTS, f"pretrained={pretrained}"]
    with pytest.raises(FreezingError, match=r"freezing\.decoder is -1, expected a number of ep"):
        _train(tmp_path, "run", *row, "freezing.decoder=-1")
    with pytest.raises(FreezingError, match=r"freezing\.head: .* it has encoder, decoder and"):
        _train(tmp_path, "run", *row, "+freezing.head=1")
    assert not (tmp_path / "run").exists()


def test_the_longest_name_that_fits_decides() -> None:
    network = _network(*TEXTS)
    schedule = {"decoder": 2, "decoder.attention": 0, "decoder.attention.keys.weight": 5}
    epochs = Freezing(schedule, network).epochs
    assert epochs["decoder.to_label.bias"] == 2
    assert epochs["decoder.attention.combine.bias"] == 0
    assert epochs["decoder.attention.keys.weight"] == 5
    assert epochs["encoder.embedding.weight"] == 0
