"""Tasks: what one is, how files of them are read and written, how new ones are made."""

from saps.data.algolisp import DataError, load_split, read_examples, scan_examples, write_examples
from saps.data.example import Example, Test, normalise_text

__all__ = [
    "DataError",
    "Example",
    "Test",
    "load_split",
    "normalise_text",
    "read_examples",
    "scan_examples",
    "write_examples",
]
