"""Terms that are known to have no variable behave as any others do."""

from random import Random

import pytest

from saps.lang.unify import (
    ARRAY,
    FUNCTION,
    INT,
    NO_MORE,
    ROW,
    STRING,
    TYPE,
    Term,
    Unifier,
    ground,
    is_ground,
    may_unify,
    shift,
    spell,
    variables,
    weight,
)


def draw(rng: Random, depth: int, leaves: tuple[Term, ...]) -> Term:
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(leaves)
    if rng.random() < 0.5:
        return (ARRAY, draw(rng, depth - 1, leaves))
    row = (ROW, draw(rng, depth - 1, leaves), NO_MORE)
    return (FUNCTION, row, draw(rng, depth - 1, leaves))


def grounded(term: Term) -> Term:
    """The same term with all that has no variable known to have none."""
    if not isinstance(term, tuple):
        return term
    parts = (term[0], *map(grounded, term[1:]))
    return ground(parts) if is_ground(parts) else parts


@pytest.mark.parametrize("seed", range(40))
def test_ground_terms_are_as_others(seed: int) -> None:
    rng = Random(seed)
    left = draw(rng, 4, (INT, STRING, TYPE, 0, 1))
    right = draw(rng, 4, (INT, STRING)) if seed % 2 else left
    for term in (left, right):
        same, found = grounded(term), set[int]()
        variables(same, found)
        assert (same, hash(same), weight(same), spell(same)) == (
            term,
            hash(term),
            weight(term),
            spell(term),
        )
        assert is_ground(same) == (not found) == is_ground(term)
        assert shift(same, 3) == shift(term, 3)
    for a in (left, grounded(left)):
        for b in (right, grounded(right)):
            plain, other = Unifier([0, 1]), Unifier([0, 1])
            assert may_unify(a, b) == may_unify(left, right)
            assert other.unify(a, b) == plain.unify(left, right)
            assert other.bindings == plain.bindings
            assert other.constraints == plain.constraints
            assert other.weight([a, b]) == plain.weight([left, right])


def test_a_ground_term_satisfies_what_its_parts_do() -> None:
    assert Unifier().constrain(grounded((ARRAY, INT)), 1)
    assert not Unifier().constrain(grounded((ARRAY, TYPE)), 1)
