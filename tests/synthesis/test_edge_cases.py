"""What a person says of an edge: "0 if there are none"."""

from typing import Any

import pytest

from saps.lang import Value, compile_program, parse
from saps.search.interface import Prediction
from saps.search.request import InputOutput, Request
from saps.synthesis.edge_cases import empty_for_empty, mended, said_edges, with_edge, without_edges
from tests import pretrained

MEAN = parse("(/ (* (reduce a 0 +) 1.0) (len a))")
INPUTS: list[dict[str, Value]] = [{"a": [1, 2]}, {"a": []}, {"a": [-4]}]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("the average of a , 0 if it is empty", ["0"]),
        ("the largest of a , - 1 b for an empty list", ["b"]),
        ("if no row matches show 0 instead", ["0"]),
        ("join a ; an empty list gives an empty string", ['""']),
        ("true if there is nothing in a", ["true"]),
        ("the first 1 of a list in which , as I said before , no number comes twice", []),
        ("add 0 to each of a", []),
        ("count it 1 by 1 , the built in one doesn ' t do it", []),
        ("the numbers of a that are not b", []),
    ],
)
def test_a_value_beside_a_word_for_nothing_is_that_of_an_edge(text: str, values: list[str]) -> None:
    assert said_edges(text, {"b": "-1"}) == values


def test_a_word_that_names_a_literal_is_no_edge() -> None:
    blank, empty = {"b": '" "', "c": "0"}, {"a": '""'}
    assert (
        said_edges("squeeze every run of blanks b to a single blank b , c at the end", blank) == []
    )
    assert said_edges("c if the text is blank", blank) == ["c"]
    assert said_edges("' empty ' a . join ( words )", empty) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("average of a , 0 if it is empty", "average of a ,"),
        ("if the list is empty , give 0 . else the largest", "else the largest"),
        ("the largest of a ( - 1 b for none )", "the largest of a ("),
        ("empty lists of a", "empty lists of a"),
        (
            "the number of strings in a that are not empty",
            "the number of strings in a that are not empty",
        ),
    ],
)
def test_a_text_without_its_edges(text: str, left: str) -> None:
    assert without_edges(text, {"b": "-1"}) == left


def test_nothing_gives_nothing() -> None:
    rows = parse("(map (range 0 (len (head a))) (lambda1 (map a (partial1 arg1 deref))))")
    inputs: list[dict[str, Value]] = [{"a": [[1, 2]]}, {"a": []}]
    edged = empty_for_empty(rows, {"a": "int[][]"}, inputs)
    assert str(edged) == f"(if (== (len a) 0) a {rows})"
    assert empty_for_empty(rows, {"a": "int[][]"}, inputs[:1]) is None
    assert empty_for_empty(parse("(head a)"), {"a": "int[]"}, [{"a": []}]) is None


def test_an_edge_is_put_where_the_program_fails() -> None:
    edged = with_edge(MEAN, ["0"], {"a": "int[]"}, INPUTS)
    assert str(edged) == f"(if (== (len a) 0) 0 {MEAN})"


def test_what_is_taken_from_comes_before_the_argument() -> None:
    head = parse("(head (filter a (partial0 0 <)))")
    edged = with_edge(head, ["0"], {"a": "int[]"}, INPUTS)
    assert str(edged) == f"(if (== (len (filter a (partial0 0 <))) 0) 0 {head})"


def test_what_is_taken_from_may_hold_a_lambda() -> None:
    head = parse("(head (filter a (lambda1 (> arg1 0))))")
    edged = with_edge(head, ["-1"], {"a": "int[]"}, INPUTS)
    assert str(edged) == f"(if (== (len (filter a (lambda1 (> arg1 0)))) 0) -1 {head})"
    nested = parse("(map a (lambda1 (/ (head b) arg1)))")
    inputs: list[dict[str, Value]] = [{"a": [1], "b": []}, {"a": [1], "b": [1]}]
    assert with_edge(nested, ["-1"], {"a": "int[]", "b": "int[]"}, inputs) is None


