"""Free English, brought half-way to the English that a model has read."""

from saps.decoding.english.reading import Reading, Vocabulary, read_english

__all__ = ["Reading", "Vocabulary", "read_english"]
