"""The rows of the SAPS table and the baselines, as `experiment=` composes them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig

from saps.data.batching import (
    Batch,
    BatchShape,
    batch_sequences,
    batch_trees,
    batch_upward,
    encode_tree,
    pad_pieces,
)
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node, parse
from saps.model.bundle import (
    Bundle,
    BundleError,
    build_network,
    load_bundle,
    plain_config,
    save_bundle,
)
from saps.model.network import Text2Tree
from saps.model.protocols import Network
from saps.resources import resource_folder
from saps.search.greedy import GreedyDecoder
from saps.synthesis.predictor import Predictor
from saps.training.run import train
from tests.tasks import examples, vocabularies, write_data

CONF = resource_folder("conf")
EXPERIMENTS = sorted(path.stem for path in (CONF / "experiment").glob("*.yaml"))
MODELS = sorted(path.stem for path in (CONF / "model").glob("*.yaml"))

# Seed 001, "Some results": millions of parameters.
PUBLISHED = {
    "saps_v": 5.06,
    "saps_v_att": 5.17,
    "saps_h": 5.06,
    "saps_h_att": 5.17,
    "saps_vh": 5.62,
    "saps_vh_att": 5.73,
}
TINY = [
    "sizes.units=40",
    "sizes.layers=1",
    "sizes.embedding=24",
    "sizes.label_embedding=24",
    "sizes.latent=40",
    "sizes.seq2tree_units=40",
    "model.encoder.dropout=0",
    "model.decoder.dropout=0",
]

# 32 tasks: eight functions in four forms, each with two different siblings somewhere.
_FUNCTIONS = {
    "sum": "+",
    "difference": "-",
    "product": "*",
    "quotient": "/",
    "remainder": "%",
    "smaller": "min",
    "larger": "max",
    "order": "<",
}
_FORMS = {
    "the {} of a and b": "({} a b)",
    "the {} of b and a": "({} b a)",
    "the square of the {} of a and b": "(square ({} a b))",
    "the {} of the square of b and a": "({} (square b) a)",
}
TASKS = {
    text.format(word): program.format(symbol)
    for word, symbol in _FUNCTIONS.items()
    for text, program in _FORMS.items()
}


class _OfSize(Tokenizer):
    """Stands for the tokenizer that data of the default size would give."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size


