"""Word vectors learned elsewhere, as the start of a text encoder's embedding.

The file has a word and its numbers a line, separated by spaces, as GloVe's files have
(Pennington, Socher & Manning 2014), packed by gzip or not. It is read when training starts and
never again: a trained model holds what became of the vectors.

Sizes: E embedding.
"""

import gzip
import logging
import math
import zlib
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from saps.data.tokenizer import Tokenizer
from saps.model.encoder import TextEncoder

logger = logging.getLogger(__name__)


class WordVectorError(ValueError):
    """A file of word vectors cannot be read; the message gives the place and the remedy."""


def start_from_vectors(network: nn.Module, tokenizer: Tokenizer) -> None:
    """Give the embeddings of a network's text encoder their vectors, in place, if it names a file.

    A piece that is a whole word takes the word's vector; pieces of words, and words that the file
    lacks, keep the values drawn for them and are learned.

    Raises:
        WordVectorError: the file is missing, or a line is malformed or of another length.
    """
    encoder = getattr(network, "encoder", None)
    if not isinstance(encoder, TextEncoder) or encoder.vectors is None:
        return
    path = Path(encoder.vectors)
    words = tokenizer.whole_words()
    found = 0
    with torch.no_grad():
        for word, vector in _read(path, words, encoder.embedding.embedding_dim):
            piece = tokenizer.whole_word_id(word)
            if piece is not None:
                encoder.embedding.weight[piece] = torch.tensor(vector)
                found += 1
    if not found:
        raise WordVectorError(
            f"{path}: none of its words is one of the {len(words)} words that the tokenizer knows, "
            "such as 'array'; give a file of English words in lower case"
        )
    logger.info("word vectors: %d of %d words from %s", found, len(words), path)


def _read(path: Path, words: frozenset[str], size: int) -> Iterator[tuple[str, list[float]]]:
    """Yield the wanted words with their E numbers, the first line of each; check every line."""
    missing = set(words)
    for number, line in enumerate(_lines(path), start=1):
        place = f"{path}, line {number}"
        try:
            fields = line.decode("utf-8").rstrip().split(" ")
        except UnicodeDecodeError as error:
            raise WordVectorError(f"{place}: not UTF-8 text ({error.reason})") from error
        if not fields[0]:
            raise WordVectorError(f"{place}: expected a word and its numbers, found {line[:40]!r}")
        if number == 1 and len(fields) == 2 and all(field.isdigit() for field in fields):
            continue  # word2vec's text form opens with its counts
        word, values = _split(fields, size, place)
        if word in missing:
            missing.remove(word)
            yield word, [_number(value, place) for value in values]


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            start = file.peek(4)[:4]
            if start == b"PK\x03\x04":
                raise WordVectorError(f"{path}: a zip archive; unpack it, and give the file in it")
            yield from gzip.GzipFile(fileobj=file) if start[:2] == b"\x1f\x8b" else file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WordVectorError(f"{path}: damaged, gzip cannot unpack it ({error})") from error
    except OSError as error:
        raise WordVectorError(
            f"{path}: {error.strerror or error}; model.encoder.vectors is a file with a word and "
            "its numbers a line, or null"
        ) from error


def _split(fields: list[str], size: int, place: str) -> tuple[str, list[str]]:
    """Return a line's word, which may hold spaces (`. . .` in GloVe's 840B), and its E numbers."""
    parts, values = fields[:-size], fields[-size:]
    # A number before the last E is no part of a word: the vector is longer.
    if not parts or "" in parts or any(_is_number(part) for part in parts[1:]):
        raise WordVectorError(
            f"{place}: expected a word and {size} numbers, as model.encoder.embedding_size "
            f"says, found {len(fields) - 1}; set it to the file's, or give another file"
        )
    return " ".join(parts), values


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _number(value: str, place: str) -> float:
    number = float(value) if _is_number(value) else math.nan
    if not math.isfinite(number):
        raise WordVectorError(f"{place}: expected a finite number, found {value!r}")
    if abs(number) > torch.finfo(torch.float32).max:
        raise WordVectorError(f"{place}: {value} is too large for a weight of 32 bits")
    return number
