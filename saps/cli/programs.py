"""The commands about programs: `saps run`, `check`, `show` and `functions`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from math import inf
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Annotated, Final

import typer

from saps.cli.asking import Asking, InputOption, read_inputs, require_arguments
from saps.cli.console import CommandError, DebugOption, ModelOption, excerpt
from saps.lang import (
    FUNCTIONS,
    AlgoLispError,
    Function,
    Node,
    ParseError,
    Signature,
    compile_program,
    infer_signature,
    parse,
    render,
    to_python,
)
from saps.resources import show_value, write_figure, write_whole

if TYPE_CHECKING:
    from saps.synthesis.explanation import Explanation

_FORMS: Final = "An s-expression '(reduce a 0 +)', its form with commas, or nested JSON lists"
_ProgramArgument = Annotated[str, typer.Argument(metavar="PROGRAM", help=f"{_FORMS}.")]
_PICTURES: Final = (".svg", ".png")


def run(
    program: _ProgramArgument,
    input_: InputOption = None,
    python: Annotated[
        bool, typer.Option("--python", help="Print PROGRAM as a Python function instead.")
    ] = False,
    _debug: DebugOption = False,
) -> None:
    """Run PROGRAM and print its value, as JSON.

    saps run "(reduce a 0 +)" --input '{"a": [1, 2, 3]}'
    """
    inputs = read_inputs(input_ or "{}")
    node = read_program(program)
    signature = _signature_of(node)
    arguments = signature.types
    if python:
        print(to_python(node, arguments, str(signature.result)), end="")
        return
    require_arguments(inputs, arguments)
    with _errors_located_in(node):
        value = compile_program(node, arguments)({name: inputs[name] for name in arguments})
    print(show_value(value))


def check(
    program: _ProgramArgument,
    arg: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=TYPE", help="Declare an argument: a=int[]. Repeatable."),
    ] = None,
    _debug: DebugOption = False,
) -> None:
    """Print the type of PROGRAM, or the place of its error.

    saps check "(reduce a 0 +)" --arg "a=int[]"
    """
    declared: dict[str, str] = {}
    for text in arg or []:
        name, _, kind = (part.strip() for part in text.partition("="))
        if not (name and kind):
            raise typer.BadParameter(f"{text!r} should read NAME=TYPE, such as a=int[]")
        if name in declared:
            raise typer.BadParameter(f"{name!r} is declared twice")
        declared[name] = kind
    print(_signature_of(read_program(program), declared))


# A program from the command line: read, type-checked, and its errors shown in its own text.


def read_program(text: str) -> Node:
    """Parse one of the written forms; a CommandError shows the place of a mistake."""
    try:
        return parse(text)
    except ParseError as error:
        if not text.strip():
            raise CommandError(f"{error.message}; give one such as '(+ 1 2)'") from error
        raise CommandError(f"{error}\n{excerpt(error.text, error.offset)}") from error


def _signature_of(node: Node, arguments: Mapping[str, str] | None = None) -> Signature:
    """Infer the types of a program, from those of `arguments` (name -> type) that are declared."""
    with _errors_located_in(node):
        return infer_signature(node, arguments)


@contextmanager
def _errors_located_in(node: Node) -> Iterator[None]:
    """Turn an error that names a place in the tree `node` into one that shows it."""
    try:
        yield
    except AlgoLispError as error:
        if error.path is None:
            raise
        place = indent(render.pretty(node).point_at(error.path), "  ")
        raise CommandError(f"{error}\n{place}") from error


# Trees, on the terminal or as pictures, and what each node of a program looked at.


def show(
    program: Annotated[
        str, typer.Argument(metavar="PROGRAM", help=f"{_FORMS}; with --attention an English text.")
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
    model: ModelOption = None,
    dot: Annotated[bool, typer.Option("--dot", help="Print the tree for Graphviz.")] = False,
    _debug: DebugOption = False,
) -> None:
    """Show the tree of PROGRAM.

    saps show "(reduce a 0 +)" --svg sum.svg

    saps show "given an array a , find the sum of a" --attention looked.svg
    """
    if attention is not None:
        _check_picture_path(attention)
        asking = Asking(model=model, timeout_s=inf)  # the search has a budget of its own
        synthesis = asking.synthesize(program)
        explanation = asking.synthesizer.explain(synthesis)
        if any(node.attention is None for node in explanation.nodes):
            raise CommandError("the model has no attention: it sees the text through one vector")
        write_attention(attention, explanation)
        print(synthesis.program)
        return
    if model is not None:
        raise CommandError("--model only goes with --attention: showing a program takes no model")
    node = read_program(program)
    if picture is not None:
        _check_picture_path(picture)
        is_png = picture.suffix.lower() == ".png"
        drawn = render.png(node) if is_png else render.svg(node).encode("utf-8")
        write_whole(picture, drawn)
    elif dot:
        print(render.dot(node), end="")
    else:
        print(render.box_tree(node))


def _check_picture_path(path: Path) -> None:
    """Refuse a place where no picture can be made, before the work is done."""
    if path.suffix.lower() not in _PICTURES:
        told = f"{path} cannot be written as a picture; end its name in {' or '.join(_PICTURES)}"
        raise CommandError(told)
    if not path.parent.is_dir():
        raise CommandError(f"{path.parent} is not a folder; create it, or choose another place")


def write_attention(path: Path, explanation: "Explanation") -> None:
    """Write a picture, .svg or .png: a row for each node in pre-order, a column for each word."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    words, nodes = explanation.words, explanation.nodes
    with mpl.rc_context({"font.size": 9, "svg.hashsalt": "saps", "font.family": "monospace"}):
        height, width = 1.6 + 0.24 * len(nodes), 2.2 + 0.27 * len(words)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
        shares = [node.attention or () for node in nodes]
        image = axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
        axes.set_xticks(range(len(words)), words, rotation=60, ha="left", rotation_mode="anchor")
        axes.xaxis.tick_top()
        indented = ["  " * node.depth + node.symbol for node in nodes]
        axes.set_yticks(range(len(nodes)), indented, ha="left")
        axes.tick_params(length=0)
        # Left-aligned labels start as far from the axis as the longest one needs.
        axes.tick_params(axis="y", pad=5.5 * max(map(len, indented)) + 4)
        axes.set_xticks([place - 0.5 for place in range(1, len(words))], minor=True)
        axes.set_yticks([place - 0.5 for place in range(1, len(nodes))], minor=True)
        axes.grid(which="minor", color="#dddddd", linewidth=0.5)
        axes.tick_params(which="minor", length=0)
        figure.colorbar(image, ax=axes, label="share of the attention", fraction=0.03, pad=0.02)
        write_figure(path, figure, dpi=150)


# What the functions of the language do.


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
    pages = {"functions": render.functions_page, "syntax": render.syntax_page}
    if page is not None:
        if page not in pages:
            raise typer.BadParameter(f"{page!r} is not a page; there are 'functions' and 'syntax'")
        print(pages[page](), end="")
    elif name is not None:
        print(render.describe(function_named(name)))
    else:
        widest_name = max(map(len, FUNCTIONS))
        widest_signature = max(len(function.signature) for function in FUNCTIONS.values())
        for one in FUNCTIONS.values():
            print(f"{one.name:<{widest_name}}  {one.signature:<{widest_signature}}  {one.doc}")


def function_named(name: str) -> Function:
    """Look a function up; a CommandError has similar names where there is none."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    similar = " or ".join(repr(other) for other in get_close_matches(name, FUNCTIONS))
    hint = f"did you mean {similar}?" if similar else "'saps functions' lists all"
    raise CommandError(f"there is no function {name!r}; {hint}")
