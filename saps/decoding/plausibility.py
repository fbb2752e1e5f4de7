"""Whether a program is one that a person would ask for, before anything is known of its outputs."""

import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from saps.data.generator.inputs import LARGEST_NUMBER, draw_inputs
from saps.data.generator.trial import LIMITS
from saps.decoding.declarations import settle_signature
from saps.decoding.request import Request
from saps.lang import AlgoLispError, Node, Value, compile_program

_TYPES: Final = ("int", "int[]", "string", "string[]")
_LARGEST: Final = (LARGEST_NUMBER, LARGEST_NUMBER, 12, 5, 5, 2) * 4
_FEWEST_VALUES: Final = 2
_SETTLED_BY_TWINS: Final = frozenset(
    {"==", "!=", "<", ">", "<=", ">=", "-", "/", "%", "min", "max", "&&", "||"}
)
_NUMERAL: Final = re.compile(r"-?\d+")


def is_plausible(program: Node, request: Request) -> bool:
    """Tell whether a program uses all that it is given, can run, and does not always give the same.

    What it is given are its arguments, and the constants that its text says. Nor may it compare, or
    take the lesser of, a thing with itself or two numerals: no generated program does.

    On inputs that are drawn as the generator draws them: that it raises on most is no fault, since
    a person has others in mind, and that it does not vary is none of a truth, since some are rare.
    A program with no argument, or with one whose values the generator can not draw, is not run.

    Args:
        program: well-typed.
        request: what is known of it; arguments that are not declared are those that it names.
    """
    declared = request.wanted_arguments()
    symbols = {node.symbol for node in program.preorder()}
    if declared is not None and not declared.keys() <= symbols:
        return False
    if not request.constants <= symbols or _says_nothing(program):
        return False
    try:
        signature = settle_signature(program, "", declared, request.result)
    except AlgoLispError:
        return False
    arguments = {name: str(kind) for name, kind in signature.arguments.items()}
    if not arguments or any(kind not in _TYPES for kind in arguments.values()):
        return True
    values = [repr(value) for value in _values(program, arguments)]
    if len(values) < _FEWEST_VALUES:
        return False
    return str(signature.result) == "bool" or len(set(values)) > 1


def _says_nothing(program: Node) -> bool:
    """Whether some part of a program is settled whatever its arguments are, as `(< a a)` is."""
    return any(
        node.symbol in _SETTLED_BY_TWINS
        and len(node.children) == 2
        and (node.children[0] == node.children[1] or all(map(_is_numeral, node.children)))
        for node in program.preorder()
    )


def _is_numeral(node: Node) -> bool:
    return not node.children and bool(_NUMERAL.fullmatch(node.symbol))


def _values(program: Node, arguments: Mapping[str, str]) -> Iterator[Value]:
    """Yield what a program gives on inputs by chance, where it does not raise."""
    run, rng = compile_program(program, arguments, LIMITS), Random(0)
    for largest in _LARGEST:
        try:
            yield run(draw_inputs(arguments, largest, rng))
        except AlgoLispError:
            continue
