"""Whether a program is one that a person would ask for, before anything is known of its outputs."""

from random import Random
from typing import Final

from saps.data.generator.trial import draw_tests
from saps.decoding.declarations import settle_signature
from saps.decoding.request import Request
from saps.lang import AlgoLispError, Node

_TYPES: Final = ("int", "int[]", "string", "string[]")


def is_plausible(program: Node, request: Request) -> bool:
    """Tell whether a program uses all its arguments, runs, and does not always give the same.

    These are the conditions under which the generator keeps a task: drawn inputs, of which most
    must not raise, and outputs that differ. A program with no argument, or with one whose values
    the generator can not draw, is not run.

    Args:
        program: well-typed.
        request: what is known of it; arguments that are not declared are those that it names.
    """
    declared = request.wanted_arguments()
    symbols = {node.symbol for node in program.preorder()}
    if declared is not None and not declared.keys() <= symbols:
        return False
    try:
        signature = settle_signature(program, "", declared, request.result)
    except AlgoLispError:
        return False
    arguments = {name: str(kind) for name, kind in signature.arguments.items()}
    if not arguments or any(kind not in _TYPES for kind in arguments.values()):
        return True
    return bool(draw_tests(program, arguments, Random(0)))
