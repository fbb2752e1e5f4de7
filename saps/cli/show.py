"""`saps show`: a program as a tree, on the terminal or as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from saps.cli.failure import CommandError
from saps.cli.options import DebugOption

if TYPE_CHECKING:
    from saps.lang import Node


def show(
    program: Annotated[
        str,
        typer.Argument(
            metavar="PROGRAM",
            help="An s-expression '(reduce a 0 +)', its form with commas, or nested JSON lists; "
            "with --attention an English text.",
        ),
    ],
    picture: Annotated[
        Path | None,
        typer.Option(
            "--svg",
            "--picture",
            metavar="FILE",
            help="Write a picture of the tree: FILE ends in .svg or .png.",
        ),
    ] = None,
    attention: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Have a program written for an English text, and write a picture of the words "
            "that each of its nodes looked at: FILE ends in .svg or .png.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="PATH|NAME", help="The model that writes it; else the bundled one."),
    ] = None,
    dot: Annotated[bool, typer.Option("--dot", help="Print the tree for Graphviz.")] = False,
    _debug: DebugOption = False,
) -> None:
    """Show the tree of PROGRAM.

    saps show "(reduce a 0 +)" --svg sum.svg

    saps show "given an array a , find the sum of a" --attention looked.svg
    """
    if attention is not None:
        _show_attention(program, attention, model)
        return
    if model is not None:
        raise CommandError("--model goes with --attention: a program needs no model to be shown")

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


def _show_attention(text: str, path: Path, model: str | None) -> None:
    """Write the picture; print the program that it is of."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise _not_a_picture(path)
    if not path.parent.is_dir():
        raise CommandError(f"{path.parent} is no folder; make it, or choose another place")
    from saps.cli.synthesis.asking import Asking
    from saps.cli.synthesis.attention_picture import write_attention

    asking = Asking(model=model)
    synthesis = asking.synthesize(text)
    explanation = asking.synthesizer.explain(synthesis)
    if any(node.attention is None for node in explanation.nodes):
        raise CommandError("the model has no attention: it sees the text through one vector")
    write_attention(path, explanation)
    print(synthesis.program)


def _not_a_picture(path: Path) -> CommandError:
    return CommandError(f"{path} is no picture that can be made; end it in .svg or .png")


def _picture(node: "Node", path: Path) -> bytes:
    from saps.lang.picture import png, svg

    suffix = path.suffix.lower()
    if suffix == ".png":
        return png(node)
    if suffix == ".svg":
        return svg(node).encode("utf-8")
    raise _not_a_picture(path)
