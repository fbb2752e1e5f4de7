"""Python expressions under construction, what is known of their values, and how they look."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import repeat
from operator import and_
from typing import Any, Final, NamedTuple

from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Type


class Facts(NamedTuple):
    """What is known of a value beyond its type; each fact is known to hold, or not known.

    Attributes:
        is_int: meant as an `int`, as declared; the interpreter takes a float there as well.
        is_whole: known to be an `int`, and no float.
        is_float: a float, not an `int`.
        is_natural: not negative, and not NaN.
        is_ordered: not NaN.
        element: the facts of the elements of an array.
    """

    is_int: bool = False
    is_whole: bool = False
    is_float: bool = False
    is_natural: bool = False
    is_ordered: bool = False
    element: "Facts | None" = None

    @property
    def of_element(self) -> "Facts":
        return self.element or ANYTHING


ANYTHING: Final = Facts()
DECLARED: Final = Facts(is_int=True, is_ordered=True)
WHOLE: Final = DECLARED._replace(is_whole=True)
NATURAL: Final = WHOLE._replace(is_natural=True)
NOTHING: Final = NATURAL._replace(is_float=True)
"""Of the elements of an empty array: all facts hold, there being none to break them."""


def facts_of_type(kind: Type | None, number: Facts = WHOLE) -> Facts:
    """What a type promises, where its numbers are of this sort."""
    if isinstance(kind, Array):
        return Facts(element=facts_of_type(kind.element, number))
    return number if kind == INT else ANYTHING


def join(left: Facts, right: Facts) -> Facts:
    """What holds of a value that is one or the other."""
    element = join(left.element, right.element) if left.element and right.element else None
    return Facts._make([*map(and_, left[:5], right[:5]), element])


def arithmetic(left: Facts, right: Facts) -> Facts:
    """A sum, product, quotient or remainder; without a promise about the sign."""
    is_int = left.is_int and right.is_int
    is_float = left.is_float or right.is_float
    return Facts(is_int, left.is_whole and right.is_whole, is_float, is_ordered=is_int)


def natural_if(facts: Facts, condition: bool) -> Facts:
    """The facts, with the promise that the number is not negative if the condition holds."""
    return facts._replace(is_natural=True, is_ordered=True) if condition else facts


@dataclass(frozen=True, slots=True)
class Term:
    """A Python expression, and what is known of it.

    Attributes:
        code: the expression.
        facts: of its value.
        is_total: evaluating it never raises.
    """

    code: ast.expr
    facts: Facts = ANYTHING
    is_total: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether it may be written twice: a name or a constant."""
        return isinstance(self.code, ast.Name | ast.Constant)

    @property
    def value(self) -> Any:
        """The value of a literal, or None."""
        code = self.code
        if isinstance(code, ast.UnaryOp) and isinstance(code.operand, ast.Constant):
            return -code.operand.value  # type: ignore[operator]  # only numbers are negated
        return code.value if isinstance(code, ast.Constant) else None


# Code. What is always the same is written as text, in which x, y and z stand for parts.


def code(text: str, *parts: Term | ast.expr) -> ast.expr:
    """The expression that the text says."""
    codes = [part.code if isinstance(part, Term) else part for part in parts]
    written: ast.expr = filled(parsed(text), dict(zip("xyz", codes, strict=False)))
    return written


@lru_cache(maxsize=1_024)
def parsed(text: str) -> ast.expr:
    """Raises SyntaxError if the text is no expression."""
    return ast.parse(text.strip(), mode="eval").body


def filled(pattern: Any, parts: Mapping[str, ast.expr]) -> Any:
    """A copy of an expression with parts in place of names."""
    if isinstance(pattern, ast.Name) and pattern.id in parts:
        return parts[pattern.id]
    if isinstance(pattern, ast.AST):
        fields = {name: filled(part, parts) for name, part in ast.iter_fields(pattern)}
        return type(pattern)(**fields)
    return [filled(part, parts) for part in pattern] if isinstance(pattern, list) else pattern


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """`function(arguments)`."""
    return ast.Call(name(function), list(arguments), [])


def spelled(text: str, prefix: str) -> str:
    """A Python name that recalls another name; the prefix is for what cannot begin one."""
    letters = "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
    return letters if letters[:1].isalpha() else f"{prefix}{letters}"


def name(identifier: str) -> ast.Name:
    """A variable that is read."""
    return ast.Name(identifier, ast.Load())


def variable(identifier: str, facts: Facts = ANYTHING) -> Term:
    """The value of a variable."""
    return Term(name(identifier), facts, is_total=True)


def literal(value: Any) -> ast.expr:
    """A constant; Python writes a negative number as an operation."""
    if isinstance(value, int | float) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def assign(target: str, value: ast.expr) -> ast.Assign:
    """`target = value`."""
    return ast.Assign([ast.Name(target, ast.Store())], value, lineno=0)


def comprehension(target: str, iterable: ast.expr) -> ast.comprehension:
    """`for target in iterable`, to which conditions may be added."""
    return ast.comprehension(ast.Name(target, ast.Store()), iterable, [], 0)


def function_definition(
    function_name: str, parameters: list[ast.arg], body: list[ast.stmt], result: ast.expr | None
) -> ast.FunctionDef:
    """`def function_name(parameters) -> result: body`."""
    listed = ast.arguments([], parameters, None, [], [], None, [])
    return ast.FunctionDef(function_name, listed, body, [], result, lineno=0)


def annotation(kind: Type | None, facts: Facts) -> ast.expr | None:
    """A type of the language as Python declares it, if it is known."""
    return None if kind is None else parsed(_declared(kind, facts))


def _declared(kind: Type, facts: Facts) -> str:
    if kind == INT:
        return "int" if facts.is_int else "float"
    if isinstance(kind, Array):
        return f"list[{_declared(kind.element, facts.of_element)}]"
    if isinstance(kind, Dictionary):
        return f"dict[{_declared(kind.key, ANYTHING)}, {_declared(kind.value, ANYTHING)}]"
    if isinstance(kind, FunctionType):
        return "Callable"
    return "bool" if kind == BOOL else "str" if kind == STRING else "object"


def constant_term(value: Any) -> Term:
    """The term of a constant of the language."""
    if isinstance(value, bool | str):
        return Term(ast.Constant(value), is_total=True)
    if not isinstance(value, int | float):
        return variable("int")
    if type(value) is int:
        return Term(literal(value), NATURAL if value >= 0 else WHOLE, is_total=True)
    facts = Facts(is_float=True, is_natural=value >= 0, is_ordered=True)
    return Term(name("math.inf") if value == float("inf") else literal(value), facts, True)


def guarded(term: Term, kind: Type) -> Term:
    """In an ill-typed program: a check that the value is of the kind that an operation needs."""
    kinds = _PYTHON_TYPES.get(kind, _PYTHON_TYPES.get(type(kind), ()))
    if not kinds or type(term.value).__name__ in kinds:
        return term
    return replace(term, code=call("of_kind", term.code, *map(name, kinds)))


_PYTHON_TYPES: Final[Mapping[Type | type, tuple[str, ...]]] = {
    INT: ("int", "float"),
    BOOL: ("bool",),
    STRING: ("str",),
    Array: ("list",),
    Dictionary: ("dict",),
}


# Code as text, laid out as a person would.

MAX_COLUMNS: Final = 88  # as formatters of Python have it
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
