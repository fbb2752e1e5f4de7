"""`saps run`: type-check a program and compute its value."""

from typing import Annotated

import typer

from saps.cli.options import DebugOption, InputOption, ProgramArgument


def run(
    program: ProgramArgument,
    input_: InputOption = None,
    python: Annotated[
        bool, typer.Option("--python", help="Print PROGRAM as a Python function instead.")
    ] = False,
    _debug: DebugOption = False,
) -> None:
    """Run PROGRAM and print its value, as JSON.

    saps run "(reduce a 0 +)" --input '{"a": [1, 2, 3]}'
    """
    from saps.cli.program import errors_located_in, read_program, signature_of
    from saps.cli.values import read_inputs, require_arguments, show_value
    from saps.lang import compile_program, to_python

    inputs = read_inputs(input_ or "{}")
    node = read_program(program)
    signature = signature_of(node)
    arguments = {name: str(kind) for name, kind in signature.arguments.items()}
    if python:
        print(to_python(node, arguments, str(signature.result)), end="")
        return
    require_arguments(inputs, arguments)
    with errors_located_in(node):
        value = compile_program(node, arguments)({name: inputs[name] for name in arguments})
    print(show_value(value))
