"""What of a request is code, a formula or SQL: "xs.map(x => x + 1)", "3x² - 5".

English has words such as "in", "and" and "or", hyphens, and names in brackets. So a text is code as
a whole, its comments apart, and what may be English by chance is told from what may not.
`grammar/code.lark` has the syntax of both.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lark import Tree

from saps.synthesis.sql_texts import parsed, select_types, sql_as_code

_LONGEST: Final = 300
_COMMENT: Final = re.compile(r"\s+(?:#|//|--|/\*|<-)(?=\s|\*)")
_BEGINNING: Final = re.compile(
    r"\s*(?:def \w+\([^)]*\)[^:]*:\s*)?(?:return\b|(?:(?:const|let|var)\s+)?\w*\s*=(?![=>]))?\s*"
)
_BESIDE: Final = re.compile(r"[,;]\s|\s(?:\(|->?\s|please|but|for (?:each|every) )|\s{2}|\n")
_PLAINLY_CODE: Final = frozenset({"comprehension", "arrow", "if_then", "part", "spread"})
"""Parts that no English sentence has by chance."""

# A formula, and what people write before it: "compute", "f(x) =".
_FORMULA: Final = re.compile(
    r"(?:(?:please )?(?:compute|calculate|evaluate|work out|find|give me|return|what is|formula)"
    r"\b:?\s+(?:the value of\s+)?)?(?:(?:\w+\s*(?:\([\w\s,]*\)\s*)?)?=(?!=)\s*)?"
    r"(?P<formula>[\w\s.,+*/^()%<>=!π·×÷−⁰¹²³⁴-⁹-]+?)[\s.?]*",
    re.IGNORECASE,
)
_SIGNS: Final = str.maketrans({"·": "*", "×": "*", "÷": "/", "−": "-", "^": "**"})
_PI: Final = re.compile(r"(?<![A-Za-z_])pi\b|π")
_RAISED: Final = re.compile(r"[⁰¹²³⁴-⁹]+")
# "3x", "2(x + 1)", "(x + 1)(x - 1)", "n(n + 1)": beside each other means times.
_TIMES: Final = re.compile(
    r"(?<![\w.])\d+(?:\.\d+)?(?=[A-Za-z(])|(?<![\w.])[A-Za-z](?=\()|\)(?=[A-Za-z0-9(])"
)
_OPERATIONS: Final = frozenset(
    ["add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "comparison"]
)
_OPERANDS: Final = frozenset({"name", "number", "negative", "comparator", "call"})
_WORDED: Final = frozenset({"add", "subtract", "divide"})  # "sort + reverse", "read-only"


@dataclass(frozen=True, slots=True)
class CodePart:
    """What of a text is code.

    Attributes:
        tree: as `grammar/code.lark` parses it.
        beside: what is said beside it; often nothing.
        is_plain: whether no English sentence is written so.
        is_formula: whether it is arithmetic alone, as people write it by hand.
        arrays: names that can be nothing else.
    """

    tree: Any
    beside: str
    is_plain: bool
    is_formula: bool = False
    arrays: frozenset[str] = frozenset()


def parts_in_code(text: str, arguments: Mapping[str, str] | None = None) -> Iterator[CodePart]:
    """Yield ways to read a text, as it was typed, as code; none where it is not code.

    Args:
        text: of a request.
        arguments: name to type; None where the text may have any.
    """
    if len(text) <= _LONGEST:
        code, arrays = sql_as_code(text, arguments)
        if (tree := parsed("code", code)) is not None:
            yield CodePart(tree, "", is_plain=True, arrays=arrays)
        formula = _FORMULA.fullmatch(text.strip())
        if formula is not None and formula["formula"].lower() != "n/a":
            tree = parsed("code", _as_code(formula["formula"]))
            if _is_formula(tree):
                yield CodePart(tree, "", is_plain=True, is_formula=True)
    is_of_sheet = text.lstrip().startswith("=")
    for code, beside in _candidates(text[:_LONGEST]):
        if (tree := parsed("code", code)) is not None:
            is_plain = is_of_sheet or any(map(_is_plainly_code, tree.iter_subtrees()))
            yield CodePart(tree, beside, is_plain)


def types_in_code(text: str) -> dict[str, str]:
    """Return the types of the names in a formula or a SELECT; none where a text is neither."""
    part = next(parts_in_code(text), None)
    if part is None or not (part.is_formula or part.arrays):
        return {}
    return dict.fromkeys(_names_in(part.tree), "int") if part.is_formula else select_types(text)


def _names_in(formula: Any) -> list[str]:
    """Return the names of a formula, those of functions apart, in their order, each once."""
    parts = list(formula.iter_subtrees_topdown())
    called = [part.children[0] for part in parts if part.data == "call"]
    names = [part for part in parts if part.data == "name" and part not in called]
    return list(dict.fromkeys(str(part.children[0]) for part in names))


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    """Yield what of a text may be code, and what is said beside it, comments apart."""
    codes = []
    comments = [match.start() for match in _COMMENT.finditer(text)]
    for said in (text, *(text[:start] for start in reversed(comments))):
        begins = _BEGINNING.match(said)
        codes.append(said[begins.end() if begins else 0 :].strip(" \n\t;."))
        yield codes[-1], ""
    for match in _BESIDE.finditer(codes[-1]):
        yield codes[-1][: match.start()], codes[-1][match.start() :]


def _is_plainly_code(part: Any) -> bool:
    return part.data in _PLAINLY_CODE or (
        part.data == "call" and part.children[0].data == "attribute"
    )


def _as_code(formula: str) -> str:
    """Return a formula as code has it: "3x² - 5" as "3*x**2 - 5"."""
    raised = _RAISED.sub(lambda match: "^" + unicodedata.normalize("NFKC", match[0]), formula)
    return _TIMES.sub(r"\g<0>*", _PI.sub(f"({math.pi})", raised)).translate(_SIGNS)


def _is_formula(tree: Any) -> bool:
    """Whether it is arithmetic of names and numbers, and of more than two words and a hyphen."""
    if not isinstance(tree, Tree):
        return False
    parts = list(tree.iter_subtrees())
    operations = {str(part.data) for part in parts} & _OPERATIONS
    names = _names_in(tree)
    are_letters = all(len(name) == 1 or name[1:].isdigit() for name in names)
    others = {str(part.data) for part in parts} - _OPERATIONS - _OPERANDS
    return bool(operations and names) and not others and (are_letters or not operations <= _WORDED)
