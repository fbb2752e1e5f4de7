"""Programs that compute the same are one answer."""

from dataclasses import replace
from math import exp, log

import pytest
import torch

from saps.english import Reading
from saps.lang import Value, parse
from saps.model.kind_classifier import Entry, KindClassifier
from saps.search.interface import Prediction
from saps.search.request import InputOutput, Request
from saps.synthesis import behaviour
from saps.synthesis.behaviour import Found, among_kinds, behaviours, passes
from saps.synthesis.faults import Factors, Faults, faults_of, lost_steps, misnamed
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Task, prepare
from tests import pretrained
from tests.model.test_kind_classifier import COUNT, EVEN, classifier

REQUEST = Request({"a": "int[]"})


def _predictions(*pairs: tuple[str, float]) -> list[Prediction]:
    return [Prediction(parse(program), log(p)) for program, p in pairs]


def test_probabilities_of_programs_that_do_the_same_add_up() -> None:
    found = behaviours(
        _predictions(
            ("(len a)", 0.4), ("(reduce a 0 +)", 0.3), ("(reduce a 0 (lambda2 (+ arg2 arg1)))", 0.2)
        ),
        REQUEST,
    )
    assert str(found[0].best.program) == "(reduce a 0 +)"
    assert exp(found[0].best.log_prob) == pytest.approx(0.5)
    assert len(found[0].members) == 2


def test_a_program_that_leaves_an_argument_out_loses() -> None:
    request = Request({"a": "int[]", "b": "int"})
    found = behaviours(
        _predictions(("(len a)", 0.6), ("(len (filter a (partial1 b >)))", 0.3)), request
    )
    assert str(found[0].best.program).startswith("(len (filter")


def test_a_program_that_leaves_out_what_was_said_loses_as_much_as_was_fitted() -> None:
    request = Request({"a": "int[]", "b": "int"}, spare=frozenset("b"), literals={"b": 3})
    reading = Reading("sort a , and take 10 times its head", {}, labelled=("10",))
    pairs = _predictions(("(reduce a 0 +)", 0.6), ("(* 10 (head (sort a)))", 0.3))
    free, priced = Factors(*[0] * len(Factors.__slots__)), Factors(literal=1, step=0.5)
    found = behaviours(pairs, request, reading, free)
    assert [str(one.best.program) for one in found] == [str(p.program) for p in pairs]
    assert [one.faults for one in found] == [Faults(literal=2, step=1), Faults(literal=1)]
    found = behaviours(pairs, request, reading, priced)
    assert str(found[0].best.program) == "(* 10 (head (sort a)))"
    assert found[1].best.log_prob == pytest.approx(log(0.6) - 2 * 1 - 0.5)


def test_runs_that_all_fail_or_all_agree_are_faults() -> None:
    never = behaviours(_predictions(("(/ 1 (- (len a) (len a)))", 0.5)), REQUEST)
    same = behaviours(_predictions(("(- (len a) (len a))", 0.5)), REQUEST)
    truth = behaviours(_predictions(("(== (len a) (len a))", 0.5)), REQUEST)
    assert [found[0].faults.fails for found in (never, same, truth)] == [1, 0, 0]
    assert [found[0].faults.constant for found in (never, same, truth)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "program", "lost"),
    [
        ("sort xs in descending order", "(sort xs)", ["descending"]),
        ("sort xs in descending order", "(reverse (sort xs))", []),
        ("the sum of the squares of xs", "(reduce xs 0 +)", ["squares"]),
        ("the length of xs", "(len xs)", []),
        ("the primes among xs , added up", "(reduce xs 0 +)", ["primes"]),
    ],
)
def test_steps_that_nothing_in_a_program_does(text: str, program: str, lost: list[str]) -> None:
    assert list(lost_steps(text, {n.symbol for n in parse(program).preorder()})) == lost


@pytest.mark.parametrize("fields", [{"step": -1}, {"step": True}, {"steps": 1}, {"step": "1"}])
def test_factors_that_are_none_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="factor step"):
        Factors.from_json(fields)


