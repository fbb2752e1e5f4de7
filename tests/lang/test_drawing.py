"""What people see of a program."""

import xml.etree.ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saps.lang import AlgoLispError, Node, infer_signature, parse
from saps.lang.render import box_tree, dot, explain, png, pretty, svg
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


SVG = "{http://www.w3.org/2000/svg}"


def parts_of(picture: str) -> tuple[list[str], int]:
    """The texts in an SVG picture, and the number of its lines."""
    root = Xml.fromstring(picture)
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    lines = [group for group in root.iter(f"{SVG}g") if "LineCollection" in group.get("id", "")]
    return texts, sum(1 for group in lines for _ in group.iter(f"{SVG}path"))


@settings(max_examples=15, deadline=None)
@given(trees())
def test_svg_is_xml_with_every_symbol(tree: Node) -> None:
    texts, n_lines = parts_of(svg(tree))
    assert sorted(texts) == sorted(node.symbol for node in tree.preorder())
    assert n_lines == tree.size - 1


def test_svg_keeps_control_characters_out() -> None:
    picture = svg(Node('"a\n\x00<&$x$"'))
    assert "\x00" not in picture
    assert parts_of(picture) == (['"a\\n\\x00<&$x$"'], 0)


def test_svg_of_a_program_is_always_the_same() -> None:
    assert svg(parse(ODD_SUM)) == svg(parse(ODD_SUM))


def test_png_of_a_wide_program_stays_within_what_can_be_drawn() -> None:
    picture = png(Node("f", tuple(Node(f"argument{i}") for i in range(400))))
    assert picture.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(picture[16:20]) == 30_000  # the width, in the header


def test_dot_names_nodes_and_edges() -> None:
    text = dot(parse('(str_concat a "z")'))
    assert 'n0 [label="str_concat"];' in text
    assert 'n2 [label="\\"z\\""];' in text
    assert "n0 -> n2;" in text
