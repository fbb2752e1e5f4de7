"""Pieces of Python code, as syntax trees; the compiler puts programs together from them.

Nodes have a line number from the start, where `ast` would walk the whole tree to add it.
"""

import ast
from typing import Final


class NameCode(ast.Name):
    """A variable."""

    lineno = 1
    col_offset = 0


class ConstantCode(ast.Constant):
    """A constant."""

    lineno = 1
    col_offset = 0


class CallCode(ast.Call):
    """`f(x, y)`."""

    lineno = 1
    col_offset = 0


class ChoiceCode(ast.IfExp):
    """`x if test else y`."""

    lineno = 1
    col_offset = 0


class CompareCode(ast.Compare):
    """`x < y`, also chained."""

    lineno = 1
    col_offset = 0


class LogicCode(ast.BoolOp):
    """`x and y`."""

    lineno = 1
    col_offset = 0


class BinaryCode(ast.BinOp):
    """`x + y`."""

    lineno = 1
    col_offset = 0


class AssignedCode(ast.NamedExpr):
    """`(x := y)`."""

    lineno = 1
    col_offset = 0


class ElementCode(ast.Subscript):
    """`x[y]`."""

    lineno = 1
    col_offset = 0


class UnaryCode(ast.UnaryOp):
    """`not x`."""

    lineno = 1
    col_offset = 0


LOAD: Final = ast.Load()
STORE: Final = ast.Store()
AND: Final = ast.And()
IS: Final = ast.Is()
NOT: Final = ast.Not()
LESS: Final = ast.Lt()
AT_MOST: Final = ast.LtE()
BIT_AND: Final = ast.BitAnd()


def name(identifier: str) -> ast.expr:
    """A variable that is read."""
    return NameCode(identifier, LOAD)


METER: Final = name("meter")
TYPE: Final = name("type")
INT: Final = name("int")
LIST: Final = name("list")
LEN: Final = name("len")
LOW: Final = name("low")
HIGH: Final = name("high")
ZERO: Final = ConstantCode(0)
TRUE: Final = ConstantCode(True)
FALSE: Final = ConstantCode(False)


class FreshNames:
    """Gives names that a program's code has not had before."""

    __slots__ = ("_n_names",)

    def __init__(self) -> None:
        self._n_names = 0

    def __call__(self, prefix: str) -> str:
        self._n_names += 1
        return f"{prefix}{self._n_names}"


def type_of(value: ast.expr) -> ast.expr:
    """`type(value)`."""
    return CallCode(TYPE, [value], [])


def assigned(variable: ast.expr, value: ast.expr) -> ast.expr:
    """`(variable := value)`."""
    assert isinstance(variable, ast.Name)
    return AssignedCode(NameCode(variable.id, STORE), value)


def function_code(identifier: str, parameters: list[str], body: list[ast.stmt]) -> ast.FunctionDef:
    """`def identifier(parameters): body`."""
    listed = [ast.arg(p, lineno=1, col_offset=0) for p in parameters]
    arguments = ast.arguments([], listed, None, [], [], None, [])
    return ast.FunctionDef(identifier, arguments, body, [], lineno=1, col_offset=0)


def function_value(identifier: str, symbol: str, arity: int) -> ast.stmt:
    """A statement that makes a value of programs from the function `identifier`."""
    made = CallCode(
        name("FunctionValue"), [ConstantCode(symbol), ConstantCode(arity), name(identifier)], []
    )
    return assign(f"v{identifier}", made)


def assign(identifier: str, value: ast.expr) -> ast.stmt:
    """`identifier = value`."""
    return ast.Assign([NameCode(identifier, STORE)], value, lineno=1, col_offset=0)


def return_code(value: ast.expr) -> ast.stmt:
    """`return value`."""
    return ast.Return(value, lineno=1, col_offset=0)


def charge(n_steps: int, is_recursive: bool) -> list[ast.stmt]:
    """`meter.steps -= n_steps`, and where calls may nest without end, `meter.calls -= 1`."""
    statements = [*_count("steps", n_steps, "refill")]
    if is_recursive:
        statements += _count("calls", 1, "refuse_depth")
    return statements


def _count(attribute: str, amount: int, refusal: str) -> list[ast.stmt]:
    left = _attribute(attribute, LOAD)
    refuse = ast.Expr(CallCode(_attribute(refusal, LOAD), [], []), lineno=1, col_offset=0)
    return [
        ast.AugAssign(
            _attribute(attribute, STORE), _SUBTRACT, ConstantCode(amount), lineno=1, col_offset=0
        ),
        ast.If(CompareCode(left, [LESS], [ZERO]), [refuse], [], lineno=1, col_offset=0),
    ]


def _attribute(attribute: str, context: ast.expr_context) -> ast.Attribute:
    return ast.Attribute(METER, attribute, context, lineno=1, col_offset=0)


_SUBTRACT: Final = ast.Sub()


def return_counted(value: ast.expr) -> list[ast.stmt]:
    """Return a value, and give back the call that `charge` took."""
    return [
        assign("value", value),
        ast.AugAssign(
            _attribute("calls", STORE), ast.Add(), ConstantCode(1), lineno=1, col_offset=0
        ),
        return_code(name("value")),
    ]
