"""The types of AlgoLisp, and their written form."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

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
_TOKEN: Final = re.compile(r"\s*(->|\.\.|\[\]|dict\s*<|[A-Za-z]+|[(),>])")
_MAX_TEXT: Final = 500


@cache
def parse_type(text: str) -> Type:
    """Read a type: `int`, `string[]`, `dict<int,bool[]>`, `(int, T) -> T`.

    `number` and `float` are other names of `int`; a single capital letter is a variable.

    Raises:
        DeclarationError: the text is no type.
    """
    return _Reader(text).whole()


class _Reader:
    """Recursive descent over the text of one type."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._next = 0

    def whole(self) -> Type:
        read = self._type()
        if self._next != len(self._tokens):
            raise self._error()
        return read

    def _type(self) -> Type:
        read = self._base()
        while self._skip("[]"):
            read = Array(read)
        return read

    def _base(self) -> Type:
        if self._skip("("):
            return self._parenthesis()
        if self._skip("dict<"):
            key = self._type()
            self._need(",")
            value = self._type()
            self._need(">")
            return Dictionary(key, value)
        return self._name()

    def _parenthesis(self) -> Type:
        """A function type, or one type in parentheses."""
        parameters: list[Type] = []
        rest: Type | None = None
        while not self._skip(")"):
            if parameters:
                self._need(",")
            if self._skip(".."):
                rest = Variable("..")
                self._need(")")
                break
            parameters.append(self._type())
        if self._skip("->"):
            return FunctionType(Row(tuple(parameters), rest), self._type())
        if len(parameters) != 1 or rest is not None:
            raise self._error()
        return parameters[0]

    def _name(self) -> Type:
        token = self._tokens[self._next] if self._next < len(self._tokens) else ""
        self._next += 1
        if token in _PRIMITIVES:
            return _PRIMITIVES[token]
        if len(token) == 1 and token.isupper():
            return Variable(token)
        raise self._error()

    def _skip(self, token: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == token:
            self._next += 1
            return True
        return False

    def _need(self, token: str) -> None:
        if not self._skip(token):
            raise self._error()

    def _error(self) -> DeclarationError:
        return DeclarationError(
            f"{self._text[:_MAX_TEXT]!r} is no type; write int, bool, string, T[], dict<K,V> "
            "or (A, B) -> C"
        )


def _tokens(text: str) -> Iterator[str]:
    position = 0
    # A limit on the length bounds the nesting, and so the recursion of the reader.
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None or len(text) > _MAX_TEXT:
            raise DeclarationError(
                f"{text[:_MAX_TEXT]!r} is no type; write int, bool, string, T[], dict<K,V> "
                "or (A, B) -> C"
            )
        yield re.sub(r"\s", "", match.group(1))
        position = match.end()
