from collections import Counter
from collections.abc import Iterator
from itertools import product
from random import Random

import pytest

from saps.data.tasks.composer import Leaf, Use
from saps.data.tasks.family import (
    RESULT_SHARES,
    Catalogue,
    FamilyError,
    declared_families,
    default_catalogue,
)
from saps.english.vocabulary import SYMBOLS
from tests.data.tasks.uses import family, use


def texts(expression: Use | Leaf) -> Iterator[str]:
    """Yield every way to say it."""
    if isinstance(expression, Leaf):
        yield expression.name
        return
    named = {slot for slot, f in expression.fillers.items() if isinstance(f, Leaf)}
    groups = (*expression.family.phrases, *expression.family.question_phrases)
    for phrase in (p for group in groups for p in group if p.names <= named):
        said = [list(texts(filler)) for filler in expression.fillers.values()]
        for fillers in product(*said):
            by_slot = dict(zip(expression.fillers, fillers, strict=True))
            yield " ".join(by_slot.get(token.strip("{}"), token) for token in phrase.tokens)


def test_there_are_families_enough() -> None:
    families, _ = declared_families()
    assert len(families) >= 120
    assert len(default_catalogue().families) > 400
    assert {f.result for f in families} == set(RESULT_SHARES)


def test_templates_keep_to_the_published_symbols() -> None:
    for found in default_catalogue().families:
        symbols = {node.symbol for node in found.node.preorder()} - found.slots.keys()
        assert symbols <= SYMBOLS, found.name


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("filter_odd", "(filter X (lambda1 (== (% arg1 2) 1)))"),
        ("filter_prime", "(filter X is_prime)"),
        ("filter_not_prime", "(filter X (combine ! is_prime))"),
        ("filter_less", "(filter X (partial1 N <))"),
        ("filter_equal", "(filter X (partial0 N ==))"),
        ("filter_present", "(filter X (lambda1 (reduce (map Y (partial0 arg1 ==)) false ||)))"),
        ("each_plus", "(map X (partial1 N +))"),
        ("each_squared", "(map X square)"),
        ("first_half", "(slice X 0 (/ (len X) 2))"),
        (
            "even_positions",
            "(map (filter (range 0 (len X)) (lambda1 (== (% arg1 2) 0))) (partial0 X int-deref))",
        ),
        ("sort_descending", "(reverse (sort X))"),
        ("minimum", "(reduce X 1000000000 min)"),
        ("mean", "(/ (reduce X 0 +) (len X))"),
        ("median", "(deref (sort X) (/ (len X) 2))"),
        (
            "second_smallest",
            "(reduce (filter X (partial0 (reduce X 1000000000 min) <)) 1000000000 min)",
        ),
        ("count_greater", "(reduce (map X (lambda1 (if (> arg1 N) 1 0))) 0 +)"),
        ("as_digits", "(reduce X 0 (lambda2 (+ (* arg1 10) arg2)))"),
        ("factorial", "(invoke1 (lambda1 (if (<= arg1 1) 1 (* (self (- arg1 1)) arg1))) N)"),
        (
            "fibonacci",
            "(invoke1 (lambda1 (if (< arg1 2) 1 (+ (self (- arg1 2)) (self (- arg1 1))))) N)",
        ),
        ("reversed_number", "(reduce (reverse (digits N)) 0 (lambda2 (+ (* arg1 10) arg2)))"),
        (
            "backwards",
            '(reduce (range 0 (strlen S)) "" (lambda2 (str_concat (str_index arg2 S) arg1)))',
        ),
        (
            "abbreviation",
            '(reduce (map (str_split S " ") (partial0 0 str_index)) "" str_concat)',
        ),
    ],
)
def test_programs_are_the_published_idioms(name: str, program: str) -> None:
    assert str(family(name).node) == program


@pytest.mark.parametrize(
    ("asked", "text", "program"),
    [
        (use("add", N="a", M="b"), "a + b", "(+ a b)"),
        (use("multiply", N="a", M="b"), "a multiplied by b", "(* a b)"),
        (use("smaller", N="a", M="b"), "minimum a and b", "(min a b)"),
        (
            use("prefix_subsequence", X=use("range_0_inclusive", N="a"), Y="b"),
            (
                "the length of the longest subsequence of range from 0 to a inclusive that is "
                "a prefix of b"
            ),
            (
                "(reduce (range 0 (+ a 1)) 0 (lambda2 (if (== arg2 (if (< arg1 (len b)) "
                "(deref b arg1) 0)) (+ arg1 1) arg1)))"
            ),
        ),
        (
            use("prefix_subsequence", X=use("range_1_exclusive", N="a"), Y="b"),
            (
                "the length of the longest subsequence of range from 1 to a exclusive that is "
                "a prefix of b"
            ),
            (
                "(reduce (range 1 a) 0 (lambda2 (if (== arg2 (if (< arg1 (len b)) "
                "(deref b arg1) 0)) (+ arg1 1) arg1)))"
            ),
        ),
        (
            use("median", X=use("first_half", X="a")),
            "median of values in a after only keeping first half",
            "(deref (sort (slice a 0 (/ (len a) 2))) (/ (len (slice a 0 (/ (len a) 2))) 2))",
        ),
        (
            use("mean", X=use("second_half", X="a")),
            "mean of values in a after only keeping second half",
            (
                "(/ (reduce (slice a (/ (len a) 2) (len a)) 0 +) "
                "(len (slice a (/ (len a) 2) (len a))))"
            ),
        ),
        (
            use("count_greater", X="a", N="b"),
            "how many elements of a are greater than b",
            "(reduce (map a (lambda1 (if (> arg1 b) 1 0))) 0 +)",
        ),
        (
            use("number_of_greater", X="a", N="b"),
            "number of elements in a greater than b",
            "(len (filter a (partial1 b >)))",
        ),
    ],
)
def test_real_requests_can_be_said(asked: Use, text: str, program: str) -> None:
    assert text in set(texts(asked))
    assert str(asked.node()) == program


def test_catalogue_refuses_a_name_twice() -> None:
    families, conditions = declared_families()
    with pytest.raises(FamilyError, match="family 'sum': the name is taken"):
        Catalogue([*families, family("sum")], conditions)


def test_catalogue_draws_by_weight_and_by_type() -> None:
    catalogue, rng = default_catalogue(), Random(1)
    drawn = Counter(catalogue.draw_root(rng, alone=False).result for _ in range(4_000))
    for kind, share in RESULT_SHARES.items():
        assert drawn[kind] / 4_000 == pytest.approx(share, abs=0.03)
    nested = Counter(catalogue.draw_nested("int[]", rng).name for _ in range(4_000))
    assert nested["second_half"] > nested["at_positions"] > 0
    assert all(family(name).result == "int[]" for name in nested)


def test_catalogue_nests_no_family_without_a_noun_phrase() -> None:
    catalogue = default_catalogue()
    rng = Random(1)
    for kind in RESULT_SHARES:
        assert all(catalogue.draw_nested(kind, rng).wordings for _ in range(300))
