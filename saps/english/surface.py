"""What stands around a request: comment marks, signatures, sections, labels, bullets.

People paste a request as it stands in their editor, on an exercise sheet or in a ticket. What is
said there for certain (names and types of a signature) is kept beside the text; marks and labels,
which say nothing of the task, go.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from saps.english.vocabulary import word_list, word_set

_COMMENT: Final = re.compile(
    r"^[ \t]*(?://+|/\*+|\*+/|<!--|--(?=\s)|;;+|#+(?=[\s!A-Za-z]|$)|%+(?=\s))[ \t]*"
)
_COMMENT_END: Final = re.compile(r"[ \t]*(?:\*+/|-->)[ \t]*$")
_QUOTES: Final = re.compile(r'[rf]?"""|[rf]?\'\'\'|```\w*')
_BULLET: Final = re.compile(
    r"^\s*(?:(?:step\s*)?\(?(?:\d{1,2}|[a-h])[.):](?=\s)|step \w+\s*[:.,-]|[-*•–]\s)\s*",
    re.IGNORECASE,
)
# "Exercise 4b.", "Ex. 1.7:", "(2 points)", "Task 5:", "SHOP-231:", "TODO:"
_LABEL: Final = re.compile(
    r"^\s*(?:\(?\d+ (?:points?|pts|marks?)\)?\s*[:.)-]*|"
    r"(?:(?:exercise|ex|problem|question|lab|sheet|homework|hw|part|assignment|puzzle|kata|task|bug|"
    r"ticket|issue|feature|story|q|no|nr)s?\b[\s.]*"
    r"(?:sheet |set |week |no\.? |nr\.? |question |problem |#)*"
    r"[\d.]+(?: ?[a-z]\b)?"
    r"(?:\s*,?\s*(?:question|problem|part|task|exercise)\s*(?:[\d.]+[a-z]?|[a-h]\b))?"
    r"\s*(?:\([^()]{1,12}\))?\s*(?:[:.)-]+|$)|"
    r"[A-Z]{2,10}-\d+\s*[:.)-]*|(?:todo|fixme|note|hint|aufgabe)\b\s*[:.-]))\s*",
    re.IGNORECASE,
)
_DOCTEST: Final = re.compile(r"^\s*(?:>>>|In \[\d+\]:)")
_SECTION: Final = re.compile(
    r"^\s*(?P<name>args|arguments|parameters|params|inputs?|returns?|outputs?|raises|examples?)"
    r"\s*:?\s*$",
    re.IGNORECASE,
)
_UNDERLINE: Final = re.compile(r"^\s*[-=~]{3,}\s*$")
_FIELD: Final = re.compile(
    r"^\s*[:@](?:param(?:eter)?|arg(?:ument)?)\s+(?:\{(?P<brace>[^}]*)\}\s+)?"
    r"(?:(?P<type>[\w\[\], ]+?)\s+)?(?P<name>[A-Za-z_]\w*)\s*[:\s-]\s*(?P<rest>.*)$"
)
_TYPE_FIELD: Final = re.compile(r"^\s*:(?P<what>type|rtype)\s*(?P<name>\w*)\s*:\s*(?P<type>.+)$")
_RETURN_FIELD: Final = re.compile(r"^\s*[:@]returns?:?\s*(?P<rest>.*)$")
_PARAMETER: Final = re.compile(
    r"^\s*[`*]{0,2}(?P<name>[A-Za-z_]\w*)[`*]{0,2}\s*(?:\((?P<inside>[^()]+)\))?\s*"
    r"(?::|--|-)\s*(?P<rest>.*)$"
)
_DEF: Final = re.compile(
    r"(?P<word>\b(?:def|function|fn|func|fun|proc|sub|lambda)\b)\s*(?P<name>[A-Za-z_]\w*)?\s*"
    r"\((?P<inside>[^()]*)\)[ \t]*"
    r"(?:(?P<sign>->|:|=>)[ \t]*(?P<returns>[A-Za-z][\w\[\], <>|.]*?))?[ \t]*(?P<end>[:{;]|=>|$)",
    re.MULTILINE,
)
_CALL: Final = re.compile(
    r"^[ \t]*(?P<returns>[A-Za-z]\w*(?:\[\]|<[\w<>, ]{1,40}>)?[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*"
    r"\((?P<inside>[^()\n]{1,200})\)[ \t]*(?:->[ \t]*(?P<result>[\w\[\], <>]{1,40}?))?[ \t]*"
    r"(?P<end>[:{-]|//|#|–|=(?![=>])|$)",
    re.MULTILINE,
)
_EMPTY_NAMES: Final = word_set(
    "f g h fn func function foo bar solve solution main program my_function do_it run compute "
    "answer task"
)
_DROPPED_LINES: Final = re.compile(r"^\s*(?:pass|\.\.\.|return|\}|\{|end)\s*;?\s*$")

_ELEMENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(word_list("int integer number num long i32 i64 u32 usize numeric"), "int"),
    **dict.fromkeys(word_list("float double real decimal f32 f64"), "float"),
    **dict.fromkeys(word_list("str string text word char character name sentence"), "string"),
    **dict.fromkeys(word_list("bool boolean flag"), "bool"),
}
_PLURALS: Final[Mapping[str, str]] = {
    **dict.fromkeys(word_list("ints integers numbers"), "int"),
    **dict.fromkeys(word_list("floats doubles reals decimals"), "float"),
    **dict.fromkeys(word_list("strs strings texts words chars characters names"), "string"),
    **dict.fromkeys(word_list("bools booleans flags"), "bool"),
}
_LISTS: Final = r"(?:list|array|vec|vector|sequence|iterable|seq|tuple|set|collection)s?"
_GENERIC: Final = re.compile(
    rf"{_LISTS}\s*(?:\[(?P<square>.+)\]|<(?P<angle>.+)>|\((?P<round>.+)\))$"
)
_OF: Final = re.compile(
    rf"(?:an? |the |some )?(?:non-?empty |sorted |given )*{_LISTS} of (?:the )?(?P<element>.+)$"
)


def read_type(spelled: str) -> str | None:
    """Return the type that other languages or English spell so; None where it is none of ours.

    "list[int]", "Vec<i32>", "number[]", "List of strings" and "list of lists of integers" are
    known.
    """
    text = (
        " ".join(spelled.strip().strip("`").lower().split())
        .removeprefix("typing.")
        .removesuffix("?")
    )
    text = re.sub(r",? ?(?:optional|default.*)$", "", text).strip()
    text = re.sub(r"^(?:an? |the )?(?:(?:whole|natural|positive|non-?negative|single) )*", "", text)
    if text in _ELEMENTS:
        return _ELEMENTS[text]
    for pattern in (_GENERIC, _OF):
        if found := pattern.match(text):
            inside = next(part for part in found.groupdict().values() if part)
            element = read_type(inside.removesuffix(", ...")) or _plural(inside)
            return f"{element}[]" if element else None
    if text.endswith("[]") or (text.startswith("[") and text.endswith("]")):
        element = read_type(text.removesuffix("[]") if text.endswith("[]") else text[1:-1])
        return f"{element}[]" if element else None
    return None


def _plural(text: str) -> str | None:
    found = _OF.match(text)
    if found:
        element = _plural(found["element"])
        return f"{element}[]" if element else None
    word = re.sub(
        r"^(?:(?:whole|natural|positive|negative|distinct|different) )+", "", text
    ).rstrip(".")
    return _PLURALS.get(word)


@dataclass(slots=True)
class Surface:
    """A request without what stands around it.

    Attributes:
        text: the request, its lines parted by full stops.
        arguments: name to type of what a signature or a section declares; the type is None where
            it is not said.
        returns: the type of the result, where it is said.
        changes: what was left out or written otherwise, and what stands there now.
    """

    text: str
    arguments: dict[str, str | None] = field(default_factory=dict)
    returns: str | None = None
    changes: list[tuple[str, str]] = field(default_factory=list)


def read_surface(text: str) -> Surface:
    """Take marks, labels, signatures and sections off a request."""
    surface = Surface(text)
    lines = [line for line in text.splitlines() if line.strip()]
    lines = [_COMMENT_END.sub("", _COMMENT.sub("", line)) for line in lines]
    whole = _QUOTES.sub(" ", "\n".join(lines))
    whole = _DEF.sub(lambda match: _signature(match, surface), whole)
    whole = _CALL.sub(lambda match: _call(match, surface), whole)
    bare = [_COMMENT.sub("", line) for line in whole.split("\n")]  # "def f(xs):  # the sum"
    kept = list(_without_sections(_without_doctests(bare), surface))
    if kept:
        kept[0] = _without_labels(kept[0], surface)
    surface.text = _joined(kept)
    return surface


def _without_labels(line: str, surface: Surface) -> str:
    while (label := _LABEL.match(line)) and label.end() < len(line):
        surface.changes.append((label[0].strip(), ""))
        line = line[label.end() :]
    return line


def _without_doctests(lines: list[str]) -> Iterator[str]:
    shown = False
    for line in lines:
        if _DOCTEST.match(line):
            shown = True
        elif shown and line.strip():
            shown = False  # what the call above gives
        elif line.strip() and not _DROPPED_LINES.match(line):
            yield line


