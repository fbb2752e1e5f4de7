"""The types of AlgoLisp, and their written form."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any, Final

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import LarkError

from saps.lang.errors import DeclarationError


class Constraint(IntEnum):
    """What a type variable may stand for; each constraint implies those before it."""

    ANY = 0
    EQUATABLE = 1
    """Anything but functions, alone or inside."""
    ORDERED = 2
    """Numbers, strings, truth values and arrays of such."""
    KEY = 3
    """Numbers, strings and truth values: what a dictionary takes as a key."""


class Type:
    """What a value can be; `str(type)` is its written form, which `parse_type` reads."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Primitive(Type):
    """A type without parts: `int` (any number), `bool`, `string`, or `type`."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Array(Type):
    """Written `T[]`."""

    element: Type

    def __str__(self) -> str:
        inner = str(self.element)
        return f"({inner})[]" if isinstance(self.element, FunctionType) else f"{inner}[]"


@dataclass(frozen=True, slots=True)
class Dictionary(Type):
    """Written `dict<K,V>`."""

    key: Type
    value: Type

    def __str__(self) -> str:
        return f"dict<{self.key},{self.value}>"


@dataclass(frozen=True, slots=True)
class Row(Type):
    """The parameters of a function; `rest` stands for any further ones, as yet unknown."""

    parameters: tuple[Type, ...]
    rest: Type | None = None

    def __str__(self) -> str:
        parts = [*map(str, self.parameters), *([".."] if self.rest is not None else [])]
        return f"({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    """Written `(int, int) -> bool`."""

    row: Row
    result: Type

    def __str__(self) -> str:
        return f"{self.row} -> {self.result}"


@dataclass(frozen=True, slots=True)
class Variable(Type):
    """Any type that satisfies the constraint, the same one wherever the name recurs."""

    name: str
    constraint: Constraint = Constraint.ANY

    def __str__(self) -> str:
        return self.name


INT: Final = Primitive("int")
BOOL: Final = Primitive("bool")
STRING: Final = Primitive("string")
TYPE: Final = Primitive("type")

_PRIMITIVES: Final[Mapping[str, Type]] = {
    "int": INT,
    "number": INT,
    "float": INT,
    "bool": BOOL,
    "string": STRING,
    "type": TYPE,
}
_GRAMMAR: Final = r"""
    ?type: part | row "->" type -> function
    ?part: NAME -> name
         | "(" type ")"
         | part "[]" -> array
         | DICT type "," type ">" -> dictionary
    row: "(" ")" | "(" type ")" | "(" type ("," type)+ ")"
       | "(" REST ")" | "(" type ("," type)* "," REST ")"
    DICT.2: /dict\s*</
    NAME: /[A-Za-z]+/
    REST: ".."
    %ignore /\s+/
"""
_MAX_TEXT: Final = 500
MAX_NESTING: Final = 100
"""Of types within types. Whoever walks a type recursively needs no more frames than this."""
MAX_PARTS: Final = 2_000


def parse_type(text: str) -> Type:
    """Read a type: `int`, `string[]`, `dict<int,bool[]>`, `(int, T) -> T`.

    `number` and `float` are other names of `int`; a single capital letter is a variable.

    Raises:
        DeclarationError: the text is no type.
    """
    if not issubclass(type(text), str):
        raise DeclarationError(f"a type is a text or a saps.lang.Type, not {type(text).__name__}")
    return _parsed(str.__str__(text))


@lru_cache(maxsize=4_096)
def _parsed(text: str) -> Type:
    # Before anything is built: what is open at a time, so the depth, is at most this.
    if len(text) > _MAX_TEXT or sum(map(text.count, ("(", "<", "[]", "->"))) > MAX_NESTING:
        raise _no_type(text)
    try:
        read: Type = _lark().parse(text)  # type: ignore[assignment]  # the transformer makes Types
    except LarkError:
        raise _no_type(text) from None
    return read


def declared_type(kind: object) -> Type:
    """The type that a caller declared, as text or as a `Type`.

    Raises:
        DeclarationError: it is no type, or nested too deep to be worked with.
    """
    if issubclass(type(kind), str):
        return parse_type(kind)  # type: ignore[arg-type]
    n_parts, level = 0, [kind]
    for _ in range(MAX_NESTING + 1):
        n_parts += len(level)
        if not level or n_parts > MAX_PARTS:
            break
        level = [part for whole in level for part in parts_of(whole)]
    if level or not isinstance(kind, Type):
        raise DeclarationError(f"a type of more than {MAX_NESTING} levels is too large")
    return kind


def parts_of(kind: object) -> tuple[object, ...]:
    """The types directly inside of a type."""
    if isinstance(kind, Array):
        return (kind.element,)
    if isinstance(kind, Dictionary):
        return (kind.key, kind.value)
    if isinstance(kind, FunctionType):
        return (kind.row, kind.result)
    if isinstance(kind, Row) and isinstance(kind.parameters, tuple):
        return kind.parameters if kind.rest is None else (*kind.parameters, kind.rest)
    if isinstance(kind, Primitive | Variable):
        return ()
    raise DeclarationError(f"a Python {type(kind).__name__} is not a type")


def innermost(kind: Type) -> Type:
    """What arrays of arrays hold in the end; of dictionaries, their values do."""
    while isinstance(kind, Array | Dictionary):
        kind = kind.element if isinstance(kind, Array) else kind.value
    return kind


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Makes types bottom-up while the text is parsed."""

    array = Array
    function = FunctionType

    def dictionary(self, _: Token, key: Type, value: Type) -> Type:
        return Dictionary(key, value)

    def name(self, token: Token) -> Type:
        if len(token) == 1 and token.isupper():
            return Variable(str(token))
        if token not in _PRIMITIVES:
            raise UnexpectedInput
        return _PRIMITIVES[token]

    def row(self, *parameters: Type | Token) -> Row:
        kinds = tuple(kind for kind in parameters if isinstance(kind, Type))
        return Row(kinds, Variable("..") if len(kinds) < len(parameters) else None)


@cache
def _lark() -> Lark:
    return Lark(_GRAMMAR, start="type", parser="lalr", transformer=_Builder())


def _no_type(text: str) -> DeclarationError:
    return DeclarationError(
        f"{text[:_MAX_TEXT]!r} is not a type; "
        "write int, bool, string, T[], dict<K,V> or (A, B) -> C"
    )
