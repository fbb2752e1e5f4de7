"""Greedy decoding that searches on where its program makes no sense."""

from math import exp
from typing import Any

import pytest

from saps.lang import parse
from saps.search.beam import BeamSearch
from saps.search.fallback import PlausibleSearch, is_plausible
from saps.search.greedy import GreedyDecoder
from saps.search.request import Request
from saps.synthesis.synthesizer import choose_search
from tests.search import tiny

ALL, FEW = tiny.all_symbols(), tiny.few_symbols()
CAPS: dict[str, Any] = {"max_depth": 6, "max_size": 20}
REQUESTS = [
    Request({"a": "int", "b": "int"}, "int"),
    Request({"a": "int[]", "b": "int"}, "int[]"),
    Request({"a": "string"}, "int"),
    Request({"a": "int[]"}),
    Request(),
] * 2


@pytest.mark.parametrize(
    ("program", "arguments", "plausible"),
    [
        ("(reduce a 0 +)", {"a": "int[]"}, True),
        ("(reduce a 0 +)", {"a": "int[]", "b": "int"}, False),  # b has no part in it
        ("(deref a 1000000000)", {"a": "int[]"}, False),  # raises on every array
        ("(- a a)", {"a": "int"}, False),  # always 0
        ("(filter a (partial1 b >))", {"a": "int[]", "b": "int"}, True),
        ("(+ a b)", None, True),
        ("(deref a (- 0 1))", None, False),
        ("(str_concat a a)", {"a": "string"}, True),
        ("(range 0 10)", {}, True),  # nothing to try it on
        ("(if a 0 1)", {"a": "bool"}, True),  # likewise
        ("(strlen a)", {"a": "int"}, False),
        ("(len (digits a))", {"a": "int"}, True),  # though it is nearly always 1 or 2
        ("(is_sorted a)", {"a": "int[]"}, True),  # seldom true
        ("(slice a b (+ c 1))", {"a": "int[]", "b": "int", "c": "int"}, True),  # mostly raises
        ("(> (strlen a) (strlen a))", {"a": "string"}, False),  # settled whatever a is
        ("(&& (>= 10 10) (<= a 2))", {"a": "int"}, False),  # so is a part of it
        ("(== (% a 2) 0)", {"a": "int"}, True),
        ("(* a a)", {"a": "int"}, True),
    ],
)
def test_what_is_plausible(program: str, arguments: dict[str, str] | None, plausible: bool) -> None:
    assert is_plausible(parse(program), Request(arguments)) is plausible


def test_greedy_where_it_is_plausible_else_the_first_of_the_beam_that_is() -> None:
    kept = repaired = given_up = 0
    for seed in range(2):
        scorer = tiny.scorer(ALL, seed=seed)
        greedy = GreedyDecoder(**CAPS).search(scorer, ALL, REQUESTS)
        answers = PlausibleSearch(40, sure=0, **CAPS).search(scorer, ALL, REQUESTS)
        for request, [first], [answer] in zip(REQUESTS, greedy, answers, strict=True):
            if is_plausible(first.program, request):
                assert answer == first
                kept += 1
            elif answer == first:
                given_up += 1
            else:
                assert is_plausible(answer.program, request)
                repaired += 1
    assert kept
    assert repaired
    assert given_up


def test_an_unlikely_program_gives_way_to_a_likelier_plausible_one() -> None:
    scorer = tiny.scorer(ALL, seed=1)
    trusting = PlausibleSearch(20, sure=0, **CAPS).search(scorer, ALL, REQUESTS)
    careful = PlausibleSearch(20, sure=1, **CAPS).search(scorer, ALL, REQUESTS)
    likelier = [
        number
        for number, ([old], [new]) in enumerate(zip(trusting, careful, strict=True))
        if old.program != new.program and is_plausible(old.program, REQUESTS[number])
    ]
    assert likelier
    for number in likelier:
        [old], [new] = trusting[number], careful[number]
        assert new.log_prob > old.log_prob
        assert is_plausible(new.program, REQUESTS[number])
        for sure, expected in ((exp(old.log_prob) * 1.01, new), (exp(old.log_prob) * 0.99, old)):
            found = PlausibleSearch(20, sure=sure, **CAPS).search(scorer, ALL, REQUESTS)
            assert found[number] == [expected]


def test_what_repairs_is_the_likeliest_plausible_program_of_the_beam() -> None:
    found = PlausibleSearch(10_000, max_depth=tiny.MAX_DEPTH, max_size=tiny.MAX_SIZE)
    request = Request({"a": "int", "b": "int[]"}, "int")
    everything = BeamSearch(10_000, top=10_000, max_depth=tiny.MAX_DEPTH, max_size=tiny.MAX_SIZE)
    n_repaired = 0
    for text in range(6):
        scorer = tiny.scorer(FEW, text)
        [[answer]] = found.search(scorer, FEW, [request])
        [first, *others] = everything.search(scorer, FEW, [request])[0]
        likely = [p.program for p in (first, *others) if is_plausible(p.program, request)]
        [[greedy]] = GreedyDecoder(tiny.MAX_DEPTH, tiny.MAX_SIZE).search(scorer, FEW, [request])
        if likely and not is_plausible(greedy.program, request):
            assert answer.program == likely[0]
            n_repaired += 1
    assert n_repaired


def test_a_batch_is_answered_like_its_texts_alone() -> None:
    together = PlausibleSearch(4, **CAPS).search(tiny.scorer(ALL), ALL, REQUESTS)
    for text, [found] in enumerate(together):
        [[alone]] = PlausibleSearch(4, **CAPS).search(tiny.scorer(ALL, text), ALL, [REQUESTS[text]])
        assert alone.program == found.program
        assert alone.log_prob == pytest.approx(found.log_prob)


def test_it_is_the_choice_where_nothing_else_is_asked_for() -> None:
    assert isinstance(choose_search(None), PlausibleSearch)
    assert isinstance(choose_search("plausible"), PlausibleSearch)
    assert isinstance(choose_search("greedy"), GreedyDecoder)


@pytest.mark.parametrize(("width", "sure"), [(0, 0.5), (1, -0.1), (1, 1.1), (1, float("nan"))])
def test_a_number_out_of_range_is_refused(width: int, sure: float) -> None:
    with pytest.raises(
        ValueError, match="expected at least 1" if width < 1 else f"sure={sure}: expected from 0"
    ):
        PlausibleSearch(width, sure=sure)
