"""Writes Python syntax trees as text that people read.

`ast.unparse` says each statement on one line; what is too long is then broken at its brackets, the
outermost first, by the rules that the usual formatters have.
"""

import ast
import re
from functools import lru_cache
from itertools import repeat
from typing import Final

MAX_COLUMNS: Final = 88
_INDENT: Final = "    "
_TOKEN: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\w.]+|\s+|\*\*|.", re.DOTALL)
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_OPERAND: Final = re.compile(r"[\w.]+")
# What to break at outside of all brackets, if there is any: what binds loosest comes first.
_BREAKS: Final = (
    re.compile(r" (?=for )"),
    re.compile(r" (?=(?:if|else) )"),
    re.compile(r" (?=or )"),
    re.compile(r" (?=and )"),
    re.compile(r" (?=(?:[<>]=?|[!=]=|in|not in) )"),
    re.compile(r" (?=\| )"),
    re.compile(r" (?=& )"),
    re.compile(r" (?=[-+] )"),
    re.compile(r" (?=(?:\*|//?|%) )"),
)
_STATEMENT: Final = re.compile(r"(return |if |for \w+ in |\w+ (?:[-+*]?=) )(.*?)(:?)", re.DOTALL)


def written(statements: list[ast.stmt], depth: int = 0, *, in_function: bool = False) -> str:
    """The source of statements, each with a line break; an inner function stands apart."""
    text, space = "", _INDENT * depth
    is_apart = in_function or not depth
    for number, statement in enumerate(statements):
        if isinstance(statement, ast.FunctionDef):
            body = written(statement.body, depth + 1, in_function=True)
            text += f"{'' if is_apart else chr(10)}{space}{_head(statement)}\n{body}"
            text += "\n" if number + 1 < len(statements) else ""
            is_apart = True
            continue
        is_apart = False
        if isinstance(statement, ast.If | ast.For):
            text += f"{_broken(_head(statement), depth)}\n{written(statement.body, depth + 1)}"
            if statement.orelse:
                text += f"{space}else:\n{written(statement.orelse, depth + 1)}"
        else:
            text += _broken(_tidy(ast.unparse(statement)), depth) + "\n"
    return text


def _head(statement: ast.FunctionDef | ast.If | ast.For) -> str:
    """The line that ends in a colon."""
    if isinstance(statement, ast.FunctionDef):
        returns = "" if statement.returns is None else f" -> {ast.unparse(statement.returns)}"
        return f"def {statement.name}({ast.unparse(statement.args)}){returns}:"
    if isinstance(statement, ast.If):
        return f"if {_tidy(ast.unparse(statement.test))}:"
    return f"for {ast.unparse(statement.target)} in {_tidy(ast.unparse(statement.iter))}:"


def _tidy(text: str) -> str:
    """The same code with double quotes, `x**2` as it is usual, and no brackets twice."""
    if not re.search(r"'|\*\*|\(\(|\[[^\]]*:", text):
        return text
    tokens = _TOKEN.findall(text)
    for i, piece in enumerate(tokens):
        if piece[:1] == "'" and '"' not in piece:
            tokens[i] = '"' + piece[1:-1].replace("\\'", "'") + '"'
        elif piece == "**" and 0 < i < len(tokens) - 2:
            operands = tokens[i - 2], tokens[i + 2]
            if all(map(_OPERAND.fullmatch, operands)) and tokens[i + 3 : i + 4] != ["("]:
                tokens[i - 1] = tokens[i + 1] = ""
    for start, end in _pairs(tokens):
        inside = "".join(tokens[start + 1 : end])
        visible = _outside(inside)
        # A generator that is the only argument of a call has the brackets of the call.
        around = [*tokens[max(start - 1, 0) : start + 1], *tokens[end + 1 : end + 2]]
        is_argument = around == ["(", "(", ")"] and start > 1 and " for " in visible
        if is_argument and re.fullmatch(r"[\w.]+|\)|\]", tokens[start - 2]):
            tokens[start] = tokens[end] = ""
        if tokens[start] == "[" and visible.count(":") == 1:
            # `a[: n // 2]`: room around the colon if a bound is more than a name.
            before, after = inside[: visible.index(":")], inside[visible.index(":") + 1 :]
            if not all(re.fullmatch(r"-?\w*", bound) for bound in (before, after)):
                spaced = f"{before}{' ' * bool(before)}:{' ' * bool(after)}{after}"
                tokens[start + 1 : end] = [spaced, *[""] * (end - start - 2)]
    return "".join(tokens)


