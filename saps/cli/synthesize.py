"""`saps synthesize`: from a sentence to a program, its type, its Python, its value."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from saps.cli.failure import CommandError, describe
from saps.cli.options import DebugOption, InputOption
from saps.cli.specifications import Specifications
from saps.cli.values import jsonable, read_inputs, require_arguments, show_value

if TYPE_CHECKING:
    from typing import TypeAlias

    from saps.decoding.synthesizer import Synthesis
    from saps.lang import Value

    Inputs: TypeAlias = Mapping[str, Value] | None


def synthesize(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help="What to compute, in English; - reads one specification a line from stdin.",
        ),
    ],
    input_: InputOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for programs.")
    ] = False,
    python: Annotated[
        bool, typer.Option("--python", help="Print the program as a Python function, and no more.")
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option("--model", metavar="PATH", help="A model folder; else the bundled model."),
    ] = None,
    _debug: DebugOption = False,
) -> None:
    """Write a program for an English TEXT.

    saps synthesize "given a number a , find a squared" --input '{"a": 3}'
    """
    inputs = None if input_ is None else read_inputs(input_)
    if python and (as_json or text == "-" or inputs is not None):
        raise CommandError("--python prints one function; it takes no --input, no --json and no -")
    if text == "-":
        _answer_lines(model, inputs)
    elif python:
        print(_synthesize(text, model).python.rstrip())
    elif as_json:
        _answer_json(text, model, inputs)
    else:
        _answer_plainly(text, model, inputs)


def _answer_plainly(text: str, model: Path | None, inputs: "Inputs") -> None:
    synthesis = _synthesize(text, model)
    arguments = ", ".join(f"{name}: {kind}" for name, kind in synthesis.arguments.items())
    print(f"program: {synthesis.program}")
    print(f"type:    ({arguments}) -> {synthesis.return_type}")
    print(f"\n{synthesis.python.rstrip()}")
    if inputs is not None:
        print(f"\nvalue:   {show_value(_value(synthesis, inputs))}")


def _answer_json(text: str, model: Path | None, inputs: "Inputs") -> None:
    print(json.dumps(_answer(_synthesize(text, model), inputs)))


def _synthesize(text: str, model: Path | None) -> "Synthesis":
    from saps.decoding.synthesizer import Synthesizer

    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CommandError(f"TEXT is not UTF-8: character {error.start + 1} is invalid") from error
    return Synthesizer.load(model).synthesize(text)


def _answer_lines(model: Path | None, inputs: "Inputs") -> None:
    """Answer stdin line by line; a line that fails is answered too, and fails the command."""
    from saps.decoding.synthesizer import Synthesizer

    synthesizer = Synthesizer.load(model)
    specifications = Specifications(sys.stdin.buffer)
    n_failed = 0
    for text, result in specifications.answers(synthesizer.synthesize_many):
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
    answer: dict[str, Any] = synthesis.to_json()
    if inputs is not None:
        answer["value"] = jsonable(_value(synthesis, inputs))
    return answer


def _value(synthesis: "Synthesis", inputs: "Mapping[str, Value]") -> "Value":
    require_arguments(inputs, synthesis.arguments)
    return synthesis.run({name: inputs[name] for name in synthesis.arguments})
