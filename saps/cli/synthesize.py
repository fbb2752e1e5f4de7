"""`saps synthesize`: from a sentence to a program, its type, its Python, its value."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from saps.cli.failure import CommandError, describe
from saps.cli.options import DebugOption
from saps.cli.specifications import Specifications
from saps.cli.synthesis.asking import Asking, choose_decoding
from saps.cli.synthesis.checking import check_examples, check_returns
from saps.cli.synthesis.layout import answer_lines
from saps.cli.synthesis.notes import notes
from saps.cli.synthesis.style import cut
from saps.cli.synthesis.views import read_views, view_lines
from saps.cli.synthesis.wish import read_arguments, read_example, read_examples_file
from saps.cli.values import jsonable, read_inputs, require_arguments, show_value

if TYPE_CHECKING:
    from typing import TypeAlias

    from saps.decoding.synthesis import Synthesis
    from saps.lang import Value

    Inputs: TypeAlias = Mapping[str, Value] | None

_NOTHING_PASSES = 3


def synthesize(
    context: typer.Context,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            help="What to compute, in English and in quotes; - reads one a line from stdin. "
            "Without it, a terminal gets a prompt.",
            show_default=False,
        ),
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="JSON",
            help="""Also run the program: its arguments by name, '{"a": [3, 8, 1], "b": 2}'.""",
        ),
    ] = None,
    arg: Annotated[
        list[str] | None,
        typer.Option(
            "--arg",
            metavar="NAME=TYPE",
            help="Declare an argument, such as a=int[]; may be repeated. A type is int, bool, "
            "string, T[] (an array of T) or dict<K,V>.",
        ),
    ] = None,
    returns: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Declare the type of the value, such as int.")
    ] = None,
    example: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EXAMPLE",
            help="""What the program should do: '{"a": [1, 2, 3]} -> 6'; may be repeated.""",
        ),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help='Examples: JSON lines {"input": ..., "output": ...}, or .csv with a column for '
            "each argument and one named output.",
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="K", help="Show the K best programs.")] = 1,
    beam: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Search by a beam of width N, and guess no arguments."
        ),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option(
            metavar="T",
            help="Draw programs at random; a T below 1 keeps to likely ones.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="With --temperature: another number draws other programs, the same number the "
            "same ones again; 0 if not given.",
        ),
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VIEW",
            help="Also show: tree, attention, steps, python or all; may be repeated.",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(metavar="S", help="Give up after so many seconds.")
    ] = 30.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for other programs to read.")
    ] = False,
    python: Annotated[
        bool, typer.Option("--python", help="Print the program as a Python function, and no more.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="PATH|NAME",
            help="A model folder, or a run's name in runs/; else the bundled model.",
        ),
    ] = None,
    _debug: DebugOption = False,
) -> None:
    """Write a program for an English TEXT.

    saps synthesize "the sum of the even numbers of xs" --input '{"xs": [3, 4]}'

    The answer goes to stdout, notes go to stderr. Exit status: 1 for an error, 2 for a wrong use,
    3 if no program passes all examples.
    """
    _check_quoted(context, text)
    inputs = None if input_ is None else read_inputs(input_)
    views = read_views(show or [])
    if python and (as_json or text == "-" or inputs is not None or views):
        raise CommandError(
            "--python prints one function; it takes no --input, no --json, no --show and no -"
        )
    given = [read_example(one) for one in example or []]
    if examples is not None:
        given += read_examples_file(examples)
    check_examples(given)
    if text == "-" and (given or views):
        raise CommandError("- answers many texts; it takes no examples and no --show")
    if timeout <= 0:
        raise CommandError(f"--timeout {timeout:g}: expected more than 0 seconds")
    if returns is not None:
        check_returns(returns)
    asking = Asking(
        model=model,
        arguments=read_arguments(arg or []),
        returns=returns,
        examples=given,
        top=top,
        decoding=choose_decoding(beam, temperature, seed, top, has_examples=bool(given)),
        timeout_s=timeout,
    )
    if text is None:
        _prompt(asking)
    elif text == "-":
        _answer_lines(asking, inputs)
    elif as_json:
        _answer_as_json(asking, text, inputs)
    else:
        synthesis = asking.synthesize(text)
        if python:
            print(synthesis.python.rstrip())
        else:
            _answer_plainly(asking, synthesis, inputs, views)
        _tell(synthesis)


def _check_quoted(context: typer.Context, text: str | None) -> None:
    if context.args:
        words = " ".join([text or "", *context.args]).replace('"', "'")
        raise typer.BadParameter(
            f'put a text of several words in quotes: {context.command_path} "{cut(words, 60)}"',
            context,
            param_hint="TEXT",
        )


def _prompt(asking: Asking) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "give a text, or - to read specifications from stdin", param_hint="TEXT"
        )
    from saps.cli.synthesis.session import run_prompt

    run_prompt(asking)


def _tell(synthesis: "Synthesis") -> None:
    """Write notes to stderr; exit with 3 where examples are not met."""
    sys.stdout.flush()
    for note in notes(synthesis):
        print(note, file=sys.stderr)
    if not synthesis.passes:
        raise typer.Exit(_NOTHING_PASSES)


def _answer_as_json(asking: Asking, text: str, inputs: "Inputs") -> None:
    """Print one object, with an `error` where something failed; that is then reported too."""
    answer: dict[str, Any] = {"text": text}
    try:
        synthesis = asking.synthesize(text)
        answer = _answer(synthesis, None)
        answer = _answer(synthesis, inputs)
    except Exception as error:
        print(json.dumps({**answer, "error": describe(error)}), flush=True)
        raise
    print(json.dumps(answer))
    _tell(synthesis)


def _answer_plainly(
    asking: Asking, synthesis: "Synthesis", inputs: "Inputs", views: list[str]
) -> None:
    for line in answer_lines(synthesis):
        print(line)
    for view in views:
        if view != "python" or len(views) == 1:  # which the answer has
            print(f"\n{view}:")
            for line in view_lines(view, asking.synthesizer, synthesis):
                print(f"  {line}")
    if inputs is not None:
        print(f"\nvalue:   {show_value(_value(synthesis, inputs))}")


def _answer_lines(asking: Asking, inputs: "Inputs") -> None:
    """Answer stdin line by line; a line that fails is answered too, and fails the command."""
    specifications = Specifications(sys.stdin.buffer)
    n_failed = 0
    for text, result in specifications.answers(asking.synthesize_many):
        answer = _line_answer(text, result, inputs)
        n_failed += "error" in answer
        print(json.dumps(answer), flush=True)
    if n_failed:
        raise CommandError(f"{n_failed} of {specifications.n_read} lines failed")


def _line_answer(text: str, result: "Synthesis | Exception", inputs: "Inputs") -> dict[str, Any]:
    if isinstance(result, Exception):
        return {"text": text, "error": describe(result)}
    try:
        return _answer(result, inputs)
    except Exception as error:  # whatever one program does, the next lines are answered
        return {**_answer(result, None), "error": describe(error)}


def _answer(synthesis: "Synthesis", inputs: "Inputs") -> dict[str, Any]:
    answer: dict[str, Any] = jsonable(synthesis.to_json())
    if inputs is not None:
        answer["value"] = jsonable(_value(synthesis, inputs))
    return answer


def _value(synthesis: "Synthesis", inputs: "Mapping[str, Value]") -> "Value":
    require_arguments(synthesis.by_letter(inputs), synthesis.arguments)
    return synthesis.run(inputs)
