import pytest

from saps.evaluation.metrics import (
    NO_FAMILY,
    Rate,
    Slice,
    SliceRow,
    by_family,
    by_siblings,
    hardest,
    has_differing_siblings,
    slice_all,
)
from saps.lang import parse
from tests.evaluation.conftest import failing, make_example, make_result, mixed_results


def test_rows_of_every_slice_sum_to_all_tasks() -> None:
    results = mixed_results()
    for part in slice_all(results):
        assert sum(row.n for row in part.rows) == len(results), part.name
        assert sum(row.exact_match.count for row in part.rows) == 1, part.name


@pytest.mark.parametrize(
    ("name", "program", "text", "label"),
    [
        pytest.param("depth", "a", "x", "1", id="a-leaf-has-depth-1"),
        pytest.param("depth", "(reduce (map a square) 0 +)", "x", "3", id="levels"),
        pytest.param("depth", "(abs " * 14 + "a" + ")" * 14, "x", "15+", id="deepest-bin-open"),
        pytest.param("depth", "(abs " * 50 + "a" + ")" * 50, "x", "15+", id="far-beyond"),
        pytest.param("program_length", "a", "x", "1-9", id="one-symbol"),
        pytest.param("program_length", "(abs " * 9 + "a" + ")" * 9, "x", "10-19", id="ten-symbols"),
        pytest.param("text_length", "a", "x " * 9, "1-9", id="nine-words"),
        pytest.param("text_length", "a", "x " * 100, "100+", id="hundred-words"),
    ],
)
def test_a_task_falls_into_its_bin(name: str, program: str, text: str, label: str) -> None:
    result = make_result(example=make_example(program, text.strip()))
    part = next(part for part in slice_all([result]) if part.name == name)
    assert [row.label for row in part.rows] == [label]


def test_bins_come_in_ascending_order() -> None:
    programs = ["(abs " * n + "a" + ")" * n for n in (11, 3, 7)]
    results = [make_result(example=make_example(program)) for program in programs]
    depth = slice_all(results)[0]
    assert [row.label for row in depth.rows] == ["4", "8", "12"]


@pytest.mark.parametrize(
    ("program", "differ"),
    [
        ("a", False),
        ("(strlen a)", False),
        ("(+ a a)", False),
        ("(+ (abs a) (abs a))", False),
        ("(+ a b)", True),
        ("(+ (abs a) (abs b))", True),
        ("(abs (+ a b))", True),
        ("(if true a true)", True),
        ("(slice a a (len a))", True),
    ],
)
def test_siblings_differ_when_two_children_are_other_trees(program: str, differ: bool) -> None:
    assert has_differing_siblings(parse(program)) is differ


def test_sibling_slice_leaves_out_a_kind_that_does_not_occur() -> None:
    part = by_siblings([make_result()])
    assert [(row.label, row.n) for row in part.rows] == [("two differ", 1)]


def test_families_come_by_size_and_are_named_after_the_outermost() -> None:
    unnamed = make_result(example=make_example(nodes=()))
    part = by_family([*mixed_results(), unnamed])
    assert [(row.label, row.n) for row in part.rows] == [("sum", 3), ("max", 2), (NO_FAMILY, 1)]


def test_hardest_families_must_be_clearly_hard() -> None:
    def row(label: str, count: int, n: int) -> SliceRow:
        return SliceRow(label, Rate(count, n), Rate(count, n))

    rows = (row("easy", 90, 100), row("hard", 10, 100), row("tiny", 0, 2), row("small", 0, 5))
    chosen = hardest(Slice("family", "task family", rows), limit=2, min_n=5)
    # 0 of 5 may still be 43 %, 10 of 100 is at most 17 %
    assert [row.label for row in chosen] == ["hard", "small"]


def test_accuracy_of_a_row_counts_passing_programs_of_another_form() -> None:
    results = [make_result("(reduce a 0 max)"), make_result("(head a)", failing())]
    (row,) = by_family(results).rows
    assert (row.exact_match, row.accuracy) == (Rate(0, 2), Rate(1, 2))
