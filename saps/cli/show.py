"""`saps show`: a program as a tree, on the terminal or as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption, ProgramArgument

if TYPE_CHECKING:
    from saps.lang import Node


def show(
    program: ProgramArgument,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--svg",
            "--picture",
            metavar="FILE",
            help="Write a picture of the tree: FILE ends in .svg or .png.",
        ),
    ] = None,
    dot: Annotated[bool, typer.Option("--dot", help="Print the tree for Graphviz.")] = False,
    _debug: DebugOption = False,
) -> None:
    """Show the tree of PROGRAM.

    saps show "(reduce a 0 +)" --svg sum.svg
    """
    from saps.cli.program import read_program
    from saps.lang.drawing import box_tree
    from saps.lang.picture import dot as dot_text

    node = read_program(program)
    if picture is not None:
        picture.write_bytes(_picture(node, picture))
    elif dot:
        print(dot_text(node), end="")
    else:
        print(box_tree(node))


def _picture(node: "Node", path: Path) -> bytes:
    from saps.lang.picture import png, svg

    suffix = path.suffix.lower()
    if suffix == ".png":
        return png(node)
    if suffix == ".svg":
        return svg(node).encode("utf-8")
    raise CommandError(f"{path} is no picture that can be made; end it in .svg or .png")
