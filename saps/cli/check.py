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
    """Print the type of PROGRAM, or the place of its error.

    saps check "(reduce a 0 +)" --arg "a=int[]"
    """
    from saps.cli.program import read_program, signature_of

    print(signature_of(read_program(program), _declarations(arg or [])))


def _declarations(texts: list[str]) -> dict[str, str]:
    declared: dict[str, str] = {}
    for text in texts:
        name, _, kind = (part.strip() for part in text.partition("="))
        if not (name and kind):
            raise typer.BadParameter(f"{text!r} should read NAME=TYPE, such as a=int[]")
        if name in declared:
            raise typer.BadParameter(f"{name!r} is declared twice")
        declared[name] = kind
    return declared
