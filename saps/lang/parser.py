"""Text to `Node`. The only file that knows Lark; the syntax is in `grammar/algolisp.lark`."""

import json
import re
from functools import cache
from typing import Any, Final

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedToken

from saps.lang.errors import AlgoLispError, ParseError, TreeLimitError
from saps.lang.node import MAX_DEPTH, MAX_SIZE, Node
from saps.lang.program_values import HALF_A_PAIR, constant, is_text, kind_of
from saps.resources import resource_folder

_MAX_LENGTH: Final = 1_000_000
"""Characters; a longer text is refused before anything is built."""

_CLOSING: Final = {"(": ")", "[": "]"}
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\]]|[^\s(),\[\]"]+|"', re.DOTALL)


def parse(text: str) -> Node:
    """Read a program, written as an s-expression or as a JSON nested list.

    Raises:
        ParseError: the text is not a program; the error has the line and column.
        TreeLimitError: the text is well formed so far, but the program too deep or too large.
    """
    if not isinstance(text, str):
        raise ParseError(f"expected text, found {kind_of(text)}", "", 0)
    if len(text) > _MAX_LENGTH:
        raise TreeLimitError(f"the text has more than {_MAX_LENGTH} characters")
    _check_brackets(text)
    try:
        node: Node = _lark().parse(text)  # type: ignore[assignment]  # the transformer makes Nodes
    except UnexpectedToken as error:
        raise _wrong_token(error, text) from None
    except UnexpectedCharacters as error:
        raise ParseError(
            f"unexpected character {error.char!r}", text, error.pos_in_stream or 0
        ) from None
    except ParseError as error:  # of the builder, which does not know the text
        raise ParseError(error.message, text, error.offset) from None
    return node


def _check_brackets(text: str) -> None:
    """Find unbalanced brackets and runaway trees before Lark does: cheaply, and at their source."""
    opened: list[tuple[str, int]] = []
    n_symbols = 0
    for piece in _PIECE.finditer(text):
        found, offset = piece.group(), piece.start()
        if found in _CLOSING:
            opened.append((found, offset))
            if len(opened) > MAX_DEPTH:
                raise TreeLimitError(f"the program is deeper than {MAX_DEPTH} nodes")
        elif found in ")]":
            bracket = opened.pop()[0] if opened else ""
            if _CLOSING.get(bracket) != found:
                expected = f"expected '{_CLOSING[bracket]}', found" if bracket else "unexpected"
                raise ParseError(f"{expected} '{found}'", text, offset)
        elif found == '"':
            raise ParseError("this quote is never closed", text, offset)
        else:
            n_symbols += 1
            if n_symbols > MAX_SIZE:
                raise TreeLimitError(f"the program has more than {MAX_SIZE} nodes")
    if opened:
        bracket, offset = opened[-1]
        raise ParseError(f"'{bracket}' is never closed", text, offset)


def _wrong_token(error: UnexpectedToken, text: str) -> ParseError:
    token = error.token
    at_end = token.type == "$END"
    found = "the end of the text" if at_end else f"'{token}'"
    offset = len(text) if at_end or token.start_pos is None else token.start_pos
    parser = error.interactive_parser
    stack = [] if parser is None else parser.parser_state.value_stack
    return ParseError(f"expected {_expected(stack)}, found {found}", text, offset)


def _expected(stack: list[Any]) -> str:
    """Say in words what may follow what the parser has on its stack."""
    opened = [i for i, entry in enumerate(stack) if isinstance(entry, Token) and entry in _CLOSING]
    if not opened:
        return "the end of the text" if stack else "a program"
    bracket, *applied = stack[opened[-1] :]
    if bracket == "[" and not applied:
        return "a symbol in double quotes"
    if not applied:
        return "the name of a function"
    head = applied[0]
    name = head.symbol if isinstance(head, Node) else str(head)
    return f"an argument of `{name}`"


class _Builder(Transformer[Token, Node]):
    """Makes Nodes bottom-up while the text is parsed, so that no second tree is ever built."""

    def start(self, children: list[Node]) -> Node:
        return children[0]

    def symbol(self, children: list[Token]) -> Node:
        return Node(_checked(str(children[0]), children[0]))

    def call(self, children: list[Any]) -> Node:
        _, head, *arguments, _ = children
        return Node(head.symbol, tuple(arguments))

    nested = call

    def quoted(self, children: list[Token]) -> Node:
        token = children[0]
        if token.type == "NUMBER":
            return Node(str(token))
        try:
            symbol = json.loads(token, strict=False)
        except json.JSONDecodeError as error:
            raise _no_symbol(f"{token} is not a JSON string: {error.msg}", token) from None
        try:
            return Node.from_short_tree(_checked(symbol, token))
        except AlgoLispError as error:
            raise _no_symbol(error.message, token) from None


def _checked(symbol: str, token: Token) -> str:
    if not is_text(symbol):
        raise _no_symbol(HALF_A_PAIR, token)
    if symbol.startswith('"'):
        try:
            constant(symbol)
        except AlgoLispError as error:
            raise _no_symbol(error.message, token) from None
    return symbol


def _no_symbol(message: str, token: Token) -> ParseError:
    return ParseError(message, "", token.start_pos or 0)


def grammar() -> str:
    """The grammar, whose comments are the reference of the written form."""
    return (resource_folder("grammar") / "algolisp.lark").read_text(encoding="utf-8")


@cache
def _lark() -> Lark:
    return Lark(
        grammar(),
        parser="lalr",
        transformer=_Builder(),
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
