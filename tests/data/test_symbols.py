"""Labels of tree nodes."""

import json
from pathlib import Path

import pytest

from saps.data.symbols import Label, SymbolError, SymbolTable
from saps.lang import FUNCTIONS, Node, parse
from tests.tasks import SENTENCES


@pytest.fixture(scope="module")
def symbols() -> SymbolTable:
    return SymbolTable.of_language()


def test_every_function_has_a_label_as_call_and_as_value(symbols: SymbolTable) -> None:
    for name, function in FUNCTIONS.items():
        assert {Label(name, function.arity), Label(name, 0)} <= set(symbols.labels)


def test_a_symbol_called_and_passed_are_two_labels(symbols: SymbolTable) -> None:
    assert symbols.index(Node("+")) != symbols.index(parse("(+ a b)"))


@pytest.mark.parametrize("program", SENTENCES.values())
def test_build_undoes_the_labels_in_pre_order(program: str, symbols: SymbolTable) -> None:
    node = parse(program)
    assert symbols.build([symbols.index(part) for part in node.preorder()]) == node


def test_build_refuses_what_is_no_tree(symbols: SymbolTable) -> None:
    plus, a = symbols.index(parse("(+ a b)")), symbols.index(Node("a"))
    with pytest.raises(ValueError, match="not complete"):
        symbols.build([plus, a])
    with pytest.raises(ValueError, match="1 labels after"):
        symbols.build([a, a])


def test_an_unknown_symbol_is_named_with_its_program(symbols: SymbolTable) -> None:
    with pytest.raises(SymbolError, match=r"'77' with 0 children in the program 77"):
        symbols.index(Node("77"))


def test_load_undoes_save(symbols: SymbolTable, tmp_path: Path) -> None:
    symbols.save(tmp_path / "symbols.json")
    assert SymbolTable.load(tmp_path / "symbols.json") == symbols


def test_load_refuses_a_function_that_the_language_lacks(tmp_path: Path) -> None:
    path = tmp_path / "symbols.json"
    path.write_text(json.dumps([["frobnicate", 2]]))
    with pytest.raises(SymbolError, match="no 'frobnicate' with 2 children"):
        SymbolTable.load(path)


@pytest.mark.parametrize(
    "content", ["", "{", "[1, 2]", '{"a": 1}', '[["+", Infinity]]', '[["+", 2.5]]']
)
def test_load_refuses_damage(content: str, tmp_path: Path) -> None:
    path = tmp_path / "symbols.json"
    path.write_text(content)
    with pytest.raises(SymbolError, match=r"symbols\.json"):
        SymbolTable.load(path)


def test_constants_may_be_chosen(tmp_path: Path) -> None:
    chosen = SymbolTable.of_language(["0", "3", '"aeiou"', "3"])
    chosen.index(Node('"aeiou"'))
    with pytest.raises(SymbolError, match=r"no label for '10' with 0 .*; add it to data\.con"):
        chosen.index(Node("10"))
    chosen.save(tmp_path / "symbols.json")
    assert SymbolTable.load(tmp_path / "symbols.json") == chosen


@pytest.mark.parametrize("constant", ["aeiou", "+", "arg1", '"\\ud83d"', '"open', "9" * 5_000])
def test_a_constant_that_is_no_literal_is_refused(constant: str) -> None:
    with pytest.raises(SymbolError, match="is not a constant of the language"):
        SymbolTable.of_language([constant])
