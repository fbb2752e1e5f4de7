"""AlgoLisp: a small typed functional language. Imports Lark and the standard library only."""

from saps.lang.batch import Job, Outcome, evaluate_many
from saps.lang.errors import AlgoLispError, ParseError
from saps.lang.functions import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS, Function
from saps.lang.inference import Signature, infer_signature, infer_type
from saps.lang.interpreter import Program, compile_program
from saps.lang.limits import Limits
from saps.lang.node import Node
from saps.lang.parser import parse
from saps.lang.to_python import to_python
from saps.lang.types import Type, parse_type
from saps.lang.values import Value, values_equal

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
