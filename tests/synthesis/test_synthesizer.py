"""From text to a checked program, with the bundled model and with made-up predictions."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

import saps
from saps.english import Reading
from saps.lang import AlgoLispError, Node, Value, compile_program, parse
from saps.search.beam import BeamSearch
from saps.search.interface import Prediction, Search
from saps.search.request import Request
from saps.synthesis.predictor import Predictor
from saps.synthesis.preparation import Task, as_shown, prepare
from saps.synthesis.synthesizer import Synthesis, SynthesisError, Synthesizer
from tests import pretrained

TEXT = "given an array of numbers a and a number b , find how many elements of a are greater than b"


class _Parrot(Predictor):
    """Answers with the programs that it was given, in their order, and then with the last one."""

    def __init__(self, *programs: str) -> None:
        # Without a calibration nothing is kept back, whatever the bundle is.
        super().__init__(replace(pretrained.bundle(), calibration=None, kinds=None))
        self.programs = [parse(program) for program in programs]
        self.batches: list[int] = []
        self.requests: list[Request] = []

    def n_best(
        self,
        texts: Sequence[str],
        requests: Sequence[Request] | None = None,
        search: Search | None = None,
    ) -> list[list[Prediction]]:
        self.batches.append(len(texts))
        self.requests += requests or []
        return [[Prediction(self._next(), -0.5)] for _ in texts]

    def _next(self) -> Node:
        return self.programs.pop(0) if len(self.programs) > 1 else self.programs[0]


def test_a_synthesis_has_program_types_and_python() -> None:
    parrot = _Parrot("(reduce (filter a (partial1 b >)) 0 +)")
    found = Synthesizer(parrot).synthesize("the sum of what is greater")
    assert dict(found.arguments) == {"xs": "int[]", "n": "int"}  # names that nobody gave
    assert (found.return_type, found.log_prob) == ("int", pytest.approx(-0.5))  # type: ignore[comparison-overlap]
    assert found.run({"xs": [3, 8, 1], "n": 2}) == 11
    namespace: dict[str, Any] = {}
    exec(found.python, namespace)  # the text is our own, made from a checked tree
    assert namespace["program"]([3, 8, 1], 2) == 11


def test_what_the_text_leaves_open_stays_open() -> None:
    found = pretrained.synthesizer().synthesize("reverse the list")
    assert (dict(found.arguments), found.return_type) == ({"xs": "T[]"}, "T[]")
    assert found.run({"xs": ["a", "b"]}) == ["b", "a"]
    assert found.run({"xs": [1, 2]}) == [2, 1]
    said = pretrained.synthesizer().synthesize("reverse the list of numbers")
    assert dict(said.arguments) == {"xs": "int[]"}


def test_a_float_of_a_signature_is_one_in_the_answer() -> None:
    found = pretrained.synthesizer().synthesize("def total(xs: list[float]): the sum of xs")
    assert dict(found.arguments) == {"xs": "float[]"}


def test_a_float_that_happens_to_be_whole_is_an_example_of_floats() -> None:
    found = pretrained.synthesizer().synthesize(
        "twice x", arguments={"x": "float"}, returns="float", examples=[({"x": 2}, 4)]
    )
    assert found.passes


def test_python_says_float_where_the_user_did_or_an_example_has_one() -> None:
    synthesizer = Synthesizer(_Parrot("(min a b)"))
    text = "the smaller of a and b"
    declared = synthesizer.synthesize(text, arguments={"a": "float", "b": "int"})
    shown = synthesizer.synthesize(text, examples=[({"a": 2.5, "b": 1}, 1)])
    for found in (declared, shown):
        assert "def program(a: float, b: int) -> float:" in found.python
        assert found.return_type == "int"


def test_to_json_is_json_and_complete() -> None:
    found = Synthesizer(_Parrot("(len a)")).synthesize("the length of quuxly").to_json()
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {
        "text",
        "program",
        "short_tree",
        "args",
        "return_type",
        "log_prob",
        "python",
        "confidence",
        "unknown_words",
        "read_as",
        "letters",
        "candidates",
        "samples",
        "question",
        "left_out",
        "conventions",
    }
    assert (found["program"], found["short_tree"]) == ("(len xs)", ["len", "xs"])
    assert found["unknown_words"] == ["quuxly"]
    assert [candidate["program"] for candidate in found["candidates"]] == ["(len xs)"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no word in it"),
        (" \n\t ", "no word in it"),
        ("🦊 !!", "no word in it"),
        ("word " * 10_000, r"10000 words, but at most 400"),
    ],
)
def test_a_text_that_is_no_specification_is_refused(text: str, message: str) -> None:
    parrot = _Parrot("(len a)")
    with pytest.raises(SynthesisError, match=message) as caught:
        Synthesizer(parrot).synthesize(text)
    assert (caught.value.text, caught.value.code) == (text, "text")
    assert parrot.batches == []


def test_a_text_of_which_the_reading_leaves_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing = Reading("", {}, (("e.g. 3", ""),), ())
    monkeypatch.setattr("saps.synthesis.preparation.read_english", lambda *_: nothing)
    parrot = _Parrot("(len a)")
    with pytest.raises(SynthesisError, match="no word in it"):
        Synthesizer(parrot).synthesize("e.g. 3")
    assert parrot.batches == []


def test_an_ill_typed_program_is_refused_and_shown() -> None:
    with pytest.raises(
        SynthesisError, match=r"does not type-check: \(strlen \(len a\)\)"
    ) as caught:
        Synthesizer(_Parrot("(strlen (len a))")).synthesize("the length")
    assert caught.value.program == parse("(strlen (len a))")
    assert caught.value.code == "ill-typed"


def test_many_texts_are_answered_in_order_around_those_that_fail() -> None:
    parrot = _Parrot("(len a)", "(strlen a)", "(strlen (len a))", "(+ a b)")
    texts = ["one", "", "two", "three", "four"]
    answers = list(Synthesizer(parrot, "greedy").synthesize_many(texts, batch_size=2))
    kinds = [isinstance(answer, Synthesis) for answer in answers]
    assert kinds == [True, False, True, False, True]
    assert [answer.text for answer in answers] == texts
    assert parrot.batches == [1, 2, 1]


def test_names_of_the_text_are_letters_for_the_model_and_come_back() -> None:
    parrot = _Parrot("(reduce (filter a (partial1 b >)) 0 +)")
    text = "given a list prices and a number limit_1 , sum the prices above limit_1"
    found = Synthesizer(parrot).synthesize(text)
    assert str(found.program) == "(reduce (filter prices (partial1 limit_1 >)) 0 +)"
    assert dict(found.arguments) == {"prices": "int[]", "limit_1": "int"}
    assert "def program(prices: list[int], limit_1: int) -> int:" in found.python
    assert found.run({"prices": [3, 8, 1], "limit_1": 2}) == 11


def test_a_name_that_the_language_reserves_keeps_its_letter() -> None:
    found = Synthesizer(_Parrot("(len a)")).synthesize(
        "the length of map", arguments={"map": "int[]"}
    )
    assert (str(found.program), dict(found.letters)) == ("(len a)", {"a": "map"})
    assert found.run({"map": [1, 2]}) == found.run({"a": [1, 2]}) == 2


def test_a_capital_letter_comes_back_as_it_was_declared() -> None:
    found = Synthesizer(_Parrot("(len a)")).synthesize("length of A", arguments={"A": "int[]"})
    assert (str(found.program), dict(found.arguments)) == ("(len A)", {"A": "int[]"})


def test_declared_arguments_are_parameters_though_the_program_does_not_use_them() -> None:
    parrot = _Parrot("(len a)")
    found = Synthesizer(parrot, "greedy").synthesize(
        "length of b", arguments={"b": "string[]", "a": "int"}, returns="int"
    )
    assert list(found.arguments.items()) == [("b", "string[]"), ("a", "int")]
    assert str(found.program) == "(len b)"
    assert parrot.requests == [Request({"a": "string[]", "b": "int"}, "int")]


def test_what_the_text_says_comes_before_a_search_by_examples() -> None:
    parrot = _Parrot("(reduce a 0 +)")
    found = Synthesizer(parrot).synthesize("sum xs", examples=[({"xs": [1, 2]}, 3)])
    assert found.passes
    # Under the names of the example, and by its words alone.
    asked = [(r.examples, r.arguments) for r in parrot.requests]
    assert asked == [((), {"a": "int[]"}), ((), None)]


def test_values_of_examples_are_kept_up_to_a_bound() -> None:
    doubled = "x" * 15_000
    examples = [({"s": "x" * 7_500}, doubled), ({"s": "y" * 7_500}, "y" * 15_000)]
    examples.append(({"s": "z" * 9_000}, "z"))
    (one,) = Synthesizer(_Parrot("(str_concat a a)")).synthesize("it", examples=examples).candidates
    assert [outcome.passed for outcome in one.outcomes] == [True, True, False]
    assert one.outcomes[1].got is one.outcomes[1].expected
    assert one.outcomes[2].got is None
    assert "more than 20,000 elements" in one.outcomes[2].error


def test_no_program_is_run_on_examples_once_the_time_is_over() -> None:
    parrot = _Parrot("(len a)")
    found = Synthesizer(parrot).synthesize(
        "count it", examples=[({"xs": [1]}, 1)], decoding="greedy", seconds=-1.0
    )
    assert [outcome.error for outcome in found.candidates[0].outcomes] == [
        "not run: the examples took too long in all"
    ]


def test_examples_go_by_letters_to_the_search_and_by_names_to_the_answer() -> None:
    parrot = _Parrot("(reduce a 0 +)")
    examples: list[tuple[dict[str, Any], Any]] = [({"xs": [1, 2]}, 3), ({"xs": [4]}, 1)]
    found = Synthesizer(parrot).synthesize("sum xs", examples=examples)
    request = parrot.requests[-1]
    assert request.arguments == {"a": "int[]"}
    assert request.result == "int"
    assert [dict(example.inputs) for example in request.examples] == [{"a": [1, 2]}, {"a": [4]}]
    assert not found.passes
    outcomes = found.candidates[0].outcomes
    assert [(o.expected, o.got, o.passed) for o in outcomes] == [(3, 3, True), (1, 4, False)]
    assert dict(outcomes[0].inputs) == {"xs": [1, 2]}


def test_a_run_that_fails_on_an_example_says_why() -> None:
    found = Synthesizer(_Parrot("(/ 1 a)")).synthesize("one over a", examples=[({"a": 0}, 1)])
    [outcome] = found.candidates[0].outcomes
    assert (outcome.got, outcome.passed) == (None, False)
    assert "divides by zero" in outcome.error


@pytest.mark.parametrize(
    ("examples", "arguments", "code", "told"),
    [
        (
            [({"a": 1}, 1), ({"a": 1}, 2)],
            None,
            "examples",
            'examples 1 and 2 contradict each other: for {"a": 1} one gives 1, the other 2',
        ),
        (
            [({"a": 1}, 1), ({"b": 1}, 1)],
            None,
            "examples",
            "example 2 has the arguments b, but example 1 has a",
        ),
        (
            [({"a": 1}, 1), ({"a": "x"}, 2)],
            None,
            "examples",
            "argument a is of type int in example 1 and string in example 2",
        ),
        ([({"a": 1}, None)], None, "examples", "the output in example 1: null is not a value"),
        ([({"a": [1, "x"]}, 1)], None, "examples", "must be of one type"),
        ([({"a": 1}, 1)], {"b": "int"}, "examples", "b is declared, but the examples have no"),
        ([({"a": 1}, 1)], {"a": "string"}, "examples", "declared as string, but the examples"),
        ([], {"a": "int["}, "types", "argument a: "),
        ([], {"a": "type"}, "types", "a"),
        ([], {"A": "int", "a": "int"}, "types", "differ only in case"),
        ([], {f"name{n}": "int" for n in range(14)}, "types", "name12 is one too many"),
    ],
)
def test_what_no_program_can_satisfy_is_refused(
    examples: list[tuple[dict[str, Any], Any]],
    arguments: dict[str, str] | None,
    code: str,
    told: str,
) -> None:
    parrot = _Parrot("(len a)")
    with pytest.raises(SynthesisError) as caught:
        Synthesizer(parrot).synthesize("find it", examples=examples, arguments=arguments)
    assert caught.value.code == code
    assert told in str(caught.value)
    assert parrot.batches == []


def test_the_result_type_is_checked_too() -> None:
    with pytest.raises(SynthesisError, match="the result: ") as caught:
        Synthesizer(_Parrot("(len a)")).synthesize("length", returns="nonsense type")
    assert caught.value.code == "types"


def test_a_decoding_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of plausible, greedy, beam, guided"):
        Synthesizer(_Parrot("a"), decoding="bream")


@pytest.mark.parametrize("decoding", ["greedy", "beam", "guided", "sampling", BeamSearch(3, top=2)])
def test_every_decoding_answers(decoding: str | BeamSearch) -> None:
    found = Synthesizer(Predictor(pretrained.bundle()), decoding).synthesize(TEXT)
    assert found.run({"a": [3, 8, 1], "b": 2}) == 2


def test_examples_pick_the_program_that_passes() -> None:
    synthesizer = Synthesizer(Predictor(pretrained.bundle()))
    found = synthesizer.synthesize(
        "given an array of numbers xs , find the largest element of xs",
        examples=[({"xs": [3, 8, 1]}, 8)],
        top=3,
    )
    assert found.passes
    assert found.candidates[0].n_passed == 1
    assert len({candidate.program for candidate in found.candidates}) == len(found.candidates)


def test_threads_get_the_answers_that_one_thread_gets() -> None:
    synthesizer = Synthesizer(Predictor(pretrained.bundle()))
    jobs: list[dict[str, Any]] = [
        {"text": TEXT},
        {"text": TEXT, "top": 3},
        {"text": "sum of xs", "examples": [({"xs": [1, 2]}, 3)]},
        {"text": "length of a", "arguments": {"a": "string"}},
        {"text": "given a number a , find a squared", "decoding": "sampling"},
    ]
    alone = [str(synthesizer.synthesize(**job, best=True).program) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(
            pool.map(lambda job: str(synthesizer.synthesize(**job, best=True).program), jobs * 4)
        )
    assert together == alone * 4


def test_run_reports_a_missing_input() -> None:
    found = Synthesizer(_Parrot("(+ a b)")).synthesize("add")
    assert list(found.arguments) == ["n", "m"]
    with pytest.raises(AlgoLispError, match="input 'm' is missing"):
        found.run({"n": 1})


def test_the_bundled_model_answers_the_readme_s_sentence() -> None:
    found = saps.Synthesizer.load().synthesize(TEXT)
    assert found.run({"a": [3, 8, 1], "b": 2}) == 2


def test_prediction_does_not_depend_on_the_batch() -> None:
    texts = [TEXT, "given a number a , find a squared", "given a string b , find its length"]
    predictor = Predictor(pretrained.bundle(), batch_size=2)
    together = predictor.predict(texts)
    for text, prediction in zip(texts, together, strict=True):
        alone = predictor.predict([text])[0]
        assert alone is not None
        assert prediction is not None
        assert alone.program == prediction.program
        assert alone.log_prob == pytest.approx(prediction.log_prob, abs=1e-4)


@pytest.mark.parametrize("decoding", ["greedy", "beam", "guided", "sampling"])
def test_with_declared_arguments_a_program_names_no_other(
    decoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A word that the model never read makes it want a second argument.
    monkeypatch.setattr("saps.synthesis.predictor.load_bundle", lambda *_: pretrained.bundle())
    synthesizer = Synthesizer.load(decoding=decoding)
    found = synthesizer.synthesize("find the banana of a", arguments={"a": "int[]"}, returns="int")
    assert set(found.arguments) == {"a"}


ABOVE_3 = "given a list of numbers xs , find the numbers in xs that are greater than 3"


def test_a_number_without_a_label_is_an_argument_to_the_model_and_a_literal_in_the_answer() -> None:
    parrot = _Parrot("(filter a (partial1 b >))")
    found = Synthesizer(parrot).synthesize(ABOVE_3)
    assert found.reading is not None
    assert found.reading.stand_ins == {"b": "3"}
    assert str(found.program) == "(filter xs (partial1 3 >))"
    assert (dict(found.arguments), found.return_type) == ({"xs": "int[]"}, "int[]")
    assert found.python == (
        "def program(xs: list[int]) -> list[int]:\n    return [x for x in xs if x > 3]\n"
    )
    assert found.run({"xs": [1, 5, 3]}) == [5]
    answer = found.to_json()
    assert (answer["short_tree"], answer["args"]) == (
        ["filter", "xs", ["partial1", "3", ">"]], {"xs": "int[]"},
    )  # fmt: skip
    assert answer["candidates"][0]["args"] == {"xs": "int[]"}
    assert found.unused_numbers == ()


def test_a_number_is_declared_to_the_search_and_other_arguments_stay_open() -> None:
    parrot = _Parrot("(filter a (partial1 b >))")
    synthesizer = Synthesizer(parrot, "greedy")
    synthesizer.synthesize("numbers in xs greater than 3", arguments={"xs": "int[]"})
    synthesizer.synthesize("a plus b")
    synthesizer.synthesize(ABOVE_3)
    first, second, third = parrot.requests
    assert first.arguments == {"a": "int[]", "b": "int"}
    assert second.arguments is None
    assert third.arguments is not None
    assert [third.arguments[letter] for letter in "abl"] == ["A", "int", "L"]


def test_an_example_has_the_number_for_the_search_and_not_for_the_user() -> None:
    parrot = _Parrot("(filter a (partial1 b <))")
    text = "numbers in xs greater than -2.5"
    found = Synthesizer(parrot).synthesize(text, examples=[({"xs": [-2, -3]}, [-2])])
    request = parrot.requests[-1]
    assert request.arguments == {"a": "int[]", "b": "int"}
    assert [dict(example.inputs) for example in request.examples] == [{"a": [-2, -3], "b": -2.5}]
    assert str(found.program) == "(filter xs (partial1 -2.5 <))"
    [outcome] = found.candidates[0].outcomes
    assert (dict(outcome.inputs), outcome.passed) == ({"xs": [-2, -3]}, False)


def test_an_example_without_inputs_may_have_a_number_alone() -> None:
    parrot = _Parrot("(* a a)")
    found = Synthesizer(parrot).synthesize("the square of 12", examples=[({}, 144)])
    assert parrot.requests[0].arguments == {"a": "int"}
    assert (str(found.program), dict(found.arguments), found.passes) == ("(* 12 12)", {}, True)


def test_a_number_that_the_program_lacks_is_told() -> None:
    text = "numbers of xs divisible by 3 or by 5"
    found = Synthesizer(_Parrot("(filter a (partial1 c >))")).synthesize(text)
    assert found.unused_numbers == ("3",)
    assert dict(found.arguments) == {"xs": "int[]"}


def test_a_number_with_a_label_that_the_program_lacks_is_told_too() -> None:
    text = "does the string s have more than 10 letters"
    found = Synthesizer(_Parrot("(> (strlen a) 1)")).synthesize(text)
    assert found.unused_numbers == ("10",)


def test_a_number_used_as_an_array_is_a_program_that_does_not_type_check() -> None:
    with pytest.raises(SynthesisError, match="does not type-check"):
        Synthesizer(_Parrot("(len a)")).synthesize("numbers greater than 3")


@pytest.mark.parametrize("decoding", ["plausible", "greedy", "beam", "guided", "sampling"])
def test_no_search_gives_a_number_another_type_or_makes_it_a_parameter(decoding: str) -> None:
    synthesizer = Synthesizer(Predictor(pretrained.bundle()), decoding)
    for text in (ABOVE_3, "the length of the banana 7", "the first 5 words"):
        found = synthesizer.synthesize(text, top=2)
        assert found.reading is not None
        [letter] = found.reading.stand_ins
        for candidate in found.candidates:
            assert letter not in candidate.arguments
            assert letter not in {node.symbol for node in candidate.program.preorder()}


def test_a_label_and_the_letter_for_the_same_number_are_one_answer() -> None:
    class Both(_Parrot):
        def n_best(
            self,
            texts: Sequence[str],
            requests: Sequence[Request] | None = None,
            search: Search | None = None,
        ) -> list[list[Prediction]]:
            found = [Prediction(self._next(), -0.5), Prediction(self._next(), -0.7)]
            return [found for _ in texts]

    both = Synthesizer(Both("(+ a b)", "(+ a 12)"))
    found = both.synthesize("the 12th after a", arguments={"a": "int"}, top=2)
    assert found.reading is not None
    assert found.reading.stand_ins == {"b": "12"}
    assert [str(candidate.program) for candidate in found.candidates] == ["(+ a 12)"]
    assert str(found.candidates[0].written) == "(+ a b)"


@pytest.mark.parametrize(
    ("text", "arguments", "wanted"),
    [
        ("I want the square of n", {"n": "int"}, {"a": "int"}),
        ("A hall has r rows, how many", {"r": "int"}, {"a": "int"}),
        ("integers k with 1 <= k < n", {"n": "int"}, {"a": "int"}),
        ("the three items cost x and y", {"x": "int", "y": "int"}, {"a": "int", "b": "int"}),
    ],
)
def test_a_program_must_use_what_was_declared_and_nothing_else(
    text: str, arguments: dict[str, str], wanted: dict[str, str]
) -> None:
    model = pretrained.synthesizer()
    symbols = model.predictor.bundle.symbols
    prepared = prepare(Task.of(text, (), arguments, None), model.vocabulary, symbols)
    found = prepared.request.wanted_arguments() or {}
    assert found == {prepared.names.letter_of.get(n, n): kind for n, kind in arguments.items()}
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("given a string b and a number a, repeat b a times", {"a": "string", "b": "int"}),
        ("def repeat(s: str, n: int) -> str: # s, n times", {"a": "string", "b": "int"}),
        ("given an array xs and a number n, repeat xs n times", None),
        ("the sum of xs", None),
    ],
)
def test_a_program_must_use_what_its_text_opens_with_as_that_is_stated(
    text: str, wanted: dict[str, str] | None
) -> None:
    model = pretrained.synthesizer()
    prepared = prepare(Task(text), model.vocabulary, model.predictor.bundle.symbols)
    assert prepared.request.wanted_arguments() == wanted
    if wanted:
        assert set(model.synthesize(text, best=True).arguments.values()) == set(wanted.values())


@pytest.mark.parametrize(
    ("text", "inputs", "value"),
    [
        (
            "write a big number with commas between groups of three digits: 1234567 -> '1,234,567'",
            {"n": 9876543},
            "9,876,543",
        ),
        ("minutes and seconds like 135 -> '2:15', 65 -> '1:05'", {"n": 600}, "10:00"),
    ],
)
def test_an_example_in_the_text_is_searched_by_where_the_answer_fails_it(
    text: str, inputs: dict[str, Value], value: Value
) -> None:
    answer = pretrained.synthesizer().synthesize(text)
    assert compile_program(answer.program, answer.arguments)(inputs) == value
    assert answer.passes
    assert not answer.candidates[0].outcomes  # it is the text's, not one that the person gave


@pytest.mark.parametrize(
    ("text", "arguments", "shown"),
    [
        ("f(2, 3) -> 5", {"a": "int", "b": "int"}, [({"a": 2, "b": 3}, 5)]),
        ("2, 3 -> 5 and 4 -> 1", {"a": "int", "b": "int"}, [({"a": 2, "b": 3}, 5)]),
        ("it is 4 -> 1", {"a": "int", "b": "int"}, []),
        ("[1, 2] and 3 -> [3, 6]", {}, [({"xs": [1, 2], "n": 3}, [3, 6])]),
        ("the sum of xs", {}, []),
        ("[1, 'a'] -> 2", {}, []),
    ],
)
def test_examples_of_a_text_are_those_that_its_arguments_can_take(
    text: str, arguments: dict[str, str], shown: list[Any]
) -> None:
    model = pretrained.synthesizer()
    prepared = prepare(
        Task(text, arguments=arguments), model.vocabulary, model.predictor.bundle.symbols
    )
    task = as_shown(prepared)
    found = [] if task is None else [(dict(one.inputs), one.output) for one in task.examples]
    assert found == shown
