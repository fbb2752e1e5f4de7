"""Requests of several steps, each step a kind."""

import pytest
import torch

from saps.lang import parse
from saps.model.kind_classifier import N_ROWS, Entry, KindClassifier, features
from saps.synthesis.preparation import Task, prepare
from saps.synthesis.steps import step_predictions, steps_of
from tests import pretrained
from tests.model.test_kind_classifier import EVEN

DOUBLED = Entry("doubled", "=", parse("(* 2 n)"), {"n": "int"}, "int")
FIRST = Entry("first_k", "=", parse("(slice xs 0 k)"), {"xs": "int[]", "k": "int"}, "int[]")
TOTAL = Entry("total", "=", parse("(reduce xs 0 +)"), {"xs": "int[]"}, "int")


def known() -> KindClassifier:
    """A classifier of three kinds, each known by a word."""
    words = torch.zeros(N_ROWS, 5)
    for unit, word in enumerate(("double", "first", "total")):
        words[features(word)[0], unit] = 90.0
    weights = {
        "words": words,
        "kind": torch.eye(5)[:3],
        "kind_bias": torch.zeros(3),
        "part": torch.zeros(5, 5),
        "part_bias": torch.tensor([0.0, 0, 0, 0, 9]),
    }
    return KindClassifier([DOUBLED, FIRST, TOTAL, EVEN], weights)


def programs(text: str, arguments: dict[str, str] | None = None) -> list[str]:
    synthesizer = pretrained.synthesizer()
    symbols = synthesizer.predictor.bundle.symbols
    prepared = prepare(Task(text, arguments=arguments), synthesizer.vocabulary, symbols)
    found = step_predictions(known(), prepared, most=3)
    return [str(prepared.names.rename(one.program)) for one in found]


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("keep the evens . double each . return the sum", 3),
        ("sort it , then take the first", 2),
        ("sort it , and return the last", 2),
        ("words . filter ( w => w ) . join ( a )", 2),
        ("the sum of the evens", 1),
        ("", 0),
    ],
)
def test_a_text_is_cut_where_a_step_ends(text: str, steps: int) -> None:
    assert len(steps_of(text)) == steps


def test_each_step_is_done_to_what_the_one_before_gave() -> None:
    found = programs("the first k ones. double each of these. then the total of all", TYPES)
    assert found[0] == "(reduce (map (slice xs 0 k) (lambda1 (* 2 arg1))) 0 +)"


TYPES = {"xs": "int[]", "k": "int"}


def test_an_argument_belongs_to_the_step_that_names_it() -> None:
    found = programs("double each of these. then the first k of them", TYPES)
    assert found[0] == "(slice (map xs (lambda1 (* 2 arg1))) 0 k)"


def test_a_number_belongs_to_its_step() -> None:
    found = programs("the first 7 ones. then the total of all", {"xs": "int[]"})
    assert found[0] == "(reduce (slice xs 0 7) 0 +)"


def test_undeclared_arguments_get_letters() -> None:
    found = programs("the first 7 ones. then the total of all")
    assert found[0] == "(reduce (slice b 0 7) 0 +)"  # a stands for 7


def test_one_step_is_none_and_neither_are_types_that_do_not_fit() -> None:
    assert programs("the total of all", {"xs": "int[]"}) == []
    assert programs("the total of it. then the first of all", {"s": "string"}) == []
