"""Model folders: written whole, read without running anything they say."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from saps.model.bundle import (
    Bundle,
    BundleError,
    build_network,
    load_bundle,
    restore_replaced,
    save_bundle,
)
from tests.model.test_kind_classifier import classifier
from tests.tasks import batch, vocabularies

CONFIG = {
    "_target_": "saps.model.network.Text2Tree",
    "encoder": {
        "_target_": "saps.model.encoder.TextEncoder",
        "_partial_": True,
        "embedding_size": 5,
        "hidden_size": 6,
        "n_layers": 1,
        "latent_size": 7,
        "dropout": 0.5,
    },
    "decoder": {
        "_target_": "saps.model.tree_decoder.TreeDecoder",
        "_partial_": True,
        "embedding_size": 8,
        "hidden_size": 9,
        "recurrence": "vh",
        "attention": True,
        "latent_at_nodes": False,
        "step_embedding": True,
        "dropout": 0.5,
    },
}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    words = vocabularies()
    return Bundle(build_network(CONFIG, *words).eval(), *words, {"model": CONFIG, "info": {}})


@pytest.fixture
def folder(bundle: Bundle, tmp_path: Path) -> Path:
    save_bundle(bundle, tmp_path / "model")
    return tmp_path / "model"


def test_a_bundle_read_again_gives_the_same_logits(bundle: Bundle, folder: Path) -> None:
    again = load_bundle(folder)
    assert not again.network.training
    tasks = batch(bundle.tokenizer, bundle.symbols)
    assert torch.equal(again.network(tasks), bundle.network(tasks))


def test_half_precision_halves_the_file_and_keeps_the_logits(
    bundle: Bundle, folder: Path, tmp_path: Path
) -> None:
    save_bundle(bundle, tmp_path / "half", half=True)
    whole, half = ((f / "model.safetensors").stat().st_size for f in (folder, tmp_path / "half"))
    assert half < 0.6 * whole
    tasks = batch(bundle.tokenizer, bundle.symbols)
    found = load_bundle(tmp_path / "half").network(tasks)
    torch.testing.assert_close(found, bundle.network(tasks), rtol=0, atol=0.02)


def test_words_and_calibration_are_kept_where_there_are_some(
    bundle: Bundle, tmp_path: Path
) -> None:
    known = replace(bundle, words=frozenset({"sum", "größte"}), calibration={"fit": {"scale": 1}})
    save_bundle(known, tmp_path / "known")
    again = load_bundle(tmp_path / "known")
    assert (again.words, again.calibration) == (known.words, known.calibration)
    save_bundle(bundle, tmp_path / "plain")
    again = load_bundle(tmp_path / "plain")
    assert (again.words, again.calibration) == (None, None)


@pytest.mark.parametrize("name", ["words.json", "calibration.json"])
@pytest.mark.parametrize("content", ["{", "[1]", '"sum"'])
def test_damaged_words_and_calibrations_are_named(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(BundleError, match=f"{name} is damaged"):
        load_bundle(folder)


def test_a_classifier_of_kinds_is_kept_and_a_damaged_one_named(
    bundle: Bundle, tmp_path: Path
) -> None:
    save_bundle(replace(bundle, kinds=classifier()), tmp_path / "with")
    loaded = load_bundle(tmp_path / "with").kinds
    assert loaded is not None
    assert loaded.entries == classifier().entries
    save_bundle(bundle, tmp_path / "with")
    assert load_bundle(tmp_path / "with").kinds is None
    classifier().save(tmp_path / "with")
    (tmp_path / "with" / "kinds.json").write_text("[]")
    with pytest.raises(BundleError, match=r"kinds\.json: the files are of two .* copy the model"):
        load_bundle(tmp_path / "with")


def test_weights_that_are_no_numbers_are_refused(bundle: Bundle, folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    name = next(iter(weights))
    weights[name].view(-1)[-1] = torch.nan
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(BundleError, match=f"{name} holds NaN or infinity"):
        load_bundle(folder)


def test_all_files_of_a_bundle_can_be_read_by_others(folder: Path) -> None:
    assert {path.stat().st_mode & 0o044 for path in (folder, *folder.iterdir())} == {0o044}


def test_writing_over_a_bundle_replaces_it_and_leaves_what_is_no_part_of_one(
    bundle: Bundle, folder: Path
) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "plots").mkdir()
    (folder / "plots" / "a.png").touch()
    (folder / "calibration.json").write_text("{}")  # of the other weights
    save_bundle(bundle, folder)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "plots" / "a.png").exists()
    assert not (folder / "calibration.json").exists()


def test_a_bundle_whose_replacement_was_killed_half_way_is_put_back(
    bundle: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    before = (folder / "config.json").read_bytes()
    rename = Path.replace
    # The second renaming would put the new one in its place.
    done: list[Path] = []
    monkeypatch.setattr(
        Path, "replace", lambda self, to: kill() if done else done.append(rename(self, to))
    )
    with pytest.raises(KilledError):
        save_bundle(bundle, folder)
    monkeypatch.undo()
    assert not folder.exists()
    restore_replaced(folder)
    assert (folder / "config.json").read_bytes() == before
    load_bundle(folder)


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _cut(name: str) -> Callable[[Path], None]:
    def cut(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return cut


def _edit(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        config["model"]["decoder"] |= changes
        (folder / "config.json").write_text(json.dumps(config))

    return edit


def _fewer_symbols(folder: Path) -> None:
    rows = json.loads((folder / "symbols.json").read_text())
    (folder / "symbols.json").write_text(json.dumps(rows[:-1]))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(shutil.rmtree, "no model at .*model.*saps train", id="missing"),
        pytest.param(_remove("model.safetensors"), "model.safetensors is missing", id="no-weights"),
        pytest.param(_remove("tokenizer.model"), "tokenizer.model is missing", id="no-tokenizer"),
        pytest.param(_cut("model.safetensors"), "model.safetensors is damaged", id="cut-weights"),
        pytest.param(_cut("config.json"), "config.json is damaged", id="cut-config"),
        pytest.param(_cut("symbols.json"), "symbols.json", id="cut-symbols"),
        pytest.param(_cut("tokenizer.model"), "SentencePiece", id="cut-tokenizer"),
        pytest.param(
            _edit(hidden_size=10), "does not fit.* has the shape .*, expected", id="other-size"
        ),
        pytest.param(_edit(recurrence="h"), "have no place.*of another row", id="other-row"),
        pytest.param(
            _edit(recurrence="h", topology="predicted"),
            "are missing.*another row",
            id="other-gates",
        ),
        pytest.param(
            _fewer_symbols,
            "does not fit .*symbols.json.*140 x 8, expected 139 x 8",
            id="other-vocabulary",
        ),
        pytest.param(_edit(hidden_size=0), "hidden_size is 0, expected a whole", id="no-size"),
        pytest.param(_edit(colour="red"), "(?s)config.json: .*colour", id="unknown-option"),
        pytest.param(
            _edit(_target_="os.system"),
            "'os.system' at model.decoder._target_, which is not a network",
            id="code",
        ),
        pytest.param(
            _edit(_target_="saps.model.bundle.shutil.rmtree"), "is not a network", id="code-by-us"
        ),
    ],
)
def test_a_damaged_bundle_is_a_clear_error(
    damage: Callable[[Path], None], message: str, folder: Path
) -> None:
    damage(folder)
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_a_file_is_no_bundle(folder: Path) -> None:
    with pytest.raises(BundleError, match="is a file; a model is a folder"):
        load_bundle(folder / "model.safetensors")


def test_a_model_is_loaded_without_the_compiler_of_torch() -> None:
    probe = "import sys; from saps.model.bundle import load_bundle; load_bundle(); "
    probe += "print('torch._dynamo' in sys.modules)"
    command = [sys.executable, "-c", probe]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"  # it would take a second and 70 MB


def test_an_error_can_be_printed_whatever_a_configuration_has() -> None:
    config = {**CONFIG, "\ud800": 1}
    with pytest.raises(BundleError) as caught:
        build_network(config, *vocabularies())
    assert "\\ud800" in str(caught.value).encode().decode()
