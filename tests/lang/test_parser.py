"""The surface syntax and its errors."""

import json
import pickle
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saps.lang import AlgoLispError, Node, ParseError, parse
from saps.lang.errors import TreeLimitError
from saps.lang.node import _SYMBOL
from saps.resources import resource_folder
from tests.lang.programs import trees


@given(trees())
def test_parse_undoes_every_written_form(tree: Node) -> None:
    assert parse(str(tree)) == tree
    if '"' not in str(tree):
        assert parse(str(tree).replace(" ", ", ")) == tree
    if tree.children:
        assert parse(json.dumps(tree.to_short_tree())) == tree


def test_seed_form_with_commas_is_the_same_program() -> None:
    assert parse("(reduce, a, 0, +)") == parse("(reduce a 0 +)")


def test_strings_keep_quotes_spaces_and_escapes() -> None:
    node = parse('(str_concat "a (b] \\" \\n" "😀")')
    assert node.children == (Node('"a (b] \\" \\n"'), Node('"😀"'))


def test_json_strings_are_unescaped_once() -> None:
    assert parse('["str_concat", "\\"z\\"", "a"]') == parse('(str_concat "z" a)')


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        pytest.param("(reduce a 0 +", 1, "'(' is never closed", id="unclosed"),
        pytest.param("(f (g a b)", 1, "'(' is never closed", id="unclosed-outer"),
        pytest.param("(head a))", 9, "unexpected ')'", id="one-too-many"),
        pytest.param("(head [a)", 9, "expected ']', found ')'", id="wrong-bracket"),
        pytest.param('(f "ab)', 4, "this quote is never closed", id="open-quote"),
        pytest.param("", 1, "expected a program, found the end of the text", id="empty"),
        pytest.param("()", 2, "expected the name of a function, found ')'", id="no-head"),
        pytest.param(
            "((f a) b)", 2, "expected the name of a function, found '('", id="call-as-head"
        ),
        pytest.param("(reduce)", 8, "expected an argument of `reduce`, found ')'", id="no-args"),
        pytest.param("a b", 3, "expected the end of the text, found 'b'", id="two-programs"),
        pytest.param('["f"]', 5, "expected an argument of `f`, found ']'", id="json-no-args"),
        pytest.param(
            "[f a]", 2, "expected a symbol in double quotes, found 'f'", id="json-without-quotes"
        ),
        pytest.param(
            '(f "\\ud800")', 4, "half of a surrogate pair is not a character", id="half-a-surrogate"
        ),
        pytest.param(
            '["f", "\\ud800"]',
            7,
            "half of a surrogate pair is not a character",
            id="json-surrogate",
        ),
        pytest.param('["a b", "c"]', 2, "'a b' is not a symbol", id="json-no-symbol"),
    ],
)
def test_parse_error_points_at_the_fault(text: str, column: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (1, column)
    assert caught.value.message == message


def test_parse_error_knows_its_line_and_pickles() -> None:
    with pytest.raises(ParseError) as caught:
        parse("(reduce a\n  0 +))")
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.line, error.column, error.code) == (2, 7, "parse")
    assert str(error) == "line 2, column 7: unexpected ')'"


@given(st.text(alphabet='()[]" ,ab\\1.\n😀+', max_size=40))
def test_any_text_parses_or_fails_in_the_family(text: str) -> None:
    try:
        node = parse(text)
    except AlgoLispError:
        return
    assert parse(str(node)) == node


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(f " * 100_000, id="unclosed"),
        pytest.param('["f",' * 100_000 + '"a"' + "]" * 100_000, id="json"),
        pytest.param("(f " * 100_000 + "a" + ")" * 100_000, id="s-expression"),
        pytest.param("(f " + "a " * 400_000 + ")", id="wide"),
        pytest.param("a" * 2_000_000, id="long"),
    ],
)
def test_runaway_text_is_refused_at_once(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(TreeLimitError):
        parse(text)
    assert time.perf_counter() - started < 0.5


def test_symbols_of_trees_and_of_the_grammar_agree() -> None:
    grammar = (resource_folder("grammar") / "algolisp.lark").read_text(encoding="utf-8")
    terminals = dict(re.findall(r"^([A-Z]+)(?:\.\d+)?: /(.*)/s?$", grammar, re.MULTILINE))
    name, string = terminals["NAME"], terminals["STRING"]
    assert _SYMBOL.pattern == f"{string}|{name}"
