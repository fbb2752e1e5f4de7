"""`saps check`: the type of a program, or the place where it has none."""

from typing import Annotated

import typer

from saps.cli.options import DebugOption, ProgramArgument


def check(
    program: ProgramArgument,
    arg: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=TYPE", help="Declare an argument: a=int[]. Repeatable."),
    ] = None,
    _debug: DebugOption = False,
) -> None:
    """Print the type of PROGRAM, with the types that its arguments need.

    saps check "(reduce a 0 +)" --arg "a=int[]"
    """
    from saps.cli.program import read_program, show_signature, signature_of

    declared = dict(_declaration(text) for text in arg or ())
    signature = signature_of(read_program(program), declared)
    print(show_signature(signature.arguments, signature.result))


def _declaration(text: str) -> tuple[str, str]:
    name, equals, kind = text.partition("=")
    if not (equals and name.strip() and kind.strip()):
        raise typer.BadParameter(f"{text!r} should read NAME=TYPE, such as a=int[]")
    return name.strip(), kind.strip()
