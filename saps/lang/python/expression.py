"""Writes a Python expression on one line, with no more brackets than it needs."""

import ast
import math
from enum import IntEnum
from typing import Final


class Precedence(IntEnum):
    """How tightly an expression binds; operands that bind less tightly need parentheses."""

    TEST = 1
    """Conditional expressions and lambdas."""
    OR = 2
    AND = 3
    NOT = 4
    COMPARISON = 5
    BIT_OR = 6
    BIT_AND = 7
    SUM = 8
    PRODUCT = 9
    SIGN = 10
    POWER = 11
    ATOM = 12

    @classmethod
    def of(cls, code: ast.expr) -> int:
        if isinstance(code, ast.IfExp | ast.Lambda):
            return cls.TEST
        if isinstance(code, ast.BoolOp):
            return cls.OR if isinstance(code.op, ast.Or) else cls.AND
        if isinstance(code, ast.UnaryOp):
            return cls.NOT if isinstance(code.op, ast.Not) else cls.SIGN
        if isinstance(code, ast.Compare):
            return cls.COMPARISON
        if isinstance(code, ast.BinOp):
            return _BINARY[type(code.op)][1]
        return cls.ATOM


_BINARY: Final[dict[type[ast.operator], tuple[str, Precedence]]] = {
    ast.BitOr: ("|", Precedence.BIT_OR),
    ast.BitAnd: ("&", Precedence.BIT_AND),
    ast.Add: ("+", Precedence.SUM),
    ast.Sub: ("-", Precedence.SUM),
    ast.Mult: ("*", Precedence.PRODUCT),
    ast.Div: ("/", Precedence.PRODUCT),
    ast.FloorDiv: ("//", Precedence.PRODUCT),
    ast.Mod: ("%", Precedence.PRODUCT),
    ast.Pow: ("**", Precedence.POWER),
}
_COMPARISONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_TEXT: Final = "_text"


def needs_brackets(code: ast.expr, level: int) -> bool:
    """Whether the expression binds less tightly than its place needs."""
    return Precedence.of(code) < level


def operator_of(code: ast.BinOp | ast.Compare) -> str:
    """The sign between the operands."""
    if isinstance(code, ast.BinOp):
        return _BINARY[type(code.op)][0]
    return _COMPARISONS[type(code.ops[0])]


def binary_sign(operator: ast.operator) -> str:
    """The sign of a binary operator."""
    return _BINARY[type(operator)][0]


def flat(code: ast.expr, level: int = Precedence.TEST) -> str:
    """The expression on one line, in parentheses if its place needs more than it has."""
    text = _kept(code)
    return f"({text})" if needs_brackets(code, level) else text


def _kept(code: ast.expr) -> str:
    """The text, written once: a layout asks for it again on each level of what is around."""
    # On the node, which is complete by now. A decorator would put a C frame between the calls.
    text: str | None = code.__dict__.get(_TEXT)
    if text is None:
        text = code.__dict__[_TEXT] = _plain(code)
    return text


def _plain(code: ast.expr) -> str:
    match code:
        case ast.Name():
            return code.id
        case ast.Constant():
            return _constant(code.value)
        case ast.BinOp():
            return _binary(code)
        case ast.Compare():
            left = flat(code.left, Precedence.COMPARISON + 1)
            right = flat(code.comparators[0], Precedence.COMPARISON + 1)
            return f"{left} {operator_of(code)} {right}"
        case ast.BoolOp():
            own = Precedence.of(code)
            word = " or " if isinstance(code.op, ast.Or) else " and "
            return word.join(flat(value, own + 1) for value in code.values)
        case ast.UnaryOp():
            word = "not " if isinstance(code.op, ast.Not) else "-"
            return word + flat(code.operand, Precedence.of(code))
        case ast.IfExp():
            body, test = flat(code.body, Precedence.OR), flat(code.test, Precedence.OR)
            return f"{body} if {test} else {flat(code.orelse)}"
        case ast.Lambda():
            parameters = ", ".join(parameter.arg for parameter in code.args.args)
            return f"lambda {parameters}: {flat(code.body)}" if parameters else _thunk(code)
        case _:
            return _bracketed(code)


def _thunk(code: ast.Lambda) -> str:
    return f"lambda: {flat(code.body)}"


