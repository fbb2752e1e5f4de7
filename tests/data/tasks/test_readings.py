from random import Random

import pytest

from saps.data.tasks.composer import Pair, Shape, default_readings, draw_draft
from saps.data.tasks.family import default_catalogue
from saps.lang import parse
from tests.data.tasks.uses import use


@pytest.mark.parametrize(
    ("program", "pairs"),
    [
        ("(reduce a 0 +)", set()),
        ("(len (sort a))", {Pair("length", "sort")}),
        # one family, though `length` of `filter` gives the same
        ("(len (filter a is_prime))", set()),
        ("(reverse (sort a))", set()),
        ("(len (reverse (sort a)))", {Pair("length", "sort_descending")}),
        # inside a template nothing is nested: `(len a)` is not the length of a
        ("(slice a 0 (/ (len a) 2))", set()),
        ("(slice (sort a) 0 (/ (len (sort a)) 2))", {Pair("first_half", "sort")}),
        # no family's program, but the part of it is
        ("(self (len (sort a)))", {Pair("length", "sort")}),
    ],
)
def test_a_program_is_read_by_its_longest_templates(program: str, pairs: set[Pair]) -> None:
    assert default_readings().pairs(parse(program)) == pairs


def test_pairs_are_of_kinds_and_conditions_do_not_count() -> None:
    root = use("length", X=use("filter_odd", X=use("filter_less", X="a", N="b")))
    expected = {Pair("length", "filter"), Pair("filter", "filter")}
    assert default_readings().drawn_pairs(root) == expected
    strings = use("number_of_strings", X=use("sort_strings", X="a"))
    numbers = use("length", X=use("sort", X="a"))
    assert strings.node() == numbers.node()
    assert default_readings().drawn_pairs(strings) == {Pair("length", "sort")}
    assert default_readings().drawn_pairs(numbers) == {Pair("length", "sort")}


def test_most_programs_are_read_as_they_were_drawn() -> None:
    n_drafts = n_alike = 0
    for index in range(300):
        draft = draw_draft(default_catalogue(), Shape(), Random(index))
        program = None if draft is None else draft.root.node()
        if draft is not None and program is not None:
            n_drafts += 1
            drawn = default_readings().drawn_pairs(draft.root)
            n_alike += drawn == default_readings().pairs(program)
    assert n_alike > 0.95 * n_drafts