@pytest.mark.parametrize(("text", "edged"), [("9 if it is empty", True), ("9 , no fuss", False)])
def test_a_value_that_is_there_gives_way_to_an_edge_that_is_named(text: str, edged: bool) -> None:
    found = with_edge(parse("(reduce a 0 +)"), ["9"], {"a": "int[]"}, INPUTS, text)
    assert (found is not None) == edged


def test_the_likeliest_value_alone_is_that_of_the_edge() -> None:
    # It is what the program gives: the next value is none for the edge.
    count = parse("(> (len a) 0)")
    assert with_edge(count, ["false", "true"], {"a": "int[]"}, INPUTS, "empty is false") is None


def test_a_program_without_an_edge_stays() -> None:
    total = parse("(reduce a 0 +)")
    assert with_edge(total, ["0"], {"a": "int[]"}, INPUTS) is None
    assert with_edge(total, ['"none"'], {"a": "int[]"}, INPUTS) is None


def test_a_value_of_another_type_is_no_edge() -> None:
    assert with_edge(MEAN, ['""'], {"a": "int[]"}, INPUTS) is None


@pytest.mark.parametrize(
    ("program", "types", "examples", "right"),
    [
        ("(head a)", {"a": "int[]"}, [([3, 1], 3), ([], -1)], "(if (== (len a) 0) -1 (head a))"),
        (
            "(map (head a) (partial0 1 +))",
            {"a": "int[][]"},
            [([[3], [1]], [4]), ([], [])],
            None,  # no array of the type of the result is at hand
        ),
        ("(reverse (head a))", {"a": "int[][]"}, [([[3, 1]], [1, 3]), ([[], [1]], [])], None),
        ("(head a)", {"a": "int[]"}, [([3, 1], 3), ([], -1), ([1, 1], 5)], None),
        ("(head a)", {"a": "int[]"}, [([3, 1], 4), ([], -1)], None),
    ],
)
def test_examples_show_an_edge(
    program: str, types: dict[str, str], examples: list[tuple[Any, Any]], right: str | None
) -> None:
    shown = tuple(InputOutput({"a": value}, output) for value, output in examples)
    found = mended(
        [Prediction(parse(program), -1.0)],
        Request(
            types,
            "int[]" if "[]" in str(shown[0].output) or isinstance(shown[0].output, list) else "int",
            examples=shown,
        ),
    )
    assert [str(one.program) for one in found] == ([right] if right else [])
    for one in found:
        run = compile_program(one.program, types)
        assert all(run(dict(example.inputs)) == example.output for example in shown)


def test_no_edge_is_looked_for_when_the_time_is_up() -> None:
    shown = (InputOutput({"a": [3, 1]}, 3), InputOutput({"a": []}, -1))
    found = [Prediction(parse("(head a)"), -1.0)]
    request = Request({"a": "int[]"}, "int", examples=shown)
    assert mended(found, request)
    assert mended(found, request, deadline=0.0) == []


def test_a_stranger_gets_the_edge_that_was_said() -> None:
    text = "the largest of the numbers, -1 if the list is empty"
    found = pretrained.synthesizer().synthesize(text, arguments={"numbers": "int[]"})
    run = compile_program(found.program, {"numbers": "int[]"})
    assert run({"numbers": []}) == -1
    assert run({"numbers": [-5, -3]}) == -3


def test_an_average_that_happens_to_be_whole_is_an_example_of_averages() -> None:
    examples: list[tuple[dict[str, Value], Value]] = [
        ({"xs": [1, 3]}, 2),
        ({"xs": [1, 2]}, 1.5),
    ]
    found = pretrained.synthesizer().synthesize("the mean of xs", examples=examples)
    assert found.passes
    assert compile_program(found.program, {"xs": "int[]"})({"xs": [2, 5]}) == 3.5
