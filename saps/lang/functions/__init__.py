"""The function table: each function of AlgoLisp, once, with all that the rest needs to know of it.

Types, arity checks, the interpreter, the translation to Python, the symbols of the decoder, the
reference page and completion follow from the entries. To add a function, write one more `@function`
in the file of its kind, and its test; docs/language-extending.md goes through it.

An implementation takes the meter of the run and the evaluated arguments, checks the kinds itself,
and changes no value that it was given.
"""

# ruff: noqa: I001  the order of the table, and of the page made from it, is that of these imports
from saps.lang.functions import numbers
from saps.lang.functions import comparisons
from saps.lang.functions import arrays
from saps.lang.functions import higher_order
from saps.lang.functions import strings
from saps.lang.functions import dictionaries
from saps.lang.functions.calls import as_value, callable_of
from saps.lang.functions.table import FORMS, FUNCTIONS, LAMBDA_ARGUMENTS, SELF, Function, function

__all__ = [
    "FORMS",
    "FUNCTIONS",
    "LAMBDA_ARGUMENTS",
    "SELF",
    "Function",
    "arrays",
    "as_value",
    "callable_of",
    "comparisons",
    "dictionaries",
    "function",
    "higher_order",
    "numbers",
    "strings",
]
