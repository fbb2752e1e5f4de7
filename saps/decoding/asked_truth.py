"""Whether a text asks for a truth value: "is n even", "check if the list contains 5"."""

import re
from typing import Final

_QUESTION: Final = re.compile(
    r"^(?:please |can you |i want to know |your task is to |then |and )?(?:"
    r"(?:is|are|does|did|was|were) |do (?:all|any|both|they|some|most) |"
    r"can (?!you |we |i )|whether |return (?:whether|true if|true when) |"
    r"(?:find|compute|check|test|tell|tell me|determine|decide|see|say|find out) (?:if|whether) |"
    r"check that )"
)
# What makes a choice of the question, or asks for something else besides.
_MORE: Final = re.compile(
    r"\b(?:otherwise|else|if so|if not|if it is|if they are|how|what|who|at which|by which|"
    r"in which|^which|then return|and return|and find)\b"
)
_REQUEST: Final = re.compile(
    r"^(?:find|return|compute|give|get|count|print|output|list|calculate)\b"
)


def asks_for_truth(text: str) -> bool:
    """Tell whether a text that was read asks for true or false, and for nothing else.

    A text in doubt does not: a search with the wrong type of result can not be right.

    Args:
        text: words and marks between spaces, as the model reads them.
    """
    clauses = [clause.strip() for clause in re.split(r"[,.;:?!]", text.lower())]
    asked = [number for number, clause in enumerate(clauses) if _QUESTION.match(f"{clause} ")]
    if not asked or any(_MORE.search(clause) for clause in clauses):
        return False
    return not any(_REQUEST.match(clause) for clause in clauses[asked[0] + 1 :])
