"""English text to SentencePiece pieces.

Free typing is brought to the form of the data first: lower case, words and numbers and single
punctuation marks separated by one space.
"""

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import sentencepiece

PAD_ID = 0
UNKNOWN_ID = 1

# SentencePiece's sign for the space before a word.
_WORD_START = "\u2581"

# Marks of pasted mathematics and typography that the data's texts do not have.
QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
_TYPOGRAPHY = str.maketrans({"$": " ", "\\": " ", "_": " "}) | QUOTES


_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\s`]")


class TokenizerError(ValueError):
    """A tokenizer cannot be trained or loaded; the message says which and why."""


def normalise_text(text: str) -> str:
    """Return the text in the data's form: lower case, tokens joined by single spaces.

    Words and numbers are tokens, each punctuation mark is one, backquotes vanish.
    """
    return " ".join(_TOKEN.findall(text.lower()))


def normalise_typing(text: str) -> str:
    """Bring what a person typed to the form of the data.

    "Given an array `A`, find $A+B$" becomes "given an array a , find a + b".
    """
    # Half a surrogate pair, as broken input may hold, becomes a question mark.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return normalise_text(unicodedata.normalize("NFKC", whole).translate(_TYPOGRAPHY))


class Tokenizer:
    """A SentencePiece model and the normalisation that goes before it.

    Source: Kudo & Richardson 2018 (SentencePiece); Sennrich, Haddow & Birch 2016 (byte pairs: with
    a few hundred words, nearly every word becomes one piece).
    """

    def __init__(self, model_proto: bytes) -> None:
        """Take a serialised SentencePiece model.

        Raises:
            TokenizerError: the bytes are no SentencePiece model, or its padding id is not 0.
        """
        self.model_proto = model_proto
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=model_proto)
        except (RuntimeError, OSError) as error:
            raise TokenizerError(f"not a SentencePiece model: {error}") from error
        if self._processor.pad_id() != PAD_ID or self._processor.unk_id() != UNKNOWN_ID:
            raise TokenizerError(
                f"the tokenizer's padding and unknown ids are {self._processor.pad_id()} and "
                f"{self._processor.unk_id()}, expected {PAD_ID} and {UNKNOWN_ID}"
            )

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary_size: int) -> "Tokenizer":
        """Learn the pieces from training texts.

        Args:
            texts: training texts only; they are normalised here.
            vocabulary_size: the most pieces to keep; fewer when the texts hold fewer.

        Raises:
            TokenizerError: there is no text to learn from, or fewer pieces than letters.
        """
        # SentencePiece looks at each distinct word with its count, so the order of texts is free.
        sentences = [text for text in map(normalise_typing, texts) if text]
        if not sentences:
            raise TokenizerError("no text to train the tokenizer on: the training split is empty")
        proto = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=proto,
                model_type="bpe",
                vocab_size=vocabulary_size,
                hard_vocab_limit=False,
                character_coverage=1.0,
                required_chars="abcdefghijklmnopqrstuvwxyz0123456789",
                split_digits=True,
                normalization_rule_name="identity",
                pad_id=PAD_ID,
                unk_id=UNKNOWN_ID,
                bos_id=-1,
                eos_id=-1,
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            raise TokenizerError(
                f"SentencePiece could not learn {vocabulary_size} pieces: {error}"
            ) from error
        return cls(proto.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read a tokenizer that `save` wrote.

        Raises:
            TokenizerError: the file is missing or is no SentencePiece model.
        """
        try:
            return cls(path.read_bytes())
        except OSError as error:
            raise TokenizerError(f"{path}: {error.strerror or error}") from error
        except TokenizerError as error:
            raise TokenizerError(f"{path}: {error}") from error

    def save(self, path: Path) -> None:
        path.write_bytes(self.model_proto)

    def __len__(self) -> int:
        return int(self._processor.get_piece_size())

    def encode(self, text: str) -> list[int]:
        """Return the ids of the pieces of the normalised text; unknown pieces are `UNKNOWN_ID`."""
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` for many texts at once, in order."""
        ids: list[list[int]] = self._processor.encode(
            [normalise_typing(text) for text in texts], out_type=int, num_threads=1
        )
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Return the normalised text that has these pieces; unknown ones show as U+2047."""
        text: str = self._processor.decode(list(ids))
        return text.strip()

    def whole_words(self) -> frozenset[str]:
        """Return the words that are one piece: with enough pieces, nearly all of the training's."""
        pieces = self.all_pieces()
        return frozenset(p.removeprefix(_WORD_START) for p in pieces if p[0] == _WORD_START) - {""}

    def all_pieces(self) -> list[str]:
        """Return the pieces by id; a word starts with the mark U+2581."""
        pieces: list[str] = self._processor.id_to_piece(list(range(len(self))))
        return pieces

    def ids_of(self, piece: str) -> list[int]:
        """Return the ids of the pieces that make up another tokenizer's piece, or are it.

        Empty where a part of it is unknown here.
        """
        own = self._processor.piece_to_id(piece)
        if own != UNKNOWN_ID or piece == self._processor.id_to_piece(UNKNOWN_ID):
            return [own]
        text = piece.removeprefix(_WORD_START)
        ids: list[int] = self._processor.encode(text, out_type=int) if text else []
        if not piece.startswith(_WORD_START) and ids:
            # Only a word's start can be encoded; the mark of it, if it is a piece, goes.
            mark = self._processor.piece_to_id(_WORD_START)
            ids = ids[1:] if ids[0] == mark else ids
        return [] if UNKNOWN_ID in ids else ids

    def pieces(self, text: str) -> list[str]:
        """Return the pieces as text, for display; a word starts with the mark U+2581."""
        pieces: list[str] = self._processor.encode(normalise_typing(text), out_type=str)
        return pieces

    def starts_word(self) -> list[bool]:
        """Tell of each piece, by id, whether a word starts with it."""
        return [piece.startswith(_WORD_START) for piece in self.all_pieces()]

    def whole_word_id(self, word: str) -> int | None:
        """Return the id of the piece that is exactly this word, or None if it is cut up."""
        ids = self.encode(word)
        return ids[0] if len(ids) == 1 and ids[0] != UNKNOWN_ID else None