def _without_sections(lines: Iterator[str], surface: Surface) -> Iterator[str]:
    section = ""
    for line in lines:
        if named := _SECTION.match(line):
            section = named["name"].lower()
        elif _UNDERLINE.match(line) or section.startswith(("raise", "example")):
            continue
        elif section.startswith(("arg", "par", "input")) and (found := _PARAMETER.match(line)):
            spelled, rest = _type_and_rest(found["rest"])
            _declare(surface, found["name"], found["inside"] or spelled)
            yield f"{found['name']} is {rest}" if rest else ""
        elif section.startswith(("return", "output")):
            head, _, rest = line.strip().partition(":")
            if kind := read_type(head):
                surface.returns = surface.returns or kind
                line = rest
            yield f"return {line.strip()}" if line.strip() else ""
        else:
            yield _without_field(line, surface)


def _type_and_rest(said: str) -> tuple[str, str]:
    """Part "int, at least 1" into its type and the rest; without a type, all is rest."""
    kind, sign, rest = re.match(r"([^,;(]*)([,;(]?)\s*(.*)", said, re.DOTALL).groups()  # type: ignore[union-attr]
    if read_type(said):
        return said, ""
    return (
        (kind, rest.removesuffix(")") if sign == "(" else rest) if read_type(kind) else ("", said)
    )


def _without_field(line: str, surface: Surface) -> str:
    """Take the type off a line that declares: ":param int k: a bound", "xs (list[int]): ..."."""
    if typed := _TYPE_FIELD.match(line):
        _declare(surface, typed["name"] if typed["what"] == "type" else None, typed["type"])
        return ""
    if found := _FIELD.match(line):
        _declare(surface, found["name"], found["brace"] or found["type"])
        return f"{found['name']} is {found['rest']}" if found["rest"] else ""
    if found := _RETURN_FIELD.match(line):
        return f"return {found['rest']}"
    found = _PARAMETER.match(line)
    kind = read_type(found["inside"] or found["rest"]) if found else None
    if found and kind:
        surface.arguments.setdefault(found["name"], kind)
        return f"{found['name']} is {found['rest']}"
    return line


def _declare(surface: Surface, name: str | None, spelled: str | None) -> None:
    kind = read_type(spelled) if spelled else None
    if name is None:
        surface.returns = surface.returns or kind
    elif surface.arguments.get(name) is None:
        surface.arguments[name] = kind


def _signature(match: re.Match[str], surface: Surface) -> str:
    if match["name"] is None and match["word"] not in ("function", "lambda", "fn"):
        return match[0]
    for name, kind in _parameters(match["inside"]):
        surface.arguments.setdefault(name, kind)
    kind = read_type(match["returns"] or "")
    surface.returns = surface.returns or kind
    # "def f(xs): the largest" says what it does where "function f(xs): number" has a type.
    rest = "" if kind or match["sign"] == "->" else match["returns"] or ""
    surface.changes.append((match[0].strip().removesuffix(rest).strip(), "a signature"))
    return f"{_said(match['name'])}\n{rest}"


def _call(match: re.Match[str], surface: Surface) -> str:
    """Read `max_of(int[] xs)` at the start of a line; a call of plain names has types for some."""
    parameters = list(_parameters(match["inside"]))
    is_typed, end = any(kind for _, kind in parameters), match["end"]
    is_named = end == "=" or ("_" in match["name"] and end in ("//", "#", "-", "–", ":"))
    if not parameters or not (is_typed or is_named):
        return match[0]
    for name, kind in parameters:
        surface.arguments.setdefault(name, kind)
    surface.returns = surface.returns or read_type(match["result"] or match["returns"] or "")
    surface.changes.append((match[0].strip(), "a signature"))
    return f"{_said(match['name'])}\n"


def _parameters(inside: str) -> Iterator[tuple[str, str | None]]:
    for part in re.split(r",(?![^\[<(]*[\]>)])", inside):
        part = part.partition("=")[0].strip()
        name, colon, kind = part.partition(":")
        if not colon and " " in part:  # "int[] xs"
            kind, _, name = part.rpartition(" ")
        name = name.strip().lstrip("*&")
        if re.fullmatch(r"[A-Za-z_]\w*", name) and name not in ("self", "cls"):
            yield name, read_type(kind) if kind.strip() else None


def _said(name: str | None) -> str:
    """Return the words of a function's name; "count_above" says what it does, `f` nothing."""
    if name is None or name.lower() in _EMPTY_NAMES or len(name) < 3:
        return ""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").strip()
    return f"{spaced}:"


def _joined(lines: list[str]) -> str:
    """Return lines as one text; a line, or a point of a list, is a sentence."""
    text = ""
    for line in lines:
        bare = _BULLET.sub("", line).strip()
        is_point = bare != line.strip()
        if not bare:
            continue
        glue = " "
        if text and text[-1] not in ".:;,?!":
            glue = " . " if is_point or bare[0].isupper() else " "
        text = f"{text}{glue}{bare}" if text else bare
    return text
