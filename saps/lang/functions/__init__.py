"""The functions of AlgoLisp, each once, with all that the rest needs to know of it.

Types, arity checks, the interpreter, the translation to Python, the symbols of the decoder, the
reference page and completion follow from the entries. To add a function, write one more `@function`
in the file of its kind, and its test; docs/language-extending.md goes through it.

An implementation takes the meter of the run and the evaluated arguments, checks the kinds itself,
and changes no value that it was given.
"""

# ruff: noqa: I001  the order of the table, and of the page made from it, is that of these imports
from saps.lang.functions import number_functions
from saps.lang.functions import array_functions
from saps.lang.functions import text_functions
from saps.lang.functions.function_table import FUNCTIONS, Function, function
from saps.lang.program_values import FORMS, LAMBDA_ARGUMENTS, SELF

__all__ = [
    "FORMS",
    "FUNCTIONS",
    "LAMBDA_ARGUMENTS",
    "SELF",
    "Function",
    "array_functions",
    "function",
    "number_functions",
    "text_functions",
]
