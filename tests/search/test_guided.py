"""Search guided by examples."""

from typing import Any

import pytest
import torch

from saps.lang import AlgoLispError, Node, Value, compile_program, infer_signature, parse
from saps.search.greedy import GreedyDecoder
from saps.search.guided import GuidedSearch
from saps.search.interface import Prediction
from saps.search.request import InputOutput, Request
from tests.search import tiny

FEW = tiny.few_symbols()
CAPS: dict[str, Any] = {"max_depth": tiny.MAX_DEPTH, "max_size": tiny.MAX_SIZE}
ARGUMENTS = {"a": "int", "b": "int[]"}
INPUTS: list[dict[str, Value]] = [{"a": 3, "b": [1, 5]}, {"a": -4, "b": []}]


def search(request: Request | None, *texts: int, **options: Any) -> list[list[Prediction]]:
    guided = GuidedSearch(**{**CAPS, "seconds_per_text": None, **options})
    scorer = tiny.scorer(FEW, *texts)
    return guided.search(scorer, FEW, None if request is None else [request] * scorer.n_examples)


def asking_for(program: str) -> Request:
    """A request whose examples a program computes."""
    run = compile_program(parse(program), ARGUMENTS)
    return Request(ARGUMENTS, "int", tuple(InputOutput(i, run(i)) for i in INPUTS))


def ranked(text: int) -> list[Node]:
    """All programs of the few symbols of the types asked for, the most likely first."""
    programs = []
    for tree in tiny.trees():
        try:
            infer_signature(tree, ARGUMENTS, "int")
        except AlgoLispError:
            continue
        programs.append(tree)
    return sorted(programs, key=lambda tree: -tiny.log_prob(tree, FEW, text))


def values(program: Node) -> list[Value]:
    run = compile_program(program, ARGUMENTS)
    return [run(inputs) for inputs in INPUTS]


@pytest.mark.parametrize("text", [0, 4, 6])
@pytest.mark.parametrize("lookahead", [1, 8])
def test_without_examples_the_most_likely_trees_come_in_order(text: int, lookahead: int) -> None:
    request = Request(ARGUMENTS, "int")
    found = search(request, text, top=20, lookahead=lookahead)[0]
    assert [p.program for p in found] == ranked(text)[:20]
    assert search(request, text, lookahead=lookahead)[0] == found[:1]


@pytest.mark.parametrize("program", ["(+ a (len b))", "(square (+ a 2))", "(len b)"])
@pytest.mark.parametrize("prune", [True, False])
def test_the_answer_is_the_most_likely_program_that_computes_the_examples(
    program: str, prune: bool
) -> None:
    wanted = values(parse(program))
    for text, [answer] in enumerate(search(asking_for(program), prune=prune)):
        first = next(tree for tree in ranked(text) if values(tree) == wanted)
        assert answer.program == first
        assert answer.passed == (True, True)
        expected = tiny.log_prob(first, FEW, text)
        assert answer.log_prob == pytest.approx(expected, abs=1e-5)


def test_a_text_in_a_batch_gets_what_it_gets_alone() -> None:
    request = asking_for("(+ (square a) 2)")
    together = search(request, top=5)
    for text, found in enumerate(together):
        alone = search(request, text, top=5)[0]
        assert [(p.program, p.passed) for p in alone] == [(p.program, p.passed) for p in found]


def test_programs_that_do_the_same_count_once() -> None:
    """`(+ a 2)` and `(+ 2 a)` are one try: the budget is of things that differ."""
    request = asking_for("(square (+ a 2))")
    wanted = values(parse("(square (+ a 2))"))
    order = ranked(0)
    place = next(i for i, tree in enumerate(order) if values(tree) == wanted)
    n_different = len({str(values(tree)) for tree in order[: place + 1]})
    assert n_different < place + 1
    [found] = search(request, 0, max_programs=n_different)
    assert found[0].passed == (True, True)
    [found] = search(request, 0, max_programs=n_different - 1, top=100)
    assert found[0].passed != (True, True)
    assert len(found) == n_different - 1
    assert len({str(values(p.program)) for p in found}) == len(found)


def test_when_nothing_passes_the_nearest_comes_first() -> None:
    outputs = [(INPUTS[0], 3), (INPUTS[1], 10**6)]
    request = Request(ARGUMENTS, "int", tuple(InputOutput(*pair) for pair in outputs))
    [found] = search(request, 0, max_programs=12, top=12)
    n_passed = [sum(p.passed or ()) for p in found]
    assert n_passed == sorted(n_passed, reverse=True)
    assert (n_passed[0], n_passed[-1]) == (1, 0)


def test_a_search_that_completes_no_tree_gives_the_greedy_one() -> None:
    # A leaf is never among the first two expansions where calls are likelier.
    request = asking_for("(len b)")
    greedy = GreedyDecoder(**CAPS).search(tiny.scorer(FEW), FEW, [request] * 10)
    found = search(request, max_expansions=1, max_programs=1)
    for [before], [after] in zip(greedy, found, strict=True):
        assert after.passed is not None
        infer_signature(after.program, ARGUMENTS, "int")
        assert after.program == before.program or not after.program.children


def test_types_are_read_off_the_examples_where_none_are_declared() -> None:
    declared = asking_for("(+ a (len b))")
    for [a], [b] in zip(search(declared), search(Request(examples=declared.examples)), strict=True):
        assert a.program == b.program


def test_examples_of_all_kinds_have_types() -> None:
    inputs: dict[str, Value] = {"a": 1, "b": [[], ["x"]], "c": True, "d": [], "e": 2.5, "f": "s"}
    kinds = Request(examples=(InputOutput(inputs, 0),)).argument_types()
    assert kinds == {
        "a": "int",
        "b": "string[][]",
        "c": "bool",
        "d": "int[]",
        "e": "int",
        "f": "string",
    }


def test_a_deadline_ends_the_search_with_an_answer() -> None:
    impossible = Request(ARGUMENTS, "int", (InputOutput(INPUTS[0], -1.5),))
    found = search(impossible, seconds=1e-9, max_expansions=10**9, max_programs=10**9)
    assert all(len(some) == 1 and some[0].passed == (False,) for some in found)


def test_the_time_of_a_text_ends_the_search() -> None:
    impossible = Request(ARGUMENTS, "int", (InputOutput(INPUTS[0], -1.5),))
    [found] = search(impossible, 0, seconds_per_text=1e-9, max_expansions=10**9)
    assert found[0].passed == (False,)


def test_an_argument_whose_type_is_not_known_is_of_the_type_that_a_program_needs() -> None:
    declared = asking_for("(+ a (len b))")
    unknown = Request({"a": "T", "b": "U[]"}, "int", declared.examples)
    for [a], [b] in zip(search(declared), search(unknown), strict=True):
        assert b.passed == (True, True)
        assert a.program == b.program


def test_all_outputs_are_well_typed_with_all_labels() -> None:
    symbols = tiny.all_symbols()
    request = Request({"a": "int[]"}, "int", (InputOutput({"a": [2, 3]}, 77),))
    guided = GuidedSearch(max_programs=15, top=15, max_expansions=60)
    with torch.inference_mode():
        [found] = guided.search(tiny.scorer(symbols, 0), symbols, [request])
    assert found
    for prediction in found:
        infer_signature(prediction.program, request.arguments, request.result)


@pytest.mark.parametrize("numbers", [{"top": 0}, {"max_programs": 0}, {"lookahead": 0}])
def test_numbers_out_of_range_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        GuidedSearch(**numbers)
