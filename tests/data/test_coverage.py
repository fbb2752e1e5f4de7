"""How much of the words a tokenizer has."""

import pytest

from saps.data.batching import encode_examples
from saps.data.encoded import Coverage, EncodedSplit
from saps.data.example import Example
from saps.data.symbols import SymbolTable
from saps.data.tokenizer import Tokenizer
from saps.lang import Node
from tests.tasks import SENTENCES

TOKENIZER = Tokenizer.train(SENTENCES, 400)


def _coverage(*texts: str) -> Coverage:
    tasks = [Example(text, {"a": "int"}, "int", Node("a"), ()) for text in texts]
    encoded = encode_examples(tasks, TOKENIZER, SymbolTable.of_language())
    return Coverage.of(EncodedSplit.of(encoded), TOKENIZER)


@pytest.mark.parametrize(
    ("texts", "coverage"),
    [
        pytest.param(["given an array"], Coverage(3, 3, 0), id="whole"),
        pytest.param(["given", "an", "array a"], Coverage(4, 4, 0), id="texts-end-words"),
        pytest.param(["given zqx an", "zqx"], Coverage(4, 2, 0), id="spelled"),
        pytest.param(["find 🦊 a", "a🦊"], Coverage(5, 3, 2), id="unknown"),
        pytest.param([], Coverage(0, 0, 0), id="nothing"),
    ],
)
def test_coverage_counts_words(texts: list[str], coverage: Coverage) -> None:
    assert _coverage(*texts) == coverage


def test_coverage_prints_counts_and_shares() -> None:
    assert str(Coverage(8, 6, 1)) == (
        "6/8 words (75.00 %) are one piece, 1 (12.50 %) hold an unknown one"
    )
    assert "(0.00 %)" in str(Coverage(0, 0, 0))
