"""Programs of whole kinds, their slots filled with what a text has."""

from dataclasses import replace
from math import exp

import pytest
import torch

from saps import Synthesizer
from saps.lang import compile_program, parse
from saps.model.kind_classifier import N_ROWS, Entry, KindClassifier
from saps.synthesis.kind_programs import kind_predictions
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Task, prepare
from tests import pretrained
from tests.model.test_kind_classifier import COUNT, EVEN, TOTAL, classifier

ABOVE = Entry(
    "above", "=", parse("(filter xs (lambda1 (> arg1 k)))"), {"xs": "int[]", "k": "int"}, "int[]"
)


def with_above() -> KindClassifier:
    """A classifier that says "above" to everything, and nothing in its slots."""
    made = classifier()
    weights = {name: weight.clone() for name, weight in made.weights.items()}
    weights["kind_bias"][1] = weights["part_bias"][3] = 9.0
    return KindClassifier([COUNT, ABOVE, EVEN], weights)


def programs(
    known: KindClassifier, text: str, arguments: dict[str, str] | None = None, most: int = 10
) -> dict[str, float]:
    synthesizer = pretrained.synthesizer()
    symbols = synthesizer.predictor.bundle.symbols
    prepared = prepare(Task(text, arguments=arguments), synthesizer.vocabulary, symbols)
    found = kind_predictions(known, prepared, most=most)
    return {str(prepared.names.rename(one.program)): one.log_prob for one in found}


def test_a_condition_goes_into_its_slot() -> None:
    said = classifier({"how": [9, 0, 0, 0], "even": [0, 0, 9, 0]})
    found = programs(said, "how many are even", {"xs": "int[]"})
    assert next(iter(found)) == "(len (filter xs (lambda1 (== (% arg1 2) 0))))"


def test_declared_arguments_fill_the_slots_of_their_types() -> None:
    found = programs(with_above(), "those above k", {"k": "int", "xs": "int[]"})
    assert next(iter(found)) == "(filter xs (lambda1 (> arg1 k)))"


def test_a_number_of_the_text_fills_a_slot_that_no_argument_fills() -> None:
    found = programs(with_above(), "those above 17", {"xs": "int[]"})
    assert next(iter(found)) == "(filter xs (lambda1 (> arg1 17)))"


TRIPLED = Entry("tripled", "=", parse("(* 3 n)"), {"n": "int"}, "int")
SHARES = Entry(
    "shares",
    "=",
    parse("(reduce (map (range 0 n) (lambda1 (/ arg1 k))) 0 +)"),
    {"n": "int", "k": "int"},
    "int",
)


@pytest.mark.parametrize(
    ("entry", "arguments", "program"),
    [
        (TRIPLED, {"xs": "int[]"}, "(map xs (lambda1 (* 3 arg1)))"),
        (TRIPLED, {"n": "int"}, "(* 3 n)"),
        (
            SHARES,  # its lambda would hide the element
            {"n": "int", "ks": "int[]"},
            None,
        ),
        (
            SHARES,
            {"ns": "int[]"},
            "(map ns (lambda1 (reduce (map (range 0 arg1) (lambda1 (/ arg1 17))) 0 +)))",
        ),
    ],
)
def test_a_kind_of_an_element_is_done_to_each_of_an_array(
    entry: Entry, arguments: dict[str, str], program: str | None
) -> None:
    made = classifier()
    weights = {name: weight.clone() for name, weight in made.weights.items()}
    weights["kind_bias"][0] = weights["part_bias"][3] = 9.0
    known = KindClassifier([entry, ABOVE, EVEN], weights)
    found = programs(known, "do it with 17" if entry is SHARES else "do it", arguments)
    assert program is None or next(iter(found)) == program


@pytest.mark.parametrize(
    "aside", ["for example those above 9 of 12", "e.g. 12 -> 9", "3, 12 and 9 should become 9"]
)
def test_numbers_of_an_example_fill_no_slot(aside: str) -> None:
    found = programs(with_above(), f"those above 17. {aside}.", {"xs": "int[]"})
    assert [one for one in found if ">" in one] == ["(filter xs (lambda1 (> arg1 17)))"]


