"""`saps functions`: what the functions of the language do."""

from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from saps.lang import Function


def functions(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One function, in full.")
    ] = None,
    page: Annotated[
        str | None,
        typer.Option(metavar="PAGE", help="Print a page of docs/: 'functions' or 'syntax'."),
    ] = None,
    _debug: DebugOption = False,
) -> None:
    """List the functions of AlgoLisp, or describe one.

    saps functions reduce
    """
    from saps.lang.reference import describe

    if page is not None:
        print(_page(page), end="")
    elif name is not None:
        print(describe(function_named(name)))
    else:
        print(_list())


def function_named(name: str) -> "Function":
    """Look a function up.

    Raises:
        CommandError: there is none of this name; the message has similar ones.
    """
    from difflib import get_close_matches

    from saps.lang import FUNCTIONS

    if name in FUNCTIONS:
        return FUNCTIONS[name]
    similar = " or ".join(repr(other) for other in get_close_matches(name, FUNCTIONS))
    hint = f"did you mean {similar}?" if similar else "'saps functions' lists all"
    raise CommandError(f"there is no function {name!r}; {hint}")


def _list() -> str:
    from saps.lang import FUNCTIONS

    widest_name = max(map(len, FUNCTIONS))
    widest_signature = max(len(function.signature) for function in FUNCTIONS.values())
    return "\n".join(
        f"{function.name:<{widest_name}}  {function.signature:<{widest_signature}}  {function.doc}"
        for function in FUNCTIONS.values()
    )


def _page(page: str) -> str:
    from saps.lang.reference import functions_page, syntax_page

    if page == "functions":
        return functions_page()
    if page == "syntax":
        return syntax_page()
    raise typer.BadParameter(f"{page!r} is no page; there are 'functions' and 'syntax'")
