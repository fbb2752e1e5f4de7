"""What people see of a program."""

import xml.etree.ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saps.lang import AlgoLispError, Node, infer_signature, parse
from saps.lang.drawing import box_tree, explain, pretty
from saps.lang.picture import dot, svg
from tests.lang.programs import trees

ODD_SUM = "(reduce (filter a (lambda1 (== (% arg1 2) 1))) 0 +)"


@given(trees(), st.integers(1, 100))
def test_pretty_text_parses_back_and_spans_hit_their_nodes(tree: Node, columns: int) -> None:
    layout = pretty(tree, columns)
    assert parse(str(layout)) == tree
    for path, span in layout.spans.items():
        text = layout.lines[span.line][span.start : span.end]
        assert text.lstrip("(").startswith(tree.at(path).symbol.split(" ")[0])


def test_pretty_breaks_what_does_not_fit() -> None:
    assert str(pretty(parse(ODD_SUM))) == ODD_SUM
    assert str(pretty(parse(ODD_SUM), 36)) == (
        "(reduce\n"
        "  (filter\n"
        "    a\n"
        "    (lambda1 (== (% arg1 2) 1)))\n"
        "  0\n"
        "  +)"
    )  # fmt: skip


def test_explain_puts_carets_under_the_error() -> None:
    node = parse(
        '(map a (lambda1 (str_concat (str_concat arg1 arg1) (+ (strlen "a very long string") 1))))'
    )
    with pytest.raises(AlgoLispError) as caught:
        infer_signature(node)
    shown = explain(node, caught.value)
    lines = shown.splitlines()
    (marked,) = [number for number, line in enumerate(lines) if "^" in line]
    assert lines[marked].endswith("expected string, found int")
    assert lines[marked - 1][lines[marked].index("^") :].startswith("(+ ")


def test_explain_shows_an_error_without_a_place() -> None:
    assert explain(parse("(+ 1 2)"), AlgoLispError("all is lost")) == "(+ 1 2)\nall is lost"


def test_box_tree_draws_branches() -> None:
    assert box_tree(parse("(reduce (map a square) 0 +)")) == (
        "reduce\n"
        "├── map\n"
        "│   ├── a\n"
        "│   └── square\n"
        "├── 0\n"
        "└── +"
    )  # fmt: skip


@given(trees())
def test_svg_is_xml_with_every_symbol(tree: Node) -> None:
    root = Xml.fromstring(svg(tree))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    lines = list(root.iter("{http://www.w3.org/2000/svg}line"))
    assert sorted(map(str, texts)) == sorted(node.symbol for node in tree.preorder())
    assert len(lines) == tree.size - 1


def test_svg_keeps_control_characters_out() -> None:
    picture = svg(Node('"a\n\x00<&"'))
    assert "\x00" not in picture
    assert len(list(Xml.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"))) == 1


def test_dot_names_nodes_and_edges() -> None:
    text = dot(parse('(str_concat a "z")'))
    assert 'n0 [label="str_concat"];' in text
    assert 'n2 [label="\\"z\\""];' in text
    assert "n0 -> n2;" in text
