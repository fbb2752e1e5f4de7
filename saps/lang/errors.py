"""All that can go wrong with a program: one family, each kind with a stable `code`."""

from collections.abc import Sequence
from typing import ClassVar

TreePath = tuple[int, ...]
"""Child indices from the root of a program down to the node that is meant, 0-based."""


class AlgoLispError(Exception):
    """A program that can not be read, typed or run.

    Attributes:
        code: the kind of error, stable across releases; programs may branch on it.
        message: what was found and what was expected, in one clause without a full stop.
        path: where in the tree, as child indices, or None if no tree exists or no node is to blame.
        place: the same for people, such as `reduce.2.lambda1.0`; empty when `path` is None.
    """

    code: ClassVar[str] = "algolisp"

    def __init__(self, message: str, path: TreePath | None = None, place: str = "") -> None:
        super().__init__(message, path, place)  # all fields: errors cross process pools by pickle
        self.message = message
        self.path = path
        self.place = place

    def __str__(self) -> str:
        text = f"{self.message} (at {self.place})" if self.place else self.message
        # A symbol of a tree that was built by hand may have what no terminal can print.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class ParseError(AlgoLispError):
    """The text is not a program.

    Attributes:
        text: the whole source, so that a caller can show the line in question.
        offset: 0-based character index into `text`; valid at the end of the input too.
    """

    code = "parse"

    def __init__(self, message: str, text: str, offset: int) -> None:
        super().__init__(message)
        self.args = (message, text, offset)
        self.text = text
        self.offset = offset

    @property
    def line(self) -> int:
        """1-based."""
        return self.text.count("\n", 0, self.offset) + 1

    @property
    def column(self) -> int:
        """1-based, in characters."""
        return self.offset - self.text.rfind("\n", 0, self.offset)

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class TreeError(AlgoLispError):
    """A nested list (`short_tree`) or a tree does not have the shape of a program."""

    code = "tree"


class TreeLimitError(TreeError):
    """A program is deeper or larger than any program may be."""

    code = "tree-limit"


class UnknownSymbolError(AlgoLispError):
    """A symbol is no function, no constant and no argument in scope."""

    code = "unknown-symbol"


class ArityError(AlgoLispError):
    """A function or a form has the wrong number of arguments."""

    code = "arity"


class DeclarationError(AlgoLispError):
    """The declared arguments or types do not make sense."""

    code = "declaration"


class StaticTypeError(AlgoLispError):
    """Type inference failed.

    Attributes:
        expected: the type that the place calls for, as text.
        found: the type of what stands there, as text.
    """

    code = "static-type"

    def __init__(
        self,
        message: str,
        path: TreePath | None = None,
        place: str = "",
        expected: str = "",
        found: str = "",
    ) -> None:
        super().__init__(message, path, place)
        self.args = (message, path, place, expected, found)
        self.expected = expected
        self.found = found


class InputError(AlgoLispError):
    """The inputs of a run do not fit the declared arguments."""

    code = "input"


class EvaluationError(AlgoLispError):
    """A program failed while it ran."""

    code = "evaluation"


class ValueTypeError(EvaluationError):
    """A value is of the wrong kind."""

    code = "type"


class IndexRangeError(EvaluationError):
    """A position lies outside its array or string, or is not a whole number."""

    code = "index"


class EmptyArrayError(EvaluationError):
    """An empty array has no first element."""

    code = "empty"


class DivisionByZeroError(EvaluationError):
    """The divisor is zero."""

    code = "division-by-zero"


class DomainError(EvaluationError):
    """A function has no value there: the root of a negative number, `floor` of `inf`."""

    code = "domain"


class RangeTooLongError(EvaluationError):
    """A `range` would have too many elements."""

    code = "range-too-long"


class LimitError(EvaluationError):
    """A run was stopped because it used up one of its limits."""

    code = "limit"


class CallDepthError(LimitError):
    """Calls are nested too deep."""

    code = "recursion"


class StepLimitError(LimitError):
    """Too many evaluation steps."""

    code = "steps"


class TimeLimitError(LimitError):
    """Too much wall time."""

    code = "time"


class SizeLimitError(LimitError):
    """A value has too many elements, characters or bits."""

    code = "size"


def place_of(symbols: Sequence[str], path: TreePath) -> str:
    """Join the symbols from the root down with the child indices: `reduce.2.lambda1.0`."""
    if not path:
        return symbols[0]
    return ".".join(f"{symbol}.{index}" for symbol, index in zip(symbols, path, strict=False))
