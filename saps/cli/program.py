"""A program from the command line: read, type-checked, and its errors shown in its own text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from textwrap import indent

from saps.cli.excerpt import excerpt
from saps.cli.failure import CommandError
from saps.lang import AlgoLispError, Node, ParseError, Signature, infer_signature, parse
from saps.lang.drawing import pretty


def read_program(text: str) -> Node:
    """Parse one of the written forms.

    Raises:
        CommandError: the text is no program; the message shows the place.
    """
    try:
        return parse(text)
    except ParseError as error:
        if not text.strip():
            raise CommandError(f"{error.message}; give one such as '(+ 1 2)'") from error
        place = excerpt(error.text, error.offset, error.offset + 1)
        raise CommandError(f"{error}\n{place}") from error


def signature_of(node: Node, arguments: Mapping[str, str] | None = None) -> Signature:
    """Infer the types of a program, from those of `arguments` (name -> type) that are declared.

    Raises:
        CommandError: the program has no type; the message shows the place.
    """
    with errors_located_in(node):
        return infer_signature(node, arguments)


@contextmanager
def errors_located_in(node: Node) -> Iterator[None]:
    """Turn an error that names a place in the tree `node` into one that shows it."""
    try:
        yield
    except AlgoLispError as error:
        if error.path is None:
            raise
        place = indent(pretty(node).point_at(error.path), "  ")
        raise CommandError(f"{error}\n{place}") from error
