import pytest

from saps.evaluation.metrics import NO_TREE, Confusion, count_confusions, differences, label_of
from saps.lang import parse
from tests.evaluation.conftest import failing, make_example, make_result


@pytest.mark.parametrize(
    ("gold", "predicted", "pairs"),
    [
        pytest.param("(+ a b)", "(+ a b)", [], id="equal"),
        pytest.param("(+ a b)", "(+ a c)", [("b", "c")], id="leaf"),
        pytest.param("(+ a b)", "(- b a)", [("(+ ...)", "(- ...)")], id="no-look-below"),
        pytest.param("(reduce a 0 +)", "(reduce a 1 *)", [("+", "*"), ("0", "1")], id="two-places"),
        pytest.param("(abs (abs a))", "(abs a)", [("(abs ...)", "a")], id="call-for-leaf"),
        pytest.param("(map a abs)", "a", [("(map ...)", "a")], id="root"),
        pytest.param("(- a)", "(- a b)", [("(- ...)", "(- ...)")], id="other-arity"),
    ],
)
def test_differences_are_where_the_trees_part(
    gold: str, predicted: str, pairs: list[tuple[str, str]]
) -> None:
    assert sorted(differences(parse(gold), parse(predicted))) == sorted(pairs)


def test_a_missing_tree_is_taken_for_the_root() -> None:
    assert list(differences(parse("(+ a b)"), None)) == [("(+ ...)", NO_TREE)]


@pytest.mark.parametrize(
    ("program", "label"),
    [("+", "+"), ("(+ a b)", "(+ ...)"), ("(lambda1 arg1)", "lambda1"), ("self", "self")],
)
def test_a_call_and_a_function_value_have_two_labels(program: str, label: str) -> None:
    assert label_of(parse(program)) == label


def test_confusions_count_tasks_and_places_most_frequent_first() -> None:
    pairs = [("(+ a a)", "(+ b b)"), ("(+ a 0)", "(+ b 0)"), ("(+ 0 1)", "(+ 0 2)")]
    results = [make_result(p, failing(), make_example(g)) for g, p in pairs]
    assert count_confusions(results, limit=2) == (
        Confusion("a", "b", n_places=3, n_tasks=2),
        Confusion("1", "2", n_places=1, n_tasks=1),
    )
    assert len(count_confusions(results, limit=1)) == 1


def test_a_pair_in_many_tasks_comes_before_one_in_many_places() -> None:
    pairs = [("(if a a a)", "(if b b b)"), ("(abs 0)", "(abs 1)"), ("(sqrt 0)", "(sqrt 1)")]
    results = [make_result(p, failing(), make_example(g)) for g, p in pairs]
    assert [item.gold for item in count_confusions(results, limit=2)] == ["0", "a"]


def test_exact_predictions_confuse_nothing() -> None:
    assert count_confusions([make_result()], limit=20) == ()
