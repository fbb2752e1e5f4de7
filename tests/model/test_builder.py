"""A configuration from a stranger makes a network, or is refused; it runs nothing."""

import copy
import json
import re
import shutil
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from saps.model.bundle import PRETRAINED, BundleError, build_network, load_bundle, parts
from saps.model.network import Text2Tree
from tests.tasks import vocabularies

CONFIG = json.loads((PRETRAINED / "config.json").read_text())["model"]
INTERPOLATION = (
    "${oc.create:{_target_: pathlib.Path.write_text, "
    "_args_: [{_target_: pathlib.Path, _args_: ['written-by-a-model-folder']}, 'x']}}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PRETRAINED, tmp_path / "model"))


def _places(config: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in config.items():
        yield (*path, key)
        if isinstance(value, Mapping):
            yield from _places(value, (*path, key))


def _with(path: tuple[str, ...], value: object) -> dict[str, Any]:
    config = copy.deepcopy(CONFIG)
    part = config
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return dict(config)


def _write(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)


def test_the_model_of_today_is_built_though_modules_have_moved() -> None:
    assert isinstance(load_bundle().network, Text2Tree)
    moved = _with(("encoder", "_target_"), "saps.of.long.ago.TextEncoder")
    assert isinstance(build_network(moved, *vocabularies()), Text2Tree)


@pytest.mark.parametrize("path", list(_places(CONFIG)), ids=".".join)
def test_an_interpolation_runs_nothing_wherever_it_stands(
    path: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    _write(folder, json.dumps({"model": _with(path, INTERPOLATION), "info": {}}))
    if path[-1] == "vectors":  # a path, read when training starts alone
        load_bundle(folder)
    else:
        with pytest.raises(BundleError):
            load_bundle(folder)
    assert [entry.name for entry in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize("path", [("encoder",), ("decoder",), ("encoder", "cell")], ids=".".join)
@pytest.mark.parametrize("value", ["lstm", INTERPOLATION, 3, None, [], True])
def test_where_a_part_stands_nothing_else_is_taken(path: tuple[str, ...], value: object) -> None:
    with pytest.raises(BundleError, match="expected a part of the network"):
        build_network(_with(path, value), *vocabularies())


@pytest.mark.parametrize(
    "name",
    [
        *(
            "os.system",
            "saps.model.bundle.shutil.rmtree",
            "saps.model.encoder.torch",
            "TextEncoder",
        ),
        *("torch.nn.Linear", "saps.nn.Linear", "saps.model.network.Network", "", 3, None, ["a"]),
    ],
)
def test_only_parts_of_saps_are_named(name: object) -> None:
    with pytest.raises(BundleError, match=r"which is not a network of saps\.model; there are"):
        build_network(_with(("encoder", "_target_"), name), *vocabularies())


def test_the_parts_are_the_modules_of_saps_and_no_more() -> None:
    assert {"Text2Tree", "TextEncoder", "TreeDecoder", "LstmCell", "DilatedConvolution"} <= set(
        parts()
    )
    assert all(part.__module__.startswith("saps.model.") for part in parts().values())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("encoder", "hidden_size"), 10**9),
        (("encoder", "hidden_size"), -1),
        (("encoder", "hidden_size"), 96.0),
        (("encoder", "hidden_size"), "96"),
        (("encoder", "hidden_size"), True),
        (("encoder", "n_layers"), 10**6),
        (("encoder", "dropout"), 1),
        (("encoder", "dropout"), float("nan")),
        (("encoder", "truncate"), 0),
        (("encoder", "vectors"), 7),
        (("encoder", "bidirectional"), "no"),
        (("decoder", "recurrence"), "x" * 10**6),
        (("decoder", "recurrence"), {"_target_": "saps.model.cells.lstm.LstmCell"}),
        (("decoder", "topology"), [1, 2]),
        (("decoder", "first_child"), "uncle"),
        (("decoder", "colour"), "red"),
        (("decoder", "arities"), [1] * 10),
    ],
)
def test_settings_of_a_wrong_kind_or_size_are_refused(path: tuple[str, ...], value: object) -> None:
    with pytest.raises(BundleError) as caught, torch.device("meta"):
        build_network(_with(path, value), *vocabularies())
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"model": ' + '{"encoder": ' * 50_000 + "1" + "}" * 50_001,
        '{"model": ' * 30 + "{}" + "}" * 30,
        '{"model": 1e400}',
        re.sub(r'"dropout": [0-9.]+', '"dropout": 1e400', json.dumps({"model": CONFIG})),
        re.sub(r'("n_layers": [0-9]+)', r"\g<1>" + "0" * 5000, json.dumps({"model": CONFIG})),
        '{"model": []}',
        "null",
        "",
        "\x00",
    ],
    ids=[f"text-{number}" for number in range(10)],
)
def test_json_that_is_deep_huge_or_no_json_is_a_bundle_error(folder: Path, text: str) -> None:
    _write(folder, text)
    with pytest.raises(BundleError):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["symbols.json", "words.json", "calibration.json"])
def test_the_other_files_may_be_deep_too(folder: Path, name: str) -> None:
    (folder / name).write_text("[" * 100_000)
    with pytest.raises(BundleError, match=name):
        load_bundle(folder)


def test_sizes_that_the_weights_do_not_have_cost_no_memory(folder: Path) -> None:
    config = _with(("encoder", "hidden_size"), 1_000_000)
    config["decoder"]["hidden_size"] = config["encoder"]["embedding_size"] = 1_000_000
    _write(folder, json.dumps({"model": config}))
    tracemalloc.start()
    with pytest.raises(BundleError, match="does not fit"):
        load_bundle(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6
