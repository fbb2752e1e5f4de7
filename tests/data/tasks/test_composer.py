from dataclasses import replace
from random import Random

import pytest

from saps.data.tasks.composer import LETTERS, Draft, Leaf, Shape, Use, draw_draft
from saps.data.tasks.family import default_catalogue


def drafts(shape: Shape, n: int = 400) -> list[Draft]:
    found = (draw_draft(default_catalogue(), shape, Random(i)) for i in range(n))
    return [draft for draft in found if draft is not None]


def nesting(expression: Use | Leaf) -> int:
    if isinstance(expression, Leaf):
        return 0
    return 1 + max(map(nesting, expression.fillers.values()), default=0)


DRAFTS = drafts(Shape())


def test_drafts_fill_every_slot_with_its_type() -> None:
    for use in (use for draft in DRAFTS for use in draft.root.uses()):
        assert use.fillers.keys() == use.family.slots.keys()
        for name, filler in use.fillers.items():
            found = filler.type if isinstance(filler, Leaf) else filler.family.result
            assert found == use.family.slot_types[name].type


def test_drafts_declare_exactly_the_arguments_they_use() -> None:
    for draft in DRAFTS:
        used = {leaf.name: leaf.type for leaf in draft.root.leaves() if not leaf.name.isdigit()}
        assert draft.arguments == used
        assert set(used) <= set(LETTERS)
        assert used


def test_drafts_use_the_constants_that_a_slot_allows() -> None:
    constants = [leaf for d in DRAFTS for leaf in d.root.leaves() if leaf.name.isdigit()]
    assert constants
    assert all(leaf.name in leaf.constants for leaf in constants)


def test_drafts_that_give_a_family_the_same_thing_twice_are_no_program() -> None:
    n_twins = 0
    for draft in DRAFTS:
        fillers = [list(use.fillers.values()) for use in draft.root.uses()]
        same = any(len({filler.node() for filler in some}) < len(some) for some in fillers)
        assert (draft.root.node() is None) == same
        n_twins += same
    assert 0 < n_twins < 0.1 * len(DRAFTS)


@pytest.mark.parametrize("max_depth", [1, 2, 4])
def test_drafts_nest_up_to_the_depth_asked_for(max_depth: int) -> None:
    depths = {nesting(draft.root) for draft in drafts(Shape(max_depth=max_depth), 300)}
    # a truth value cannot be an argument, so one family more may stand where one is asked for
    assert max_depth <= max(depths) <= max_depth + 2
    assert sum(depth > max_depth for depth in depths) <= 2


def test_drafts_are_shallow_as_often_as_asked() -> None:
    deep = drafts(replace(Shape(), shallow=0.0))
    flat = drafts(replace(Shape(), shallow=1.0))
    mean_deep, mean_flat = (
        sum(nesting(draft.root) for draft in found) / len(found) for found in (deep, flat)
    )
    assert mean_deep > 2 > 1.2 > mean_flat


def test_drafts_declare_in_any_order() -> None:
    orders = {tuple(draft.arguments) for draft in DRAFTS}
    assert {("a", "b"), ("b", "a")} <= orders
    assert any(order[0] not in "ab" for order in orders)


def test_a_draft_depends_on_its_random_numbers_alone() -> None:
    first, second = (draw_draft(default_catalogue(), Shape(), Random("x")) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.root.node(), first.arguments) == (second.root.node(), second.arguments)