def _compose(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", list(overrides))


@cache
def _words() -> tuple[Tokenizer, SymbolTable]:
    return Tokenizer.train(list(TASKS), 120), SymbolTable.of_language()


def _tiny(*overrides: str) -> Network:
    torch.manual_seed(0)
    return build_network(plain_config(_compose(*TINY, *overrides).model), *_words())


def _batch(tasks: dict[str, str], shape: BatchShape | None = None) -> Batch:
    tokenizer, symbols = _words()
    trees = [encode_tree(parse(program), symbols) for program in tasks.values()]
    return Batch(
        pad_pieces(tokenizer.encode_many(list(tasks)), shape),
        batch_trees(trees, len(symbols), shape),
        tuple(range(len(tasks))),
        batch_upward(trees, shape),
        batch_sequences(trees, len(symbols), shape),
    )


@pytest.mark.parametrize(("experiment", "millions"), PUBLISHED.items())
def test_a_row_has_about_the_published_number_of_parameters(
    experiment: str, millions: float
) -> None:
    cfg = _compose(f"experiment={experiment}")
    tokenizer = _OfSize(cfg.data.vocabulary_size)
    network = build_network(plain_config(cfg.model), tokenizer, SymbolTable.of_language())
    parameters = sum(weight.numel() for weight in network.parameters())
    assert parameters / 1e6 == pytest.approx(millions, rel=0.05)
    assert isinstance(network, Text2Tree)
    parts = experiment.removeprefix("saps_").split("_")
    decoder = network.decoder
    assert [decoder.vertical is not None, decoder.horizontal is not None] == [
        "v" in parts[0],
        "h" in parts[0],
    ]
    assert (decoder.attention is not None) == ("att" in parts)
    assert (decoder.from_latent is not None) == ("att" not in parts)


def test_the_sizes_of_the_vocabularies_come_from_the_data() -> None:
    tokenizer, symbols = vocabularies()
    cfg = _compose("experiment=saps_vh_att")
    network = build_network(plain_config(cfg.model), tokenizer, symbols)
    assert isinstance(network, Text2Tree)
    assert network.encoder.embedding.num_embeddings == len(tokenizer)
    assert network.decoder.to_label.out_features == len(symbols)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_is_built_and_stepped_once(experiment: str) -> None:
    cfg = _compose(f"experiment={experiment}", *TINY)
    assert cfg.name == experiment
    network = _tiny(f"experiment={experiment}")
    optimizer = instantiate(cfg.optimizer)(network.parameters())
    before = {name: weight.clone() for name, weight in network.named_parameters()}
    network.loss(_batch(TASKS)).total.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    still = [n for n, weight in network.named_parameters() if torch.equal(weight, before[n])]
    assert still == []


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop"])
def test_an_optimizer_lowers_the_loss(name: str) -> None:
    network, tasks = _tiny("experiment=saps_vh_att"), _batch(TASKS)
    optimizer = instantiate(_compose(f"optimizer={name}").optimizer)(network.parameters())
    assert type(optimizer).__name__.lower() == name
    losses = []
    for _ in range(5):
        optimizer.zero_grad()
        loss = network.loss(tasks).total
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_there_are_configurations_of_all_optimizers_that_are_tested() -> None:
    found = {path.stem for path in (CONF / "optimizer").glob("*.yaml")}
    assert found == {"adam", "adamw", "rmsprop"}


@pytest.mark.parametrize("model", MODELS)
def test_the_small_size_of_a_model_is_smaller(model: str) -> None:
    sizes = {}
    for size in ("paper", "medium", "small"):
        config = plain_config(_compose(f"model={model}", f"model/size={size}").model)
        network = build_network(config, *_words())
        sizes[size] = sum(weight.numel() for weight in network.parameters())
    assert sizes["small"] < sizes["medium"] < sizes["paper"]
    assert sizes["small"] * 3 < sizes["paper"]


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_a_bundle_of_every_row_gives_the_loss_again(experiment: str, tmp_path: Path) -> None:
    config = plain_config(_compose(f"experiment={experiment}", *TINY).model)
    assert "${" not in json.dumps(config)
    network = build_network(config, *_words()).eval()
    save_bundle(Bundle(network, *_words(), {"model": config}), tmp_path / "model")
    again = load_bundle(tmp_path / "model")
    assert type(again.network) is type(network)
    assert again.config["model"] == config
    tasks = _batch(TASKS)
    assert torch.equal(again.network.loss(tasks).total, network.loss(tasks).total)


def _fit(network: Network, tasks: dict[str, str], goal: dict[str, str]) -> list[Node | None]:
    """Train until those of `goal` are written exactly, at most 400 steps; return what is."""
    batch = _batch(tasks)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    found: list[Node | None] = []
    for step in range(1, 401):
        optimizer.zero_grad()
        network.loss(batch).total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0:
            network.eval()
            answers = GreedyDecoder().decode(network, network.source(batch), _words()[1])
            network.train()
            found = [None if answer is None else answer.program for answer in answers]
            written = dict(zip(tasks, map(str, found), strict=True))
            if all(written[text] == program for text, program in goal.items()):
                break
    return found


@pytest.mark.parametrize(
    "overrides",
    [
        ["experiment=saps_h"],
        ["experiment=saps_h_att"],
        ["experiment=saps_vh"],
        ["experiment=saps_vh_att"],
        ["experiment=saps_vh_att", "model.decoder.topology=predicted"],
        ["experiment=seq2seq_att"],
        ["experiment=seq2tree"],
        ["experiment=sapspre_vh_att_256"],
    ],
    ids=" ".join,
)
def test_a_row_fits_32_examples(overrides: list[str]) -> None:
    found = _fit(_tiny(*overrides), TASKS, TASKS)
    assert [str(program) for program in found] == list(TASKS.values())


@pytest.mark.parametrize("experiment", ["seq2seq_att", "seq2tree"])
def test_a_baseline_is_trained_and_its_model_answers(experiment: str, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data")
    cfg = _compose(
        f"experiment={experiment}",
        *TINY,
        f"data.path={data}",
        "data.vocabulary_size=120",
        f"folder={tmp_path / 'run'}",
        "trainer.max_epochs=2",
    )
    result = train(cfg)
    assert result.value is not None
    assert 0 <= result.value <= 1
    (metrics,) = (result.folder / "logs").rglob("metrics.csv")
    assert "val/exact_match" in metrics.read_text().splitlines()[0]
    tasks = examples()
    answers = Predictor.load(result.best).predict([task.text for task in tasks])
    right = [
        answer is not None and answer.program == task.program
        for answer, task in zip(answers, tasks, strict=True)
    ]
    assert sum(right) / len(right) == pytest.approx(result.value)


# Chains of single children, and programs whose siblings are all alike: what V can write.
_IN_REACH = {
    "the length of a": "(strlen a)",
    "the square of a": "(square a)",
    "the square of the square of b": "(square (square b))",
    "the sum of a and a": "(+ a a)",
    "the square of the sum of b and b": "(square (+ b b))",
}


@pytest.mark.parametrize("experiment", ["saps_v", "saps_v_att"])
def test_v_is_right_where_siblings_are_alike_and_nowhere_else(experiment: str) -> None:
    # A node's state in V comes from its ancestors' labels alone, and so is that of its siblings.
    # Equal states have equal scores, whatever the weights: V writes the same label at all
    # siblings. Where a program has two that differ, one of them is wrong.
    tasks = TASKS | _IN_REACH
    found = _fit(_tiny(f"experiment={experiment}"), tasks, _IN_REACH)
    right = {
        text for text, program in zip(tasks, found, strict=True) if str(program) == tasks[text]
    }
    assert right == set(_IN_REACH)
    assert all(_siblings_are_alike(program) for program in found if program is not None)


def _siblings_are_alike(program: Node) -> bool:
    return all(
        len({(child.symbol, len(child.children)) for child in node.children}) < 2
        for node in program.preorder()
    )


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.encoder.hidden_size=0", "encoder.hidden_size is 0, expected a whole number"),
        ("model.encoder.n_layers=-1", "encoder.n_layers is -1, expected a whole number"),
        ("model.decoder.embedding_size=1.5", "decoder.embedding_size is 1.5, expected a whole"),
        ("model.decoder.hidden_size=wide", "decoder.hidden_size is 'wide', expected a whole"),
        ("model.encoder.dropout=1", "encoder.dropout is 1, expected a share"),
        ("model.decoder.dropout=-0.1", "decoder.dropout is -0.1, expected a share"),
        ("model.encoder.n_layers=true", "encoder.n_layers is True, expected a whole number"),
        ("model.encoder.truncate=1.5", "encoder.truncate is 1.5, expected a whole number of"),
        ("model.encoder.truncate=0", "encoder.truncate is 0, expected a whole number of pieces"),
        ("model.encoder.bidirectional=maybe", "bidirectional is 'maybe', expected true or false"),
        ("model.decoder.attention=1", "decoder.attention is 1, expected true or false"),
        ("model.encoder.vectors=7", "encoder.vectors is 7, expected the path of a file, or null"),
    ],
)
def test_settings_that_make_no_network_are_named(override: str, message: str) -> None:
    config: dict[str, Any] = plain_config(_compose("experiment=saps_vh_att", override).model)
    with pytest.raises(BundleError, match=message):
        build_network(config, *_words())


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["model.decoder.topology=gates"], "topology is 'gates', expected 'arity' or 'predicted'"),
        (["model.decoder.recurrence=hv"], "recurrence is 'hv', expected 'v', 'h' or 'vh'"),
        (
            ["cell=dilated_conv", "model.encoder.truncate=3"],
            "truncate is 3, but a DilatedConvolution has no state: leave it out",
        ),
        (["+cell.width=3"], "LstmCell.__init__() got an unexpected keyword argument 'width'"),
    ],
)
def test_what_a_constructor_refuses_is_told_in_its_own_words(
    overrides: list[str], told: str
) -> None:
    config = plain_config(_compose("experiment=saps_vh_att", *overrides).model)
    with pytest.raises(BundleError) as caught:
        build_network(config, *_words())
    assert str(caught.value) == f"the model's configuration does not make a network: {told}"
