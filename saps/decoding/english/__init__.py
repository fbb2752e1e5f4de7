"""Free English, brought half-way to the English that a model has read."""

from saps.decoding.english.reading import Reading, read_english
from saps.decoding.english.vocabulary import Vocabulary

__all__ = ["Reading", "Vocabulary", "read_english"]