def test_factors_are_written_and_read() -> None:
    factors = Factors(1, 2, 3, 4, 5)
    assert Factors.from_json(factors.to_json()) == factors
    assert factors.loss(Faults(argument=2, constant=1)) == 2 * 1 + 5


def test_literals_of_the_text_need_not_be_used() -> None:
    request = Request({"a": "int[]", "b": "int"}, spare=frozenset("b"), literals={"b": 3})
    found = behaviours(_predictions(("(len a)", 0.6), ("(* b (len a))", 0.3)), request)
    assert [str(behaviour.best.program) for behaviour in found] == ["(len a)", "(* b (len a))"]
    assert found[0].best.log_prob == pytest.approx(log(0.6))


def test_programs_of_other_arguments_are_other_answers() -> None:
    found = behaviours(_predictions(("(len a)", 0.5), ("(strlen a)", 0.4)), Request())
    assert len(found) == 2


def test_an_ill_typed_program_is_no_answer() -> None:
    assert behaviours(_predictions(("(+ a a)", 0.5)), REQUEST) == []


def test_examples_are_computed_or_not() -> None:
    request = Request({"a": "int[]"}, examples=(InputOutput({"a": [1, 2]}, 3),))
    assert passes(parse("(reduce a 0 +)"), request)
    assert not passes(parse("(len a)"), request)
    assert not passes(parse("(reduce a 0 +)"), request, deadline=-1.0)  # which is over


def test_a_name_that_stands_idle_beside_an_invented_argument_is_left_out() -> None:
    reading = Reading("the sum of a", {"a": "xs"}, named=frozenset("a"))
    found = behaviours(_predictions(("(reduce b 0 +)", 0.6)), Request(), reading)
    assert found[0].faults == Faults(argument=1)


def test_of_programs_that_do_the_same_the_one_that_leaves_less_out_is_shown() -> None:
    reading = Reading("the sum of a", {"a": "xs"}, named=frozenset("a"))
    pairs = _predictions(("(reduce b 0 +)", 0.6), ("(reduce a 0 +)", 0.3))
    found = behaviours(pairs, Request(), reading)
    assert [str(one.best.program) for one in found] == ["(reduce a 0 +)"]
    assert exp(found[0].best.log_prob) == pytest.approx(0.9)


def _told(program: str) -> tuple[Predictor, Found]:
    """A task with an example that only a kind of the given program computes."""
    odd = Entry("odd", "=", parse(program), {"xs": "int[]"}, "int")
    weights = {**classifier().weights, "kind_bias": torch.tensor([9.0, -9.0])}
    synthesizer = pretrained.synthesizer()
    bundle = replace(
        synthesizer.predictor.bundle, kinds=KindClassifier([COUNT, odd, EVEN], weights)
    )
    task = Task.of("do it with xs", [({"xs": [1, 2]}, 39)])
    prepared = prepare(task, synthesizer.vocabulary, bundle.symbols)
    return Predictor(bundle), Found(prepared, ())


def test_an_example_is_looked_for_among_unlikely_kinds() -> None:
    predictor, told = _told("(* 13 (reduce xs 0 +))")
    found = among_kinds(predictor, told)
    assert found is not None
    assert [str(one.program) for one in found.predictions] == ["(* 13 (reduce a 0 +))"]


def test_an_edge_of_an_example_is_put_around_a_kind() -> None:
    predictor, told = _told("(* 13 (head xs))")
    examples: list[tuple[dict[str, Value], Value]] = [({"xs": [3]}, 39), ({"xs": []}, 7)]
    task = Task.of("do it with xs", examples)
    symbols = predictor.bundle.symbols
    prepared = prepare(task, pretrained.synthesizer().vocabulary, symbols)
    found = among_kinds(predictor, replace(told, prepared=prepared))
    assert found is not None
    assert str(found.predictions[0].program) == "(if (== (len a) 0) 7 (* 13 (head a)))"


