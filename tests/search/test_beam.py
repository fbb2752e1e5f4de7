"""Beam search over partial trees."""

from typing import Any

import pytest
import torch

from saps.lang import Node, infer_signature
from saps.model.protocols import Scorer, Scores
from saps.search.beam import BeamSearch
from saps.search.greedy import GreedyDecoder
from saps.search.interface import Expansion, Hypothesis
from saps.search.request import Request
from tests.search import tiny

FEW = tiny.few_symbols()
ALL = tiny.all_symbols()
NUMBER_AND_ARRAY = Request({"a": "int", "b": "int[]"}, "int")


def beam(width: int, **options: Any) -> BeamSearch:
    caps: dict[str, Any] = {"max_depth": tiny.MAX_DEPTH, "max_size": tiny.MAX_SIZE}
    return BeamSearch(width, **{**caps, **options})


def ranked(text: int, alpha: float = 0.0, *, typed: bool = False) -> list[tuple[float, Node]]:
    """All trees of the few symbols with their scores, by looking at each."""
    scored = [
        (tiny.log_prob(tree, FEW, text) / tree.size**alpha, tree)
        for tree in tiny.trees()
        if not typed or is_typed(tree, NUMBER_AND_ARRAY)
    ]
    return sorted(scored, key=lambda pair: -pair[0])


def is_typed(tree: Node, request: Request) -> bool:
    try:
        infer_signature(tree, request.arguments, request.result)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("text", [0, 4])
@pytest.mark.parametrize("typed", [False, True])
def test_a_beam_as_wide_as_all_trees_is_exhaustive_search(text: int, typed: bool) -> None:
    expected = ranked(text, typed=typed)[:15]
    request = [NUMBER_AND_ARRAY] if typed else None
    search = beam(10_000, top=15, typed=typed)
    found = search.search(tiny.scorer(FEW, text), FEW, request)[0]
    assert [p.program for p in found] == [tree for _, tree in expected]
    assert [p.log_prob for p in found] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_length_normalisation_divides_by_a_power_of_the_size() -> None:
    expected = ranked(1, alpha=0.7)[:5]
    search = beam(10_000, top=5, alpha=0.7, typed=False)
    found = search.search(tiny.scorer(FEW, 1), FEW)[0]
    assert [p.program for p in found] == [tree for _, tree in expected]
    assert [p.program for p in found] != [tree for _, tree in ranked(1)[:5]]


class _InOrder:
    """A scorer that does not tell that it could be asked for many nodes of a tree at once."""

    by_anchor = False

    def __init__(self, scorer: Scorer) -> None:
        self.n_examples, self.device = scorer.n_examples, scorer.device
        self.start, self.scores, self.advance = scorer.start, scorer.scores, scorer.advance


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_without_types_is_greedy(seed: int) -> None:
    # The size cap binds for no tree of this depth: near it, waves and pre-order may differ.
    greedy = GreedyDecoder(max_depth=4, max_size=5_000, typed=False)
    waves = greedy.search(tiny.scorer(ALL, seed=seed), ALL)
    one = greedy.search(_InOrder(tiny.scorer(ALL, seed=seed)), ALL)
    seeded = BeamSearch(1, typed=False, max_depth=4, max_size=5_000)
    for [a], [b], [c] in zip(
        waves, one, seeded.search(tiny.scorer(ALL, seed=seed), ALL), strict=True
    ):
        assert a.program == b.program == c.program
        assert a.log_prob == pytest.approx(b.log_prob) == pytest.approx(c.log_prob)
    assert max(found[0].program.size for found in waves) >= 3


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_is_never_less_probable_than_greedy(seed: int, typed: bool) -> None:
    caps: dict[str, Any] = {"max_depth": 6, "max_size": 30}
    greedy = GreedyDecoder(**caps, typed=typed).search(tiny.scorer(ALL, seed=seed), ALL)
    better = 0
    for width in (1, 2, 7):
        found = BeamSearch(width, typed=typed, **caps).search(tiny.scorer(ALL, seed=seed), ALL)
        for [before], [after] in zip(greedy, found, strict=True):
            assert after.log_prob >= before.log_prob - 1e-9
            better += after.log_prob > before.log_prob + 1e-6
    assert better