def test_a_kind_of_numbers_may_do_for_strings() -> None:
    entry = Entry("twice", "=", parse("(append xs (head xs))"), {"xs": "int[]"}, "int[]")
    made = classifier()
    known = KindClassifier([entry, ABOVE, EVEN], made.weights)
    assert "(append xs (head xs))" in programs(known, "do it", {"xs": "string[]"})
    total = Entry("total", "=", parse("(reduce xs 0 +)"), {"xs": "int[]"}, "int")
    known = KindClassifier([total, ABOVE, EVEN], made.weights)
    assert "(reduce xs 0 +)" not in programs(known, "do it", {"xs": "string[]"})


KEPT = Entry(
    "kept",
    "=",
    parse("(filter xs (lambda1 (C arg1)))"),
    {"xs": "int[]", "C": "condition int"},
    "int[]",
)
SORTED = Entry("sorted", "=", parse("(sort xs)"), {"xs": "int[]"}, "int[]")
LESS = Entry("less", "~", parse("(< x k)"), {"k": "int"}, "bool", "int")


def test_steps_stand_in_one_another() -> None:
    logits = torch.tensor([0.0, -9, -9, -1.1, -1.1, -1.1, -9])  # TOTAL, KEPT, SORTED; "none" last
    weights = {
        "words": torch.zeros(N_ROWS, 1),
        "kind": torch.zeros(3, 1),
        "kind_bias": logits[:3],
        "part": torch.zeros(5, 1),
        "part_bias": logits[2:],
    }
    known = KindClassifier([TOTAL, KEPT, SORTED, LESS], weights)
    found = programs(
        known, "drop those from 17 on, sort the rest, add up", {"xs": "int[]"}, most=40
    )
    assert "(reduce (sort (filter xs (lambda1 (< arg1 17)))) 0 +)" in found
    assert "(reduce (filter (sort xs) (lambda1 (< arg1 17))) 0 +)" in found


FARE = Entry("fare", "=", parse("(+ 45 (* 18 n))"), {"n": "int"}, "int")


def fares() -> KindClassifier:
    """A classifier that says "fare" to everything."""
    weights = {name: weight.clone() for name, weight in classifier().weights.items()}
    weights["kind_bias"][0] = weights["part_bias"][3] = 9.0
    return KindClassifier([FARE, ABOVE, EVEN], weights)


def test_numbers_of_the_text_take_the_places_of_a_kinds_own() -> None:
    found = programs(fares(), "it is 40 to get in and 30 a mile", {"miles": "int"})
    assert "(+ 40 (* 30 miles))" in found
    assert found["(+ 40 (* 30 miles))"] > found["(+ 30 (* 40 miles))"]
    # A text without numbers, or with the kind's own, leaves them as they are.
    for text in ("what is the fare", "45 to get in and 18 a mile"):
        assert list(programs(fares(), text, {"miles": "int"})) == ["(+ 45 (* 18 miles))"]


def test_a_string_of_the_text_is_seldom_what_the_task_is_about() -> None:
    entry = Entry(
        "joined", "=", parse("(str_concat s t)"), {"s": "string", "t": "string"}, "string"
    )
    weights = {name: weight.clone() for name, weight in classifier().weights.items()}
    weights["kind_bias"][0] = weights["part_bias"][3] = 9.0
    found = programs(KindClassifier([entry, ABOVE, EVEN], weights), "put 'abc' behind it")
    assert next(iter(found)) == '(str_concat b "abc")'


def test_undeclared_arguments_get_letters() -> None:
    found = programs(with_above(), "those of the list above 17")
    assert next(iter(found)) == "(filter b (lambda1 (> arg1 17)))"  # a stands for 17


