"""A run that starts with all weights of an earlier model, whatever the words of its texts."""

import json
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from saps.data.symbols import Label, SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.model.bundle import Bundle, build_network, load_bundle, plain_config, save_bundle
from saps.model.protocols import Network
from saps.training.pretraining import PretrainingError, load_earlier, take_all
from saps.training.run import train
from tests.training.tiny_run import compose_tiny

OLD_TEXTS = ["given an array of numbers a , find the sum of a"] * 3
NEW_TEXTS = [*OLD_TEXTS, "add up all the numbers in a list a , then halve the summation of a"]
EMBEDDING = "encoder.embedding.weight"


def _bundle(tmp_path: Path, tokenizer: Tokenizer, *overrides: str) -> Bundle:
    config = {"model": plain_config(compose_tiny(tmp_path, *overrides).model)}
    symbols = SymbolTable.of_language()
    torch.manual_seed(len(overrides))
    network = build_network(config["model"], tokenizer, symbols)
    return Bundle(network, tokenizer, symbols, config, frozenset())


@pytest.fixture
def earlier(tmp_path: Path) -> Bundle:
    return _bundle(tmp_path, Tokenizer.train(OLD_TEXTS, 90))


def _start(path: Path | str) -> Bundle:
    bundle = load_earlier(OmegaConf.create({"start_from": str(path)}), "start_from")
    assert bundle is not None
    return bundle


def _network(tmp_path: Path, tokenizer: Tokenizer, *overrides: str) -> Network:
    return _bundle(tmp_path, tokenizer, "seed=2", *overrides).network


def test_all_weights_are_taken_and_pieces_go_by_their_letters(
    tmp_path: Path, earlier: Bundle
) -> None:
    tokenizer = Tokenizer.train(NEW_TEXTS, 140)
    network = _network(tmp_path, tokenizer)
    found = take_all(earlier, network, tokenizer, earlier.symbols)
    there, here = earlier.network.state_dict(), network.state_dict()
    assert all(torch.equal(here[name], there[name]) for name in here if name != EMBEDDING)
    old, new = earlier.tokenizer.all_pieces(), tokenizer.all_pieces()
    shared = set(old) & set(new)
    assert found[0] >= len(shared) > 40
    for piece in shared:
        row, former = new.index(piece), old.index(piece)
        assert torch.equal(here[EMBEDDING][row], there[EMBEDDING][former]), piece
    assert found[1] > 0
    parts = earlier.tokenizer.encode("halve")
    mean = there[EMBEDDING][parts].mean(0)
    assert len(parts) > 1
    assert torch.allclose(here[EMBEDDING][tokenizer.encode("halve")[0]], mean)


def test_with_the_same_tokenizer_it_is_the_same_network(tmp_path: Path, earlier: Bundle) -> None:
    network = _network(tmp_path, earlier.tokenizer)
    found = take_all(earlier, network, earlier.tokenizer, earlier.symbols)
    assert found[1] == 0
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, earlier.network.state_dict()[name]), name


def test_other_sizes_are_refused_and_nothing_changes(tmp_path: Path, earlier: Bundle) -> None:
    network = _network(tmp_path, earlier.tokenizer, "model.decoder.hidden_size=24")
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    with pytest.raises(PretrainingError, match="give the run the earlier one's sizes"):
        take_all(earlier, network, earlier.tokenizer, earlier.symbols)
    assert all(torch.equal(before[name], weight) for name, weight in network.state_dict().items())


def test_another_row_is_refused(tmp_path: Path, earlier: Bundle) -> None:
    network = _network(tmp_path, earlier.tokenizer, "model.decoder.attention=false")
    with pytest.raises(PretrainingError, match=r"only the earlier model has decoder\.attention"):
        take_all(earlier, network, earlier.tokenizer, earlier.symbols)


def test_a_run_may_have_more_labels(tmp_path: Path, earlier: Bundle) -> None:
    labels = earlier.symbols.labels
    more = SymbolTable((*labels[:3], Label("42", 0), *labels[3:], Label('"why"', 0)))
    config = earlier.config["model"]
    network = build_network(config, earlier.tokenizer, more)
    drawn = network.state_dict()["decoder.embedding.weight"].clone()
    take_all(earlier, network, earlier.tokenizer, more)
    there, here = earlier.network.state_dict(), network.state_dict()
    old = [place for place in range(len(more)) if place not in (3, len(more) - 1)]
    for name in ("decoder.embedding.weight", "decoder.to_label.weight", "decoder.to_label.bias"):
        assert torch.equal(here[name][old], there[name][: len(labels)])
    embedding = "decoder.embedding.weight"
    assert torch.equal(here[embedding][-1], there[embedding][-1])  # where a tree begins
    assert torch.equal(here[embedding][3], drawn[3])
    assert here["decoder.to_label.bias"][3] == there["decoder.to_label.bias"].min()


def test_other_labels_are_refused(tmp_path: Path, earlier: Bundle) -> None:
    network = _network(tmp_path, earlier.tokenizer)
    fewer = SymbolTable(earlier.symbols.labels[:-1])
    with pytest.raises(PretrainingError, match="is known only to the first"):
        take_all(earlier, network, earlier.tokenizer, fewer)


def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    told = r"start_from=.*none: no such folder: give a run.*bundled"
    with pytest.raises(PretrainingError, match=told):
        _start(tmp_path / "none")


def test_bundled_is_the_model_that_comes_with_saps() -> None:
    assert _start("bundled").config == load_bundle().config


def test_a_run_starts_where_another_ended(tmp_path: Path) -> None:
    first = train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    again = train(
        compose_tiny(
            tmp_path,
            "trainer.max_epochs=1",
            "optimizer.lr=0",
            f"folder={tmp_path / 'again'}",
            f"start_from={first.folder}",
        )
    )
    there, here = load_bundle(first.best), load_bundle(again.best)
    for name, weight in here.network.state_dict().items():
        assert torch.equal(weight, there.network.state_dict()[name]), name
    told = json.loads((again.best / "config.json").read_text())["info"]["training"]
    assert told["start_from"] == str(first.folder)


def test_a_run_that_goes_on_does_not_start_anew(tmp_path: Path) -> None:
    first = train(compose_tiny(tmp_path, "trainer.max_epochs=1"))
    gone = ["trainer.max_epochs=1", "ckpt_path=last", f"start_from={tmp_path / 'nowhere'}"]
    assert train(compose_tiny(tmp_path, *gone)).folder == first.folder


def test_a_saved_model_can_be_started_from(tmp_path: Path, earlier: Bundle) -> None:
    save_bundle(earlier, tmp_path / "model")
    assert _start(tmp_path / "model").tokenizer.all_pieces() == earlier.tokenizer.all_pieces()
