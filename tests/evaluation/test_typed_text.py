from collections.abc import Iterable, Iterator

import pytest

from saps.data.example import Example
from saps.evaluation.answering import TypedTextPredictor, lettered
from saps.lang import parse
from saps.search.request import InputOutput, Request
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Task
from saps.synthesis.synthesizer import Synthesis, SynthesisError, Synthesizer
from tests import pretrained


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """The tasks that a synthesizer is given; it answers the first of them alone."""
    tasks: list[Task] = []

    def synthesize_many(
        _: Synthesizer, given: Iterable[Task], *, batch_size: int
    ) -> Iterator[Synthesis | SynthesisError]:
        tasks.extend(given)
        yield Synthesis(tasks[0].text, parse("(len xs)"), {"xs": "int[]"}, "int", -0.5, "")
        for task in tasks[1:]:
            yield SynthesisError("no", task.text)

    monkeypatch.setattr(Synthesizer, "synthesize_many", synthesize_many)
    return tasks


def predictor() -> TypedTextPredictor:
    return TypedTextPredictor(Predictor(pretrained.bundle()))


def test_a_text_goes_to_the_synthesizer_with_all_that_is_known(asked: list[Task]) -> None:
    shown = (InputOutput({"xs": [1, 2]}, 2),)
    requests = [Request({"xs": "int[]"}, "int", shown), Request({"n": "int"})]
    found = predictor().predict(["how long is xs ?", "n"], requests)
    assert asked[0] == Task("how long is xs ?", shown, {"xs": "int[]"}, "int")
    assert asked[1] == Task("n", (), {"n": "int"})
    assert found[0] is not None
    assert (str(found[0].program), found[0].log_prob) == ("(len xs)", -0.5)
    assert found[1] is None


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("what ' s left ?", "what's left ?"),
        ("I don ' t want zeros", "I don't want zeros"),
        ("the words ' ten ' and two", "the words ' ten ' and two"),
    ],
)
def test_contractions_are_put_together_again(text: str, typed: str, asked: list[Task]) -> None:
    predictor().predict([text], [Request()])
    assert asked[0].text == typed


def test_lettered_gives_the_program_that_the_model_is_to_write() -> None:
    program = parse("(reduce (filter prices (partial1 limit >)) 0 +)")
    example = Example("x", {"prices": "int[]", "limit": "int"}, "int", program, ())
    assert str(lettered(example)) == "(reduce (filter a (partial1 b >)) 0 +)"
