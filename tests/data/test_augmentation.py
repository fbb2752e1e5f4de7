"""Fillers dropped from training texts."""

import numpy as np
import pytest

from saps.data.data_module import FILLERS, FillerDropout
from saps.data.tokenizer import Tokenizer
from tests.tasks import SENTENCES

TOKENIZER = Tokenizer.train(SENTENCES, 400)
TEXT = "you are given numbers a and b , your task is to find a + b"
PIECES = np.asarray(TOKENIZER.encode(TEXT))


def _kept(text_rate: float, word_rate: float, seed: int = 0) -> list[int]:
    dropout = FillerDropout(TOKENIZER, text_rate=text_rate, word_rate=word_rate)
    kept: list[int] = dropout(PIECES, np.random.default_rng(seed)).tolist()
    return kept


def test_only_fillers_are_dropped_and_the_rest_keeps_its_order() -> None:
    content = [word for word in TEXT.split() if word not in FILLERS]
    assert _kept(1.0, 1.0) == TOKENIZER.encode(" ".join(content))
    assert {"a", "b", "+", "numbers"} <= set(content)


def test_a_rate_of_zero_changes_nothing() -> None:
    assert _kept(0.0, 1.0) == _kept(1.0, 0.0) == PIECES.tolist()


def test_a_text_of_fillers_alone_is_kept() -> None:
    pieces = np.asarray(TOKENIZER.encode("find the task"))
    dropout = FillerDropout(TOKENIZER, text_rate=1.0, word_rate=1.0)
    ids = [TOKENIZER.whole_word_id(word) for word in ("find", "task")]
    fillers = pieces[np.isin(pieces, np.asarray(ids, dtype=np.int64))]
    assert dropout(fillers, np.random.default_rng(0)).tolist() == fillers.tolist()


def test_about_as_many_texts_change_as_the_rate_says() -> None:
    changed = sum(_kept(0.3, 0.9, seed) != PIECES.tolist() for seed in range(400))
    assert 80 < changed < 160


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_that_is_no_share_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="must be in"):
        FillerDropout(TOKENIZER, text_rate=rate, word_rate=0.5)