@pytest.mark.parametrize("width", [2, 3, 8])
def test_asking_for_more_answers_changes_none_of_the_first(width: int) -> None:
    scorer = tiny.scorer(ALL)
    caps: dict[str, Any] = {"max_depth": 6, "max_size": 30}
    lists = [BeamSearch(width, top=top, **caps).search(scorer, ALL) for top in (1, 3, 50)]
    for one, three, many in zip(*lists, strict=True):
        assert one[0] == three[0] == many[0]
        assert three == many[: len(three)]


def test_n_best_lists_are_sorted_distinct_and_well_typed() -> None:
    requests = [NUMBER_AND_ARRAY, Request({"a": "string[]", "b": "int"})] * 5
    search = BeamSearch(6, top=6, max_depth=5, max_size=12)
    answers = search.search(tiny.scorer(FEW), FEW, requests)
    for request, found in zip(requests, answers, strict=True):
        assert len(found) == 6
        assert len({p.program for p in found}) == 6
        assert [p.log_prob for p in found] == sorted((p.log_prob for p in found), reverse=True)
        for prediction in found:
            assert is_typed(prediction.program, request)


def test_a_batch_gives_the_trees_of_its_texts_alone() -> None:
    search = BeamSearch(4, top=4, max_depth=6, max_size=30)
    together = search.search(tiny.scorer(ALL), ALL)
    for text, found in enumerate(together):
        alone = search.search(tiny.scorer(ALL, text), ALL)[0]
        assert [p.program for p in alone] == [p.program for p in found]
        assert [p.log_prob for p in alone] == pytest.approx([p.log_prob for p in found])


class _Same:
    """Gives every node of every text the same scores; its states are empty."""

    by_anchor = True
    device = torch.device("cpu")

    def __init__(self, n_examples: int, logits: torch.Tensor) -> None:
        self.n_examples = n_examples
        self._log_probs = logits.log_softmax(0)

    def start(self) -> torch.Tensor:
        return torch.zeros(self.n_examples, 1)

    def scores(
        self, state: torch.Tensor, example: torch.Tensor, *, is_last: torch.Tensor
    ) -> Scores:
        return Scores(self._log_probs.expand(len(state), -1), None)

    def advance(self, step: object) -> torch.Tensor:
        return step.anchor_state  # type: ignore[attr-defined,no-any-return]


def test_ties_are_broken_by_the_order_of_the_labels() -> None:
    # `+`, `square`, `len` and `a` make the first beam, so that `b` and `2` are never in it.
    expected = ["a", "(+ (+ a a) a)", "(+ (+ a a) b)", "(+ (+ a a) 2)"]
    found = beam(4, top=4, typed=False).search(_Same(3, torch.zeros(len(FEW))), FEW)
    assert [[str(p.program) for p in some] for some in found] == [expected] * 3


def test_trees_keep_the_states_of_their_open_nodes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    advance = Expansion.advance

    def watched(expansion: Expansion, trees: list[Hypothesis]) -> None:
        advance(expansion, trees)
        kept = [node.state for tree in trees for node in tree.open] + [tree.state for tree in trees]
        sizes.append(len({id(state) for state in kept}))

    monkeypatch.setattr(Expansion, "advance", watched)
    unlikely_leaves = torch.tensor(ALL.arities).float() * 50
    scorer = _Same(20, unlikely_leaves)
    BeamSearch(5, top=5, typed=False, max_depth=5, max_size=150).search(scorer, ALL)
    assert len(sizes) > 100
    assert max(sizes) <= 20 * 5 * 5  # an anchor and three ancestors of each tree, and its own


@pytest.mark.parametrize("numbers", [{"width": 0}, {"top": 0}, {"alpha": -1.0}, {"max_size": 0}])
def test_numbers_out_of_range_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least"):
        BeamSearch(**numbers)
