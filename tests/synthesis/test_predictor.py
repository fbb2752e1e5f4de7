"""The bundled model with every search of conf/decoding."""

import math

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from saps.data.example import Example
from saps.lang import infer_signature
from saps.resources import resource_folder
from saps.search.beam import BeamSearch
from saps.search.interface import Search
from saps.search.request import InputOutput, Request
from saps.synthesis.predictor import Predictor
from tests import pretrained
from tests.tasks import examples

FILES = sorted((resource_folder("conf") / "decoding").glob("*.yaml"))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor(pretrained.bundle(), batch_size=4)


def request(example: Example) -> Request:
    tests = tuple(InputOutput(test.inputs, test.output) for test in example.tests)
    return Request(example.arguments, example.return_type, tests)


def test_every_search_has_a_file() -> None:
    assert [file.stem for file in FILES] == ["beam", "greedy", "guided", "plausible", "sampling"]


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_every_search_writes_well_typed_programs(name: str, predictor: Predictor) -> None:
    [file] = [file for file in FILES if file.stem == name]
    few = {"count": 2} if name == "sampling" else {}  # drawing until all are distinct takes long
    search: Search = instantiate(OmegaConf.load(file), **few)
    requests = [request(example) for example in examples()]
    texts = [example.text for example in examples()]
    for found, asked in zip(predictor.n_best(texts, requests, search), requests, strict=True):
        assert found
        assert len({prediction.program for prediction in found}) == len(found)
        for prediction in found:
            infer_signature(prediction.program, asked.arguments, asked.result)
            assert math.isfinite(prediction.log_prob)
            assert prediction.log_prob <= 0


def test_the_order_of_the_texts_is_kept_around_batches(predictor: Predictor) -> None:
    texts = [example.text for example in examples()]
    together = predictor.predict(texts)
    backwards = predictor.predict(texts[::-1])
    assert [p and p.program for p in together] == [p and p.program for p in backwards[::-1]]


def test_n_best_lists_start_with_the_best_one(predictor: Predictor) -> None:
    text = examples()[4].text
    found = predictor.n_best([text], search=BeamSearch(5, top=5))[0]
    best = predictor.predict([text])[0]
    assert best is not None
    assert len(found) == 5
    assert found[0].program == best.program


def test_a_replay_adds_up_to_the_log_probability(predictor: Predictor) -> None:
    text = examples()[4].text
    best = predictor.predict([text])[0]
    assert best is not None
    scores = predictor.replay(text, best.program)
    assert sum(score.log_prob for score in scores) == pytest.approx(best.log_prob, abs=1e-4)
    assert all(math.isclose(sum(s.attention or ()), 1, abs_tol=1e-4) for s in scores)


def test_requests_must_be_as_many_as_texts(predictor: Predictor) -> None:
    with pytest.raises(ValueError, match="1 requests for 2 texts"):
        predictor.predict(["add a and b", "add a and c"], [Request()])
