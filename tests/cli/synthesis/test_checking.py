"""What is refused before a model is read."""

import pytest

from saps.cli.asking import Asking, meant_types
from saps.lang import parse_type
from saps.synthesis.preparation import LONGEST_WORD, MAX_TOKENS
from saps.synthesis.synthesizer import SynthesisError, Synthesizer
from tests.cli.conftest import RunSaps


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([""], "the specification has no word in it"),
        (["?! ..."], "the specification has no word in it"),
        (["word " * 500], "the specification has 500 words, but at most 400 are read"),
        (["sum \udcff"], "TEXT is not UTF-8: character 5"),
        (["q" * 5000], f"the word '{'q' * 30}...' has 5000 letters"),
        (["sum", "--arg", "xs=list[int]"], "argument xs: 'list[int]' is not a type; write int[]"),
        (["sum", "--arg", "xs=list"], "write int[] or string[]"),
        (["sum", "--arg", "map=str"], "argument map: 'str' is not a type; write string"),
        (
            ["sum", "--arg", "xs=quux"],
            "'quux' is not a type; write int, bool, string, T[], dict<K,V>",
        ),
        (["sum", "--arg", "xs=type"], "argument xs cannot be of type type"),
        (["sum", "--arg", "x=int", "--arg", "X=int"], "arguments x and X differ only in case"),
        (["sum", "--arg", "3=int"], "cannot be named '3': that already has a meaning"),
        (["sum", "--arg", "f=(int) -> int"], "argument f cannot be of type (int) -> int: a pro"),
        (["-", "--arg", "xs=quux"], "'quux' is not a type"),
        (["sum", "--returns", "str"], "the result: 'str' is not a type; write string"),
        (["sum", "--example", '{"a": 1} -> 1', "--example", '{"a": 1} -> 2'], "contradict"),
        (["sum", "--example", '{"a": 1} -> 1', "--example", '{"a": "b"} -> 1'], "argument a is of"),
    ],
)
def test_what_no_model_could_answer_is_refused_before_one_is_read(
    saps: RunSaps, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    def load(path: object) -> Synthesizer:
        raise AssertionError("the model was read")

    monkeypatch.setattr(Synthesizer, "load", load)
    outcome = saps("synthesize", *arguments)
    assert (outcome.status, outcome.out) == (1, "")
    assert told in outcome.err
    assert "bug in SAPS" not in outcome.err


def test_as_many_words_are_let_through_as_the_model_reads() -> None:
    Asking().check("word " * MAX_TOKENS)
    Asking().check("q" * LONGEST_WORD)
    with pytest.raises(SynthesisError):
        Asking().check("q" * (LONGEST_WORD + 1))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("str", ("string",)),
        ("Integer", ("int",)),
        ("list[int]", ("int[]",)),
        ("List<String>", ("string[]",)),
        ("list of numbers", ("int[]",)),
        ("array of strings", ("string[]",)),
        ("[[int]]", ("int[][]",)),
        ("str[]", ("string[]",)),
        ("string list", ("string[]",)),
        ("integers", ("int[]",)),
        ("list", ("int[]", "string[]")),
        ("dict[str, list[int]]", ("dict<string,int[]>",)),
        ("quux", ()),
        ("list[quux]", ()),
        ("[" * 5000, ()),
    ],
)
def test_types_of_other_languages_are_known(text: str, meant: tuple[str, ...]) -> None:
    assert meant_types(text) == meant
    for kind in meant:
        parse_type(kind)
