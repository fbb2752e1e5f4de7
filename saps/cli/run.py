"""`saps run`: type-check a program and compute its value."""

from saps.cli.options import DebugOption, InputOption, ProgramArgument


def run(program: ProgramArgument, input_: InputOption = None, _debug: DebugOption = False) -> None:
    """Run PROGRAM and print its value, as JSON.

    saps run "(reduce a 0 +)" --input '{"a": [1, 2, 3]}'
    """
    from saps.cli.program import errors_located_in, read_program, signature_of
    from saps.cli.values import read_inputs, require_arguments, show_value
    from saps.lang import compile_program

    inputs = read_inputs(input_ or "{}")
    node = read_program(program)
    arguments = {name: str(kind) for name, kind in signature_of(node).arguments.items()}
    require_arguments(inputs, arguments)
    with errors_located_in(node):
        value = compile_program(node, arguments)({name: inputs[name] for name in arguments})
    print(show_value(value))