def _bracketed(code: ast.expr) -> str:
    match code:
        case ast.Call():
            return _call(code)
        case ast.Attribute():
            return f"{_owner(code.value)}.{code.attr}"
        case ast.Subscript():
            return f"{flat(code.value, Precedence.ATOM)}[{_index(code.slice)}]"
        case ast.List():
            return f"[{', '.join(map(flat, code.elts))}]"
        case ast.Tuple():
            return ", ".join(map(flat, code.elts))
        case ast.Dict():
            return f"{{{', '.join(map(_entry, code.keys, code.values))}}}"
        case ast.Starred():
            return f"*{flat(code.value, Precedence.BIT_OR)}"
        case ast.ListComp():
            return f"[{_comprehension(code.elt, code.generators)}]"
        case ast.GeneratorExp():
            return f"({_comprehension(code.elt, code.generators)})"
        case _:
            return _unparsed(code)


def _unparsed(code: ast.expr) -> str:
    text = ast.unparse(code)
    is_quoted_singly = isinstance(code, ast.JoinedStr) and '"' not in text
    return f'f"{text[2:-1]}"' if is_quoted_singly else text


def _owner(code: ast.expr) -> str:
    """What stands in front of a dot: `5.real` would be no number's."""
    text = flat(code, Precedence.ATOM)
    return f"({text})" if text.isdigit() else text


def _constant(value: object) -> str:
    if isinstance(value, str):
        text = repr(value)
        if text.startswith("'") and '"' not in text:
            return '"' + text[1:-1].replace("\\'", "'") + '"'
        return text
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _binary(code: ast.BinOp) -> str:
    sign, own = _BINARY[type(code.op)]
    if isinstance(code.op, ast.Pow):
        left, right = flat(code.left, own + 1), flat(code.right, Precedence.SIGN)
        is_tight = _is_operand_of_power(code.left) and _is_operand_of_power(code.right)
        is_tight = is_tight and not isinstance(code.left, ast.UnaryOp)
        return f"{left}**{right}" if is_tight else f"{left} ** {right}"
    return f"{flat(code.left, own)} {sign} {flat(code.right, own + 1)}"


def _is_small(code: ast.expr) -> bool:
    """A name or a number: what formatters write close to `:`."""
    if isinstance(code, ast.UnaryOp):
        return isinstance(code.op, ast.USub) and _is_small(code.operand)
    is_dotted = isinstance(code, ast.Name) and "." in code.id  # `math.inf`
    return isinstance(code, ast.Name | ast.Constant) and not is_dotted


def _is_operand_of_power(code: ast.expr) -> bool:
    """What formatters write close to `**`: what is small, and `math.inf`."""
    return _is_small(code) or isinstance(code, ast.Name)


def _call(code: ast.Call) -> str:
    function = flat(code.func, Precedence.ATOM)
    if len(code.args) == 1 and isinstance(code.args[0], ast.GeneratorExp) and not code.keywords:
        return function + flat(code.args[0])
    parts = [flat(argument) for argument in code.args]
    parts += [f"{keyword.arg}={flat(keyword.value)}" for keyword in code.keywords]
    return f"{function}({', '.join(parts)})"


def _index(code: ast.expr) -> str:
    if not isinstance(code, ast.Slice):
        return flat(code)
    bounds = [bound for bound in (code.lower, code.upper, code.step) if bound is not None]
    space = "" if all(map(_is_small, bounds)) else " "
    lower = f"{flat(code.lower)}{space}" if code.lower is not None else ""
    upper = f"{space}{flat(code.upper)}" if code.upper is not None else ""
    step = f"{space}:{space}{flat(code.step)}" if code.step is not None else ""
    return f"{lower}:{upper}{step}"


def _entry(key: ast.expr | None, value: ast.expr) -> str:
    if key is None:
        return f"**{flat(value, Precedence.BIT_OR)}"
    return f"{flat(key)}: {flat(value)}"


def _comprehension(element: ast.expr, generators: list[ast.comprehension]) -> str:
    text = flat(element)
    for generator in generators:
        text += f" for {flat(generator.target)} in {flat(generator.iter, Precedence.OR)}"
        text += "".join(f" if {flat(test, Precedence.OR)}" for test in generator.ifs)
    return text
