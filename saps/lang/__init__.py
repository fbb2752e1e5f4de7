"""AlgoLisp: a small typed functional language. Imports Lark and the standard library only."""

from saps.lang.errors import AlgoLispError, ParseError
from saps.lang.node import Node
from saps.lang.parser import parse

__all__ = ["AlgoLispError", "Node", "ParseError", "parse"]
