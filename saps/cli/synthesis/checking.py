"""What can be refused before a model is read, which takes seconds."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from saps.cli.failure import CommandError
from saps.cli.synthesis.style import cut
from saps.cli.synthesis.type_spelling import meant_types

if TYPE_CHECKING:
    from saps.decoding.request import Request


def check_text(text: str) -> None:
    """Refuse what is no specification, whatever the model.

    Raises:
        CommandError: the text is not UTF-8, or see `saps.decoding.text_check`.
    """
    from saps.decoding import text_check
    from saps.decoding.synthesis import SynthesisError

    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CommandError(f"TEXT is not UTF-8: character {error.start + 1} is invalid") from error
    try:
        text_check.check_text(text)
    except SynthesisError as error:
        raise CommandError(str(error)) from error


def check_argument(name: str, kind: str) -> None:
    """Refuse a name or a type that no argument can have.

    A name that means something in the language is none of these: its argument gets a letter.

    Raises:
        CommandError: the message says what to write where that can be guessed.
    """
    from saps.decoding.request import Request
    from saps.lang import AlgoLispError
    from saps.lang.scope import RESERVED, check_argument_names

    shown = "a" if name in RESERVED else name
    try:
        check_argument_names([shown])
    except AlgoLispError as error:
        word = "_".join(re.findall(r"\w+", name))
        if word in ("", name):
            raise CommandError(str(error)) from error
        raise CommandError(
            f"an argument can not be named {cut(name, 60)!r}: a name is one word, such as "
            f"{cut(word, 60)}"
        ) from error
    _check_type(kind, f"argument {name}", Request({shown: kind}))
    if "->" in kind:
        raise CommandError(
            f"argument {name} can not be of type {kind}: a program is given numbers, strings, "
            "truth values, and arrays and dictionaries of such"
        )


def check_returns(kind: str) -> None:
    """Refuse a type that no value of a program has.

    Raises:
        CommandError: see `check_argument`.
    """
    from saps.decoding.request import Request

    _check_type(kind, "the result", Request(None, kind))


def check_examples(examples: Iterable[tuple[dict[str, Any], Any]]) -> None:
    """Refuse examples that are not of one program.

    Raises:
        ExampleError: see `saps.decoding.example_check`.
    """
    from saps.decoding import example_check
    from saps.decoding.request import InputOutput

    made = [InputOutput(*example) for example in examples]
    if made:
        example_check.check_examples(made)
        example_check.argument_types(made)
        example_check.output_type(made)


def _check_type(kind: str, of: str, request: "Request") -> None:
    from saps.decoding.requested_types import RequestedTypes, RequestTypeError

    try:
        RequestedTypes.read(request)
    except RequestTypeError as error:
        meant = meant_types(kind) if error.code == "declaration" else ()
        if meant:
            told = f"{of}: {cut(kind, 60)!r} is no type; write {' or '.join(meant)}"
            raise CommandError(told) from error
        raise CommandError(str(error)) from error
