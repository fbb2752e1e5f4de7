"""`saps show`: a program as a tree, on the terminal or as a picture."""

from pathlib import Path
from typing import Annotated

import typer

from saps.cli.options import DebugOption, ProgramArgument


def show(
    program: ProgramArgument,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an SVG picture of the tree.")
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
    from saps.lang.picture import svg as svg_text

    node = read_program(program)
    if svg is not None:
        svg.write_text(svg_text(node), encoding="utf-8")
    elif dot:
        print(dot_text(node), end="")
    else:
        print(box_tree(node))
