"""Word vectors from a file, as the start of an embedding."""

import gzip
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from saps.data.tokenizer import PAD_ID, Tokenizer
from saps.model.encoder import TextEncoder
from saps.model.word_vectors import WordVectorError, start_from_vectors

SIZE = 3


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(["given an array of numbers , sort the array"] * 3, 60)


class _Network(nn.Module):
    def __init__(self, tokenizer: Tokenizer, vectors: Path | None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = TextEncoder(
            vocabulary_size=len(tokenizer),
            embedding_size=SIZE,
            hidden_size=4,
            n_layers=1,
            latent_size=5,
            dropout=0.0,
            vectors=None if vectors is None else str(vectors),
        )

    @property
    def rows(self) -> torch.Tensor:
        return self.encoder.embedding.weight.detach().clone()


def _file(folder: Path, text: str | bytes) -> Path:
    path = folder / "vectors.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_whole_words_take_their_vectors_and_all_else_stays(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    path = _file(tmp_path, "array 1 2.5 -3e-1\nzebra 7 7 7\n, 4 5 6\narray 9 9 9\n")
    network = _Network(tokenizer, path)
    before = network.rows
    start_from_vectors(network, tokenizer)
    array, comma = tokenizer.whole_word_id("array"), tokenizer.whole_word_id(",")
    assert array is not None
    assert comma is not None
    before[array], before[comma] = torch.tensor([1, 2.5, -0.3]), torch.tensor([4.0, 5, 6])
    assert torch.equal(network.rows, before)
    assert not network.rows[PAD_ID].any()


def test_the_file_is_read_by_the_start_of_training_alone(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    network = _Network(tokenizer, tmp_path / "gone.txt")  # as a trained model is made again
    with pytest.raises(WordVectorError, match=r"gone.txt: No such file.*model\.encoder\.vectors"):
        start_from_vectors(network, tokenizer)
    untouched = _Network(tokenizer, None)
    before = untouched.rows
    start_from_vectors(untouched, tokenizer)
    assert torch.equal(untouched.rows, before)


def test_counts_in_the_first_line_are_passed_over(tmp_path: Path, tokenizer: Tokenizer) -> None:
    network = _Network(tokenizer, _file(tmp_path, "1 3\narray 1 2 3\n"))
    start_from_vectors(network, tokenizer)
    assert network.rows[tokenizer.whole_word_id("array")].tolist() == [1, 2, 3]


def test_words_with_spaces_are_read_and_are_no_words_of_the_tokenizer(
    tmp_path: Path, tokenizer: Tokenizer
) -> None:
    # Lines of glove.840B.300d, with shorter vectors.
    text = ". . . -0.1 0.2 3\nat name@domain.com 7 7 7\narray 1 2 3\n. . 4 5 6\n1 8 8 8\n"
    network = _Network(tokenizer, _file(tmp_path, text))
    before = network.rows
    start_from_vectors(network, tokenizer)
    before[tokenizer.whole_word_id("array")] = torch.tensor([1.0, 2, 3])
    assert torch.equal(network.rows, before)


@pytest.mark.parametrize("name", ["vectors.txt.gz", "vectors.txt"])
def test_a_file_packed_by_gzip_is_unpacked(name: str, tmp_path: Path, tokenizer: Tokenizer) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"array 1 2 3\n"))
    network = _Network(tokenizer, path)
    start_from_vectors(network, tokenizer)
    assert network.rows[tokenizer.whole_word_id("array")].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("array 1 2 3\nsort 1 2\n", "line 2: expected a word and 3 numbers"),
        ("array 1 2 3 4\n", "line 1: expected a word and 3 numbers, as model.encoder.embedding"),
        ("array 1 2 x\n", "line 1: expected a finite number, found 'x'"),
        ("array 1 2 nan\n", "line 1: expected a finite number, found 'nan'"),
        ("array 1 2 -1e39\n", "line 1: -1e39 is too large for a weight of 32 bits"),
        ("array  1 2 3\n", "line 1: expected a word and 3 numbers"),
        ("array a@b.com 1 2\n", "line 1: expected a finite number, found 'a@b.com'"),
        (b"PK\x03\x04 and so on", "a zip archive; unpack it"),
        (gzip.compress(b"array 1 2 3\n", mtime=0)[:-9], "damaged, gzip cannot unpack it"),
        ("array 1 2 3\n\n", "line 2: expected a word and its numbers"),
        (b"array 1 2 3\n\xff\xfe 1 2 3\n", "line 2: not UTF-8 text"),
        ("zebra 1 2 3\n", "none of its words"),
        ("", "none of its words"),
    ],
)
def test_a_malformed_file_is_an_error_with_its_line(
    text: str | bytes, message: str, tmp_path: Path, tokenizer: Tokenizer
) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(WordVectorError, match=re.escape(f"{path}") + ".*" + re.escape(message)):
        start_from_vectors(_Network(tokenizer, path), tokenizer)
