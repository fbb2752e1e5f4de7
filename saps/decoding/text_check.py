"""What no text of a specification may be, whatever the model; needs neither a model nor torch."""

import re
from typing import Final

from saps.data.tokenizer import normalise_typing
from saps.decoding.synthesis import SynthesisError

MAX_TOKENS: Final = 400
"""The longest published text has 164 tokens; far beyond that a specification is a mistake."""

LONGEST_WORD: Final = 100
"""Letters of a word, names included: the network would read more of them letter by letter."""

NO_WORD: Final = "the specification has no word in it: say in English what the program should do"

_SHOWN: Final = 30


def check_text(text: str) -> None:
    """Refuse what is no specification.

    Raises:
        SynthesisError: the text has no word, or too many, or one that is too long.
    """
    tokens = normalise_typing(text).split()
    if not any(token.isalnum() for token in tokens):
        raise SynthesisError(NO_WORD, text)
    if len(tokens) > MAX_TOKENS:
        raise SynthesisError(
            f"the specification has {len(tokens)} words, at most {MAX_TOKENS} are read: "
            "describe one task",
            text,
        )
    longest = max(re.findall(r"\w+", text), key=len, default="")
    if len(longest) > LONGEST_WORD:
        raise SynthesisError(
            f"the word '{longest[:_SHOWN]}...' has {len(longest)} letters, words of at most "
            f"{LONGEST_WORD} are read: give a value as an input or in an example, and a name in "
            "the text",
            text,
        )