def test_a_result_of_another_type_is_no_candidate() -> None:
    synthesizer = pretrained.synthesizer()
    symbols = synthesizer.predictor.bundle.symbols
    task = Task("those above 17", arguments={"xs": "int[]"}, returns="int[]")
    prepared = prepare(task, synthesizer.vocabulary, symbols)
    found = kind_predictions(classifier(), prepared, most=10)
    assert found == []


def test_the_probabilities_of_all_ways_are_no_more_than_one() -> None:
    for text, arguments in (("those above 3 and 17", {"xs": "int[]"}), ("above x in xs", None)):
        assert sum(map(exp, programs(with_above(), text, arguments, most=1000).values())) <= 1.0


def test_there_are_no_more_than_were_wanted() -> None:
    assert len(programs(with_above(), "above x, 3, 4 and 5 in xs", most=2)) == 2


@pytest.mark.parametrize("text", ["total", "a b c d e f g h j k l i", "1 2 10 0"])
def test_any_text_gets_some_or_none(text: str) -> None:
    assert all(log_prob <= 0 for log_prob in programs(classifier(), text).values())


def test_a_kind_whose_value_goes_on_stands_in_a_slot() -> None:
    said = classifier({"number": [9, 0, 0, 0], "total": [0, 9, 0, 0]})
    inner = Entry(
        "evens", "=", parse("(filter xs (lambda1 (== (% arg1 2) 0)))"), {"xs": "int[]"}, "int[]"
    )
    known = KindClassifier([TOTAL, inner, EVEN], said.weights)
    found = programs(known, "number total total", {"xs": "int[]"})
    assert "(reduce (filter xs (lambda1 (== (% arg1 2) 0))) 0 +)" in found


def answering(known: KindClassifier | None) -> Synthesizer:
    """The bundled model with another classifier."""
    return Synthesizer(Predictor(replace(pretrained.bundle(), kinds=known)))


def test_a_program_of_a_kind_is_an_answer_beside_those_of_the_network() -> None:
    text, given = "kappa omega zeta", {"xs": "int[]", "k": "int"}
    alone = answering(None).synthesize(text, arguments=given, best=True, top=5)
    both = answering(with_above()).synthesize(text, arguments=given, best=True, top=5)
    wanted = "(filter xs (lambda1 (> arg1 k)))"
    assert str(both.program) == wanted
    assert str(alone.program) != wanted
    assert len(both.candidates) > 1


def test_programs_of_less_likely_kinds_are_tried_on_examples() -> None:
    # Nothing speaks for the kind, and no likely program computes the example.
    unlikely = classifier()
    entry = Entry(
        "sum_of_doubles_less_one", "=", parse("(- (* 2 (reduce xs 0 +)) 1)"), {"xs": "int[]"}, "int"
    )
    known = KindClassifier([COUNT, entry, EVEN], unlikely.weights)
    found = answering(known).synthesize(
        "kappa omega zeta", examples=[({"xs": [3, 4]}, 13), ({"xs": [5]}, 9)], best=True
    )
    assert found.passes
    assert found.run({"xs": [1, 1, 1]}) == 5


def test_a_literal_without_a_label_can_be_explained() -> None:
    entry = Entry("greeting", "=", parse('(str_concat "Ahoy, " s)'), {"s": "string"}, "string")
    known = with_above()
    synthesizer = answering(KindClassifier([COUNT, entry, EVEN], known.weights))
    found = synthesizer.synthesize("kappa omega", arguments={"s": "string"}, best=True)
    assert found.run({"s": "Tom"}) == "Ahoy, Tom"
    assert [node.symbol for node in synthesizer.explain(found).nodes] == [
        "str_concat",
        '"Ahoy, "',
        "s",
    ]


def test_a_kind_that_is_named_once_is_no_part_of_another() -> None:
    found = pretrained.synthesizer().synthesize("uppercase the text")
    (argument,) = found.arguments
    run = compile_program(found.program, found.arguments)
    assert run({argument: "one Two"}) == "ONE TWO"
    assert found.program.size < 60
