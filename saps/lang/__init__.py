"""AlgoLisp: a small typed functional language. Imports Lark and the standard library only.

Text becomes a `Node` (`parser`), and a `Node` with the types of its arguments either a `Signature`,
by inference (`check`, on the terms of `unify`), or a `Program`: `compiler` writes Python code for
it, and `interpreter` checks inputs and runs that code under a meter (`limits`), in one process or
in many. All of them, `python/` that writes Python for people, and `render` that writes the
reference, ask one table what a function is: `functions/function_table.py`, which the files beside
it fill. Whatever a program or an input is, what escapes is an `AlgoLispError` (`errors`).
"""

from saps.lang.check import Signature, infer_signature, infer_type
from saps.lang.errors import AlgoLispError, ParseError
from saps.lang.functions import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS, Function
from saps.lang.interpreter import Job, Outcome, Program, compile_program, evaluate_many
from saps.lang.limits import Limits
from saps.lang.node import Node
from saps.lang.parser import parse
from saps.lang.program_values import Value, values_equal
from saps.lang.python.translation import to_python
from saps.lang.types import Type, parse_type

__all__ = [
    "FORMS",
    "FUNCTIONS",
    "LAMBDA_ARGUMENTS",
    "AlgoLispError",
    "Function",
    "Job",
    "Limits",
    "Node",
    "Outcome",
    "ParseError",
    "Program",
    "Signature",
    "Type",
    "Value",
    "compile_program",
    "evaluate_many",
    "infer_signature",
    "infer_type",
    "parse",
    "parse_type",
    "to_python",
    "values_equal",
]
