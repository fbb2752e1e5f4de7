"""Text to pieces."""

import pytest

from saps.data.tokenizer import PAD_ID, UNKNOWN_ID, Tokenizer, TokenizerError, normalise_typing
from tests.tasks import SENTENCES


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(SENTENCES, 120)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        pytest.param("Given an array A, find...", "given an array a , find . . .", id="case"),
        pytest.param("find  `a`\tplus\nb10", "find a plus b 10", id="spaces-and-backquotes"),
        pytest.param("find $a+b$", "find a + b", id="mathematics"),
        pytest.param("find \ud800 a", "find ? a", id="half-a-surrogate-pair"),
        pytest.param("the array’s ﬁrst", "the array ' s first", id="typography"),
        pytest.param("“a” or ‘b’", "\" a \" or ' b '", id="curly quotes"),
    ],
)
def test_normalise_typing_gives_the_form_of_the_data(typed: str, normal: str) -> None:
    assert normalise_typing(typed) == normal


def test_case_and_spacing_do_not_change_the_pieces(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("GIVEN a number a,find") == tokenizer.encode("given a number a , find")


def test_a_character_never_seen_is_unknown(tokenizer: Tokenizer) -> None:
    known = tokenizer.encode("find")
    pieces = tokenizer.encode("find 🦊")
    assert UNKNOWN_ID in pieces
    assert pieces[: len(known)] == known


def test_a_word_never_seen_is_spelled(tokenizer: Tokenizer) -> None:
    pieces = tokenizer.pieces("qwxyz")
    assert "".join(pieces).strip("▁") == "qwxyz"
    assert UNKNOWN_ID not in tokenizer.encode("qwxyz")


def test_training_twice_gives_the_same_model(tokenizer: Tokenizer) -> None:
    assert Tokenizer.train(SENTENCES, 120).model_proto == tokenizer.model_proto


def test_encode_many_is_encode(tokenizer: Tokenizer) -> None:
    texts = list(SENTENCES)
    assert tokenizer.encode_many(texts) == [tokenizer.encode(text) for text in texts]


def test_padding_is_never_a_piece_of_a_text(tokenizer: Tokenizer) -> None:
    assert all(PAD_ID not in tokenizer.encode(text) for text in SENTENCES)


def test_no_text_is_an_error() -> None:
    with pytest.raises(TokenizerError, match="training split is empty"):
        Tokenizer.train(["", "  "], 100)


def test_bytes_of_something_else_are_an_error() -> None:
    with pytest.raises(TokenizerError, match="SentencePiece"):
        Tokenizer(b"not a model")
