"""All that can go wrong with a program: one family, each kind with a stable `code`."""

import re
from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

T = TypeVar("T")
_LONG: Final = re.compile(r"(\S{100})\S{100,}")  # a symbol may have a million letters

TreePath = tuple[int, ...]
"""Child indices from the root of a program down to the node that is meant, 0-based."""


class AlgoLispError(Exception):
    """A program that cannot be read, typed or run.

    Attributes:
        code: the kind of error, stable across releases; programs may branch on it.
        message: what was found and what was expected, in one clause without a full stop.
        path: where in the tree, as child indices, or None if no tree exists or no node is to blame.
        place: the same for people, such as `reduce.2.lambda1.0`; empty when `path` is None.
    """

    code: ClassVar[str] = "algolisp"

    def __init_subclass__(cls, code: str = "") -> None:
        cls.code = code or cls.code

    def __init__(self, message: str, path: TreePath | None = None, place: str = "") -> None:
        super().__init__(message, path, place)  # all fields: errors cross process pools by pickle
        self.message = message
        self.path = path
        self.place = place

    def __str__(self) -> str:
        text = f"{self.message} (at {self.place})" if self.place else self.message
        # A symbol of a tree that was built by hand may have what no terminal can print.
        text = _LONG.sub(r"\1...", text)
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class ParseError(AlgoLispError, code="parse"):
    """The text is not a program.

    Attributes:
        text: the whole source, so that a caller can show the line in question.
        offset: 0-based character index into `text`; valid at the end of the input too.
    """

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


class TreeError(AlgoLispError, code="tree"):
    """A nested list (`short_tree`) or a tree does not have the shape of a program."""


class TreeLimitError(TreeError, code="tree-limit"):
    """A program is deeper or larger than any program may be."""


class UnknownSymbolError(AlgoLispError, code="unknown-symbol"):
    """A symbol is no function, no constant and no argument in scope."""


class ArityError(AlgoLispError, code="arity"):
    """A function or a form has the wrong number of arguments."""


class DeclarationError(AlgoLispError, code="declaration"):
    """The declared arguments or types do not make sense."""


class StaticTypeError(AlgoLispError, code="static-type"):
    """Type inference failed.

    Attributes:
        expected: the type that the place calls for, as text.
        found: the type of what stands there, as text.
    """

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


class InputError(AlgoLispError, code="input"):
    """The inputs of a run do not fit the declared arguments."""


class EvaluationError(AlgoLispError, code="evaluation"):
    """A program failed while it ran."""


class ValueTypeError(EvaluationError, code="type"):
    """A value is of the wrong kind."""


class IndexRangeError(EvaluationError, code="index"):
    """A position lies outside its array or string, or is not a whole number."""


class EmptyArrayError(EvaluationError, code="empty"):
    """An empty array has no first element."""


class DivisionByZeroError(EvaluationError, code="division-by-zero"):
    """The divisor is zero."""


class DomainError(EvaluationError, code="domain"):
    """A function has no value there: the root of a negative number, `floor` of `inf`."""


class RangeTooLongError(EvaluationError, code="range-too-long"):
    """A `range` would have too many elements."""


class LimitError(EvaluationError, code="limit"):
    """A run was stopped because it used up one of its limits."""


class CallDepthError(LimitError, code="recursion"):
    """Calls are nested too deep."""


class StepLimitError(LimitError, code="steps"):
    """Too many evaluation steps."""


class TimeLimitError(LimitError, code="time"):
    """Too much wall time."""


class SizeLimitError(LimitError, code="size"):
    """A value has too many elements, characters or bits."""


def on_this_stack(compute: Callable[..., T], *arguments: Any) -> T:
    """Call a function that walks a tree recursively, a few frames a level.

    Raises:
        TreeLimitError: the caller has used so many frames that too few are left. The limit of
            Python is the caller's business, and stays as it is.
    """
    try:
        return compute(*arguments)
    except RecursionError:
        raise TreeLimitError(
            "the program is nested deeper than the stack of the caller has room for"
        ) from None