def test_kinds_are_tried_no_longer_than_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(behaviour, "_SECONDS_TRIED", 0.0)
    assert among_kinds(*_told("(* 13 (reduce xs 0 +))")) is None


@pytest.mark.parametrize(
    ("program", "text", "faults"),
    [
        ("(digits b)", "the digits of a . for example b", Faults(shown=1, closed=1)),
        ("(digits a)", "the digits of a . for example b", Faults()),
        ("(digits a)", "the digits of a less b", Faults(literal=1)),
        ("(+ 45 a)", "a and b more", Faults(literal=1, unsaid=1)),
        ("(+ 45 a)", "how much is a . for example b", Faults()),
        ("(* 60 a)", "a and b minutes", Faults(literal=1)),
        ("(* 2 a)", "a and b", Faults(literal=1)),
    ],
)
def test_what_speaks_against_a_program(program: str, text: str, faults: Faults) -> None:
    request = Request(None, spare=frozenset("b"), literals={"b": 3})
    assert faults_of(parse(program), request, text, (), ()) == faults


@pytest.mark.parametrize(
    ("one", "other", "request_"),
    [
        # A bound of the text, and one of the program.
        ("(filter a (partial1 b >))", "(filter a (partial1 b >=))", "literal"),
        ("(filter a (partial1 77 >))", "(filter a (partial1 77 >=))", "plain"),
        # Hardly any two of drawn numbers make a third one.
        (
            "(len (filter a (lambda1 (contains a (- c arg1)))))",
            "(len (filter a (lambda1 (contains a (- c (+ arg1 arg1))))))",
            "pair",
        ),
    ],
)
def test_programs_that_differ_on_few_inputs_are_two(one: str, other: str, request_: str) -> None:
    request = {
        "literal": Request({"a": "int[]", "b": "int"}, spare=frozenset("b"), literals={"b": 420}),
        "plain": REQUEST,
        "pair": Request({"a": "int[]", "c": "int"}),
    }[request_]
    assert len(behaviours(_predictions((one, 0.6), (other, 0.3)), request)) == 2


def test_an_example_tells_programs_apart_that_drawn_inputs_do_not() -> None:
    positive = _predictions(("(len a)", 0.6), ("(min 1000 (len a))", 0.3))
    assert len(behaviours(positive, REQUEST)) == 1
    long = replace(REQUEST, examples=(InputOutput({"a": [1] * 1001}, 1001),))
    assert [passes(one.best.program, long) for one in behaviours(positive, long)] == [True, False]
    assert len(behaviours(positive, long)[0].inputs) == len(behaviours(positive, REQUEST)[0].inputs)


def test_a_program_that_contradicts_an_example_of_the_text_loses() -> None:
    reading = Reading("a of a", {}, examples=((([3, 8],), 11), ((["x"],), 1), ((4, 5), 9)))
    pairs = _predictions(("(len a)", 0.6), ("(reduce a 0 +)", 0.3))
    found = behaviours(pairs, REQUEST, reading)
    assert [str(one.best.program) for one in found] == ["(reduce a 0 +)", "(len a)"]
    # Strings are none of its input, and it takes one argument: these examples say nothing of it.
    assert [one.faults.example for one in found] == [0, 1]


@pytest.mark.parametrize(
    ("types", "count"),
    [
        ({"n": "int[]", "xs": "int"}, 2),
        ({"n": "int", "xs": "string[]", "word": "string"}, 0),
        ({"word": "string[]"}, 1),
        ({"matrix": "int[]"}, 1),
        ({"x": "int[]", "a": "string", "s": "int"}, 0),
        ({"k": "T", "nums": "T[]"}, 0),
    ],
)
def test_a_name_speaks_against_a_type_that_nobody_would_give_it(
    types: dict[str, str], count: int
) -> None:
    assert misnamed(types) == count


def test_n_is_no_array_where_nothing_is_declared() -> None:
    answer = pretrained.synthesizer().synthesize("the n by n identity matrix as a list of rows")
    assert answer.arguments == {"n": "int"}
