"""A real network, small and untrained, judged from its folder on disk."""

from pathlib import Path

import pytest

from saps.data.symbols import Label, SymbolTable
from saps.evaluation.answering import Model, check_symbols, load_model
from saps.evaluation.evaluate import evaluate
from saps.evaluation.evaluation_settings import EvaluationError, Settings
from saps.evaluation.report import ModelSource, folder_digest, load_records
from saps.lang import parse
from saps.model.bundle import Bundle, build_network, save_bundle
from saps.synthesis.predictor import Predictor
from tests.evaluation.conftest import compose_evaluate
from tests.evaluation.test_judging import LengthPredictor
from tests.tasks import examples, vocabularies, write_data

CONFIG = {
    "_target_": "saps.model.network.Text2Tree",
    "encoder": {
        "_target_": "saps.model.encoder.TextEncoder",
        "_partial_": True,
        "embedding_size": 5,
        "hidden_size": 6,
        "n_layers": 1,
        "latent_size": 7,
        "dropout": 0.0,
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
        "dropout": 0.0,
    },
}


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `saps train` leaves behind, as far as evaluation looks at it."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    words = vocabularies()
    network = build_network(CONFIG, *words).eval()
    save_bundle(Bundle(network, *words, {"model": CONFIG, "info": {}}), folder / "best")
    return folder


def test_a_run_is_judged_by_its_best_model(run_folder: Path, tmp_path: Path) -> None:
    data, out = write_data(tmp_path / "tasks"), tmp_path / "out"
    cfg = compose_evaluate(
        f"checkpoint={run_folder}", f"data.path={data}", f"out={out}", "decoding.max_depth=4"
    )
    report = evaluate(cfg)
    assert report.full.n == len(examples())
    assert report.full.gold_accuracy.value == 1
    model = report.provenance.model
    assert model.checkpoint == str(run_folder / "best")
    assert model.sha256 == folder_digest(run_folder / "best")
    bundle = Predictor.load(run_folder).bundle
    assert model.n_parameters == sum(p.numel() for p in bundle.network.parameters())


def test_the_decoder_is_the_configured_one(run_folder: Path, tmp_path: Path) -> None:
    data, out = write_data(tmp_path / "tasks"), tmp_path / "out"
    cfg = compose_evaluate(
        f"checkpoint={run_folder}", f"data.path={data}", f"out={out}", "decoding.max_depth=1"
    )
    assert evaluate(cfg).provenance.decoding["max_depth"] == 1
    assert all(
        "(" not in str(record.predicted) for record in load_records(out / "predictions.jsonl")
    )


def test_the_predictor_reads_the_batches_of_the_settings(run_folder: Path) -> None:
    cfg = compose_evaluate(f"checkpoint={run_folder}", "data.path=x", "batch_size=3", "device=cpu")
    predictor = load_model(Settings.read(cfg)).predictor
    assert isinstance(predictor, Predictor)
    assert predictor.batch_size == 3


def knowing(*labels: Label) -> Model:
    source = ModelSource("runs/small", "", None)
    return Model(LengthPredictor(), source, SymbolTable(labels))


def test_symbols_that_the_model_lacks_are_told(caplog: pytest.LogCaptureFixture) -> None:
    model = knowing(Label("abs", 1), Label("a", 0))
    check_symbols(model, [parse("(abs a)")])
    assert caplog.text == ""
    check_symbols(model, [parse("(abs a)"), parse("(sqrt a)"), parse("abs")])
    assert "runs/small has no label for some symbol of 2 of 3 target programs" in caplog.text
    assert "(sqrt a)" in caplog.text


def test_a_model_for_other_symbols_is_refused() -> None:
    with pytest.raises(EvaluationError, match="can write none of the 1 target programs"):
        check_symbols(knowing(Label("a", 0)), [parse("(abs a)")])


def test_a_model_that_does_not_say_is_not_asked() -> None:
    check_symbols(Model(LengthPredictor(), ModelSource("x", "", None)), [parse("(abs a)")])
