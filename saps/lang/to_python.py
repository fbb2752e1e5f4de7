"""Translates a program into a typed Python function that a person would write.

The function gives the value that the interpreter gives, and raises where the interpreter raises,
limits of steps, time and size aside. Three things follow from that. Work that the language does in
any case is never skipped: `&&` becomes `and` only if its right side can not fail. Where Python is
more lenient, at negative positions for one, and no harm can be excluded, a small helper function
checks. And what an expression can not say becomes a statement before it, or an inner function.
"""

import ast
from collections.abc import Mapping

from saps.lang.inference import node_types
from saps.lang.interpreter import compile_program
from saps.lang.node import Node
from saps.lang.python.carried import helpers_for
from saps.lang.python.layout import layout
from saps.lang.python.translation import Translation
from saps.lang.recursion import with_room


def to_python(
    node: Node, arguments: Mapping[str, str], return_type: str, name: str = "program"
) -> str:
    """Return the source of a Python function, with the imports and helpers that it uses.

    The function is bounded by what bounds Python, not by `Limits`: nested `pow`, or a recursion
    that doubles a list, may take all the time and memory there is. Run what is not trusted with
    `compile_program`, whose limits are the interpreter's own.

    Args:
        node: the program.
        arguments: the type of each argument; they become the parameters, in this order.
        return_type: the type of the value.
        name: of the function.

    Raises:
        UnknownSymbolError, ArityError, DeclarationError: the program could not be run either.
    """
    compile_program(node, arguments)
    return with_room(_source, node, arguments, return_type, name)


def _source(node: Node, arguments: Mapping[str, str], return_type: str, name: str) -> str:
    types = node_types(node, arguments, return_type)
    function = Translation(node, arguments, types).function(name)
    helpers = helpers_for(function)
    text = layout(ast.Module([*helpers, function], []))
    imports = layout(ast.Module(_imports(text), []))
    return f"{imports}\n\n{text}" if imports else text


def _imports(text: str) -> list[ast.stmt]:
    modules = [m for m in ("functools", "itertools", "math", "operator") if f"{m}." in text]
    imports: list[ast.stmt] = [ast.Import([ast.alias(module)]) for module in modules]
    if "Callable" in text:
        imports.append(ast.ImportFrom("collections.abc", [ast.alias("Callable")], 0))
    return imports
