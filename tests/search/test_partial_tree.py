"""Where the next node of a tree goes that is written in pre-order."""

from random import Random

from saps.data.symbols import Label, SymbolTable
from saps.lang import Node, parse
from saps.search.interface import PartialTree
from tests.lang.programs import random_program

PROGRAM = "(if (== a 0) (square (abs b)) (+ 1 (len c)))"


def write(program: Node) -> list[PartialTree]:
    """The beginnings of a tree, from the empty one to the whole."""
    trees = [PartialTree()]
    for number, node in enumerate(program.preorder()):
        trees.append(trees[-1].extend(number, len(node.children)))
    return trees


def test_brackets_closed_between_nodes_are_those_of_the_written_form() -> None:
    trees = write(parse(PROGRAM))
    # if == a 0 square abs b + 1 len c
    assert [tree.n_closed for tree in trees] == [0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 3]
    assert trees[-1].complete
    assert not trees[-2].complete


def test_each_position_knows_its_anchor_and_depth() -> None:
    rng = Random(3)
    for _ in range(50):
        program = random_program(rng)
        trees = write(program)
        expected = _positions(program)
        found = [(t.is_down, t.anchor, t.depth, t.is_last) for t in trees[:-1]]
        assert found == expected


def _positions(program: Node) -> list[tuple[bool, int, int, bool]]:
    """By recursion over the finished tree: whether it is the first child, anchor, depth, last."""
    found: list[tuple[bool, int, int, bool]] = []

    def visit(node: Node, is_down: bool, anchor: int, depth: int, is_last: bool) -> None:
        number = len(found)
        found.append((is_down, anchor, depth, is_last))
        elder = number
        for index, child in enumerate(node.children):
            here = len(found)
            last = index + 1 == len(node.children)
            visit(child, index == 0, elder, depth + 1, last)
            elder = here

    visit(program, False, -1, 1, True)
    return found


def test_open_depths_count_all_nodes_called_for() -> None:
    tree = PartialTree()
    assert tree.open_depths() == [1]
    tree = tree.extend(7, 3).extend(8, 2)
    assert tree.open_depths() == [3, 3, 2, 2]
    assert tree.n_open == 4
    assert tree.extend(9, 0).open_depths() == [3, 2, 2]
    assert tree.labels == [7, 8]


def test_extending_leaves_the_shorter_tree_as_it_was() -> None:
    tree = PartialTree().extend(0, 2)
    tree.extend(1, 0).extend(2, 0)
    assert (tree.n_nodes, tree.depth, tree.is_down, tree.n_open) == (1, 2, True, 2)
    assert [other.labels for other in (tree.extend(5, 0), tree.extend(6, 1))] == [[0, 5], [0, 6]]


def test_labels_build_the_tree_again() -> None:
    symbols = SymbolTable([Label("+", 2), Label("a", 0)])
    program = parse("(+ (+ a a) a)")
    tree = PartialTree()
    for node in program.preorder():
        tree = tree.extend(symbols.index(node), len(node.children))
    assert symbols.build(tree.labels) == program
