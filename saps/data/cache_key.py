"""The key of a cached encoding: the data, the vocabularies and the code that made it."""

import functools
import hashlib
import importlib
import inspect

import sentencepiece

ENCODING_VERSION = 1
"""Raised by hand when what is encoded changes in a way that the modules below do not show."""

# What a file of tasks passes through on its way to arrays.
_MODULES = (
    "saps.data.algolisp",
    "saps.data.batching",
    "saps.data.encoded_split",
    "saps.data.example",
    "saps.data.generator.readings",
    "saps.data.paraphrase",
    "saps.data.retelling.pattern",
    "saps.data.retelling.quota",
    "saps.data.retelling.reteller",
    "saps.data.retelling.speaker",
    "saps.data.retelling.table",
    "saps.data.rewording",
    "saps.data.symbols",
    "saps.data.tokenizer",
    "saps.lang.node",
    "saps.lang.parser",
)


def cache_key(*parts: object) -> str:
    """Return a hash, in hexadecimal digits, of the parts' text and of the code's version."""
    digest = hashlib.blake2b(digest_size=32)
    for part in (*parts, code_version()):
        content = part if isinstance(part, bytes) else str(part).encode()
        # With its length ahead, no part can pass for the end of the one before it.
        digest.update(b"%d:%b" % (len(content), content))
    return digest.hexdigest()


@functools.cache
def code_version() -> str:
    """Name the version of the code that encodes: by hand, by its source, by its library."""
    source = hashlib.blake2b(digest_size=16)
    for name in _MODULES:
        source.update(inspect.getsource(importlib.import_module(name)).encode())
    return f"{ENCODING_VERSION}-{source.hexdigest()}-{sentencepiece.__version__}"