def _pairs(tokens: list[str]) -> list[tuple[int, int]]:
    """Where brackets open and close, inner ones first."""
    opened: list[int] = []
    pairs = []
    for i, token in enumerate(tokens):
        if token in _OPENING:
            opened.append(i)
        elif token in _CLOSING:
            pairs.append((opened.pop(), i))
    return pairs


@lru_cache(maxsize=1_024)
def _outside(text: str) -> str:
    """The text with all that is in brackets or quotes blanked out."""
    level, visible = 0, ""
    for token in _TOKEN.findall(text):
        level -= token in _CLOSING
        visible += "\0" * len(token) if level or token[0] in "\"'" else token
        level += token in _OPENING
    return visible


def _broken(text: str, depth: int, comma: str = "") -> str:
    """A statement, or a part of one, over as many lines as it needs."""
    space = _INDENT * depth
    if len(space) + len(text) + len(comma) <= MAX_COLUMNS:
        return f"{space}{text}{comma}"
    statement = _STATEMENT.fullmatch(text)
    if statement and _needs_brackets(statement[2]):
        text = f"{statement[1]}({statement[2]}){statement[3]}"
    parts = (
        [] if statement else next(filter(None, map(_splits, repeat(text), range(len(_BREAKS)))), [])
    )
    if parts:
        return "\n".join([_broken(part, depth) for part in parts]) + comma
    start = end = 0
    for match in re.finditer(r"[(\[{](\0+)[)\]}]", _outside(text)):
        # The last brackets that have something in them; not `[0]` behind something long.
        if match.end(1) - match.start(1) >= min(end - start, 10):
            start, end = match.span(1)
    if not end:
        return f"{space}{text}{comma}"
    inside, inner = text[start:end], _INDENT * (depth + 1)
    if len(inner) + len(inside) <= MAX_COLUMNS:
        body = f"{inner}{inside}"
    else:
        # The colon of a lambda has commas before it that are none of the list's.
        visible = re.sub(r"lambda [\w, ]*:", lambda match: "." * len(match[0]), _outside(inside))
        arguments = _cut(inside, [match.start() for match in re.finditer(", ", visible)], 2)
        ending = "," if len(arguments) > 1 else ""
        body = "\n".join([_broken(argument, depth + 1, ending) for argument in arguments])
    return f"{space}{text[:start]}\n{body}\n{space}{text[end:]}{comma}"


def _needs_brackets(text: str) -> bool:
    """Whether a long expression is put in brackets of its own, and not broken in those it has."""
    n_operators = [max(len(_splits(text, kind)) - 1, 0) for kind in range(len(_BREAKS))]
    is_one_with_brackets = sum(n_operators) == 1 and not sum(n_operators[:2]) and text.endswith(")")
    return sum(n_operators) > 0 and not is_one_with_brackets


def _splits(text: str, kind: int) -> list[str]:
    """The parts between operators of one kind outside of brackets; none if there are no such."""
    visible = _outside(text)
    if visible.startswith("lambda") or ", " in visible:
        return []
    places = [match.start() for match in _BREAKS[kind].finditer(visible)]
    if kind == 0 and places:  # the clauses of a comprehension
        places = [m.start() for m in re.finditer(r" (?=(?:for|if) )", visible)]
        places = [place for place in places if place >= visible.index(" for ")]
    return _cut(text, places, 1) if places else []


def _cut(text: str, places: list[int], width: int) -> list[str]:
    """The text between places, each of which takes some letters away."""
    starts = [0, *(place + width for place in places)]
    return [text[a:b] for a, b in zip(starts, [*places, len(text)], strict=True)]
