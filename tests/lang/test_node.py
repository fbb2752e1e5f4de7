"""Trees: their written forms, their caps, their identity."""

import pickle
import sys
from typing import Any

import pytest
from hypothesis import given

from saps.lang import Node, parse
from saps.lang.errors import AlgoLispError, ArityError, TreeError, TreeLimitError
from tests.lang.programs import programs, trees


@given(programs())
def test_short_tree_comes_back_unchanged(program: Node) -> None:
    assert Node.from_short_tree(program.to_short_tree()) == program


@given(trees())
def test_equal_trees_have_equal_hashes_and_pickle(tree: Node) -> None:
    copy = parse(str(tree))
    assert copy == tree
    assert hash(copy) == hash(tree)
    assert pickle.loads(pickle.dumps(tree)) == tree


def test_depth_and_size_count_nodes() -> None:
    node = parse("(reduce (filter a (lambda1 (== (% arg1 2) 1))) 0 +)")
    assert (node.depth, node.size) == (6, 11)
    assert [n.symbol for n in node.preorder()][:4] == ["reduce", "filter", "a", "lambda1"]


def test_numbers_in_a_short_tree_become_symbols() -> None:
    assert Node.from_short_tree(["+", ["*", "a", 3], 2.5]) == parse("(+ (* a 3) 2.5)")


def test_a_node_can_not_be_changed() -> None:
    node = Node("a")
    with pytest.raises(AttributeError, match="immutable"):
        node.symbol = "b"
    with pytest.raises(AttributeError, match="immutable"):
        del node.children


def test_place_names_the_symbols_on_the_way() -> None:
    node = parse("(reduce a 0 (lambda2 (+ arg1 arg2)))")
    assert node.place((2, 0, 1)) == "reduce.2.lambda2.0.+.1"
    assert node.at((2, 0, 1)) == Node("arg2")
    assert node.place(()) == "reduce"


@pytest.mark.parametrize(
    ("tree", "kind"),
    [
        pytest.param([], TreeError, id="empty-list"),
        pytest.param([["f"], "a"], TreeError, id="list-as-head"),
        pytest.param(["a"], ArityError, id="call-without-arguments"),
        pytest.param(None, TreeError, id="none"),
        pytest.param(["+", "a", True], TreeError, id="json-true"),
        pytest.param(["+", "a", float("nan")], TreeError, id="nan"),
        pytest.param(["+", "a", {"b": 1}], TreeError, id="object"),
        pytest.param(["+", "a", "b c"], TreeError, id="space-in-a-symbol"),
        pytest.param(["+", "a", '"b'], TreeError, id="open-quote"),
        pytest.param(["+", "a", "\ud800"], TreeError, id="half-a-surrogate"),
        pytest.param(["+", "a", '"\\ud800"'], TreeError, id="half-a-surrogate-escaped"),
        pytest.param(["+", "a", '"\\q"'], TreeError, id="no-escape"),
        pytest.param(["+", "a", ""], TreeError, id="empty-symbol"),
        pytest.param(["+", "a", 10**5000], TreeError, id="huge-integer"),
    ],
)
def test_what_is_no_short_tree_is_refused(tree: Any, kind: type[AlgoLispError]) -> None:
    with pytest.raises(kind):
        Node.from_short_tree(tree)


def test_error_in_a_short_tree_tells_where() -> None:
    with pytest.raises(TreeError) as caught:
        Node.from_short_tree(["+", "a", ["-", None, "b"]])
    assert caught.value.path == (1, 0)
    assert caught.value.message.startswith("found null, expected a symbol")


def test_deep_and_large_trees_are_refused() -> None:
    deep: Any = "a"
    for _ in range(100_000):
        deep = ["square", deep]
    with pytest.raises(TreeLimitError, match="deeper than 200"):
        Node.from_short_tree(deep)
    with pytest.raises(TreeLimitError, match="more than 5000"):
        Node.from_short_tree(["f", *["a"] * 5_000])
    shared: Any = "a"
    for _ in range(150):
        shared = ["+", shared, shared]
    with pytest.raises(TreeLimitError, match="more than 5000"):
        Node.from_short_tree(shared)


def test_deepest_tree_allowed_goes_all_the_way() -> None:
    tree: Any = "a"
    for _ in range(199):
        tree = ["square", tree]
    node = Node.from_short_tree(tree)
    assert node.depth == 200
    assert parse(str(node)) == node
    assert sys.getrecursionlimit() < 250_000
