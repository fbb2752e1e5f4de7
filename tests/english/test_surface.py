"""What stands around a request is taken off, and what it says for certain is kept."""

import time

import pytest

from saps.english.surface import read_surface, read_type


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("# count the even numbers", "count the even numbers"),
        ("// count the even numbers", "count the even numbers"),
        ("/* count the even numbers */", "count the even numbers"),
        ("-- count the even numbers", "count the even numbers"),
        ('"""Count the even numbers."""', "Count the even numbers."),
        ("Exercise 4b. Count the even numbers.", "Count the even numbers."),
        ("Problem set 2, part b: Count the even numbers.", "Count the even numbers."),
        ("(2 points) Count the even numbers.", "Count the even numbers."),
        ("SHOP-231: count the even numbers", "count the even numbers"),
        ("TODO: count the even numbers", "count the even numbers"),
        ("#sort the list", "sort the list"),
        ("5 + 3", "5 + 3"),
        ("3 / 4 of the number", "3 / 4 of the number"),
    ],
)
def test_marks_and_labels_are_taken_off(text: str, left: str) -> None:
    assert read_surface(text).text.strip() == left


def test_a_signature_gives_names_and_types_for_certain() -> None:
    surface = read_surface(
        'def count_above(xs: list[int], k: int = 3) -> int:\n    """How many exceed k."""'
    )
    assert surface.arguments == {"xs": "int[]", "k": "int"}
    assert surface.returns == "int"
    assert surface.text == "count above: How many exceed k."


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("function total(xs, k) { // the sum", {"xs": None, "k": None}),
        ("fn total(xs: Vec<i32>) -> i32 // the sum", {"xs": "int[]"}),
        ("int total_of(int[] xs, String s) // the sum", {"xs": "int[]", "s": "string"}),
        ("nums: a list of integers\nthe sum of nums", {"nums": "int[]"}),
        ("the sum\n:param xs: the numbers\n:type xs: list[int]", {"xs": "int[]"}),
        (
            "the sum\n\nArgs:\n    xs (list[int]): the numbers\n    k (int): a bound",
            {"xs": "int[]", "k": "int"},
        ),
        ("the sum\n\nParameters\n----------\nxs : list of int\n    the numbers", {"xs": "int[]"}),
        (
            "the sum\n\nArgs:\n    n : int, at least 1\n    s: str (not empty)",
            {"n": "int", "s": "string"},
        ),
    ],
)
def test_signatures_and_sections_of_other_kinds(
    text: str, arguments: dict[str, str | None]
) -> None:
    found = read_surface(text).arguments
    assert {name: found.get(name) for name in arguments} == arguments


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("def f(xs): even ones doubled, odd ones not", "even ones doubled, odd ones not"),
        ("def f(xs):\n    # list every long word\n    return", "list every long word"),
        ("function last_of(xs) => the last one", "last of: the last one"),
        ("function f(xs: number[]): number { // the sum", "the sum"),
    ],
)
def test_what_stands_after_a_signature_is_a_type_or_the_request(text: str, left: str) -> None:
    assert read_surface(text).text == left


def test_a_call_in_the_middle_of_a_formula_is_no_signature() -> None:
    assert read_surface("max(a, b) + 1").arguments == {}


def test_doctests_are_left_out() -> None:
    text = ">>> squeeze('aab')\n'ab'\nCollapse runs of the same letter."
    assert read_surface(text).text == "Collapse runs of the same letter."


@pytest.mark.parametrize(
    ("spelled", "kind"),
    [
        ("list[int]", "int[]"),
        ("List[List[str]]", "string[][]"),
        ("number[]", "int[]"),
        ("Vec<bool>", "bool[]"),
        ("a list of lists of integers", "int[][]"),
        ("an array of strings", "string[]"),
        ("whole number", "int"),
        ("int, optional", "int"),
        ("Widget", None),
        ("list[Widget]", None),
        ("", None),
    ],
)
def test_types_as_others_write_them(spelled: str, kind: str | None) -> None:
    assert read_type(spelled) == kind


@pytest.mark.parametrize(
    "text", ["f(" + "a " * 3000, "x" * 5000 + "(", "(" * 3000, "def f(" + "a: " * 2000]
)
def test_a_signature_that_never_ends_costs_no_time(text: str) -> None:
    start = time.process_time()
    read_surface(text)
    assert time.process_time() - start < 20  # it took minutes with a pattern that backtracks
