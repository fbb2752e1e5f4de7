"""Programs drawn at random."""

from collections import Counter
from math import exp
from typing import Any

import pytest

from saps.lang import infer_signature
from saps.search.greedy import GreedyDecoder
from saps.search.request import Request
from saps.search.sampling import SamplingSearch
from tests.search import tiny

FEW = tiny.few_symbols()
CAPS: dict[str, Any] = {"max_depth": tiny.MAX_DEPTH, "max_size": tiny.MAX_SIZE}


def test_trees_are_drawn_as_often_as_the_network_says() -> None:
    # Caps make no label impossible at a depth of two unless its parent is the root.
    n = 4_000
    search = SamplingSearch(n, distinct=False, typed=False, max_depth=60, max_size=400)
    drawn = Counter(p.program for p in search.search(tiny.scorer(FEW, 0), FEW)[0])
    assert sum(drawn.values()) == n
    likely = [tree for tree in tiny.trees() if tiny.log_prob(tree, FEW, 0) > -4]
    assert len(likely) >= 5
    for tree in likely:
        p = exp(tiny.log_prob(tree, FEW, 0))
        assert drawn[tree] / n == pytest.approx(p, abs=4 * (p * (1 - p) / n) ** 0.5)


@pytest.mark.parametrize("options", [{"temperature": 0.01}, {"top_p": 1e-9}])
def test_a_cold_or_narrow_distribution_is_greedy(options: dict[str, Any]) -> None:
    search = SamplingSearch(3, distinct=False, typed=False, **CAPS, **options)
    greedy = GreedyDecoder(**CAPS, typed=False).search(tiny.scorer(FEW), FEW)
    for drawn, [best] in zip(search.search(tiny.scorer(FEW), FEW), greedy, strict=True):
        assert [p.program for p in drawn] == [best.program] * 3
        assert drawn[0].log_prob == pytest.approx(best.log_prob, abs=1e-5)


def test_top_p_leaves_the_smallest_set_of_labels_that_reaches_it() -> None:
    def roots(top_p: float) -> set[str]:
        search = SamplingSearch(300, distinct=False, typed=False, top_p=top_p, max_depth=1)
        return {p.program.symbol for p in search.search(tiny.scorer(FEW, 3), FEW)[0]}

    shares = {s: exp(tiny.log_prob(t, FEW, 3)) for t in tiny.trees(1) for s in [t.symbol]}
    whole = sum(shares.values())
    first, second, third = sorted(shares, key=lambda symbol: -shares[symbol])
    assert roots(shares[first] / whole - 1e-6) == {first}
    assert roots(shares[first] / whole + 1e-6) == {first, second}
    assert roots(1.0) == {first, second, third}


def test_the_seed_decides_and_the_batch_does_not() -> None:
    def programs(seed: int, *texts: int) -> list[list[str]]:
        search = SamplingSearch(6, seed=seed, typed=False, distinct=False, **CAPS)
        found = search.search(tiny.scorer(FEW, *texts), FEW)
        return [[str(p.program) for p in some] for some in found]

    together = programs(1)
    assert together == programs(1)
    assert together != programs(2)
    assert [programs(1, text)[0] for text in range(len(together))] == together


def test_distinct_programs_are_drawn_until_there_are_enough() -> None:
    search = SamplingSearch(5, typed=False, **CAPS)
    plain = SamplingSearch(5, typed=False, distinct=False, **CAPS)
    assert len({p.program for p in plain.search(tiny.scorer(FEW, 0), FEW)[0]}) < 5
    found = search.search(tiny.scorer(FEW, 0), FEW)[0]
    assert len({p.program for p in found}) == 5
    assert [p.log_prob for p in found] == sorted((p.log_prob for p in found), reverse=True)
    for prediction in found:
        expected = tiny.log_prob(prediction.program, FEW, 0)
        assert prediction.log_prob == pytest.approx(expected, abs=1e-5)


def test_a_text_with_too_few_programs_gets_those_there_are() -> None:
    search = SamplingSearch(20, max_depth=1, typed=False)
    assert {str(p.program) for p in search.search(tiny.scorer(FEW, 0), FEW)[0]} == {"a", "b", "2"}


def test_typed_draws_are_well_typed() -> None:
    request = Request({"a": "int", "b": "string[]"}, "int")
    search = SamplingSearch(30, distinct=False, max_depth=4, max_size=9)
    [found] = search.search(tiny.scorer(FEW, 0), FEW, [request])
    for prediction in found:
        infer_signature(prediction.program, request.arguments, request.result)
    assert any("len" in str(prediction.program) for prediction in found)


@pytest.mark.parametrize("numbers", [{"count": 0}, {"temperature": 0.0}, {"top_p": 1.5}])
def test_numbers_out_of_range_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        SamplingSearch(**numbers)
