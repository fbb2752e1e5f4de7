"""Writes a Python syntax tree as text, in the style of the usual formatters."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from saps.lang.python.expression import (
    Precedence,
    binary_sign,
    flat,
    needs_brackets,
    operator_of,
)

MAX_COLUMNS: Final = 88
_INDENT: Final = "    "


def layout(module: ast.Module) -> str:
    """Return the source; two blank lines between top-level functions."""
    text = ""
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef) and text:
            text += "\n\n"
        text += _statement(statement, 0) + "\n"
    return text


def _statement(statement: ast.stmt, depth: int) -> str:
    space = _INDENT * depth
    if isinstance(statement, ast.FunctionDef):
        return _function(statement, depth)
    if isinstance(statement, ast.If):
        head = _with_value("if ", statement.test, ":", depth)
        text = f"{head}\n{_suite(statement.body, depth + 1)}"
        if statement.orelse:
            text += f"\n{space}else:\n{_suite(statement.orelse, depth + 1)}"
        return text
    if isinstance(statement, ast.For):
        head = _with_value(f"for {flat(statement.target)} in ", statement.iter, ":", depth)
        return f"{head}\n{_suite(statement.body, depth + 1)}"
    if isinstance(statement, ast.Return) and statement.value is not None:
        return _with_value("return ", statement.value, "", depth)
    if isinstance(statement, ast.Assign):
        return _with_value(f"{flat(statement.targets[0])} = ", statement.value, "", depth)
    if isinstance(statement, ast.AugAssign):
        head = f"{flat(statement.target)} {binary_sign(statement.op)}= "
        return _with_value(head, statement.value, "", depth)
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        return f"{space}raise {flat(statement.exc)}"
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return f'{space}"""{statement.value.value!s}"""'
    return space + ast.unparse(statement)


def _suite(statements: list[ast.stmt], depth: int) -> str:
    """The block of a loop or branch; a function that it begins with stands apart."""
    gap = "\n" if isinstance(statements[0], ast.FunctionDef) else ""
    return gap + _block(statements, depth)


def _with_value(head: str, value: ast.expr, tail: str, depth: int) -> str:
    space = _INDENT * depth
    return space + head + _value(value, depth, len(space) + len(head), len(tail)) + tail


def _function(function: ast.FunctionDef, depth: int) -> str:
    space = _INDENT * depth
    result = f" -> {flat(function.returns)}" if function.returns is not None else ""
    parameters = [_parameter(parameter) for parameter in function.args.args]
    if function.args.vararg is not None:
        parameters.append(f"*{function.args.vararg.arg}")
    head = f"{space}def {function.name}({', '.join(parameters)}){result}:"
    if len(head) > MAX_COLUMNS:
        inside = _enclosed("(", parameters, ")", depth)
        head = f"{space}def {function.name}{inside}{result}:"
    return f"{head}\n{_block(function.body, depth + 1)}"


def _parameter(parameter: ast.arg) -> str:
    if parameter.annotation is None:
        return parameter.arg
    return f"{parameter.arg}: {flat(parameter.annotation)}"


def _block(statements: list[ast.stmt], depth: int) -> str:
    lines: list[str] = []
    for before, statement in zip([None, *statements], statements, strict=False):
        is_apart = isinstance(statement, ast.FunctionDef) or isinstance(before, ast.FunctionDef)
        if before is not None and is_apart:
            lines.append("")
        lines.append(_statement(statement, depth))
    return "\n".join(lines)


def _value(code: ast.expr, depth: int, start: int, n_after: int) -> str:
    """The expression of a statement.

    Args:
        code: the expression.
        depth: of the line that it begins on.
        start: the column where it begins.
        n_after: columns of what follows it.
    """
    text = flat(code)
    if start + len(text) + n_after <= MAX_COLUMNS:
        return text
    if isinstance(code, ast.IfExp) or (_is_operation(code) and not _breaks_in_operand(code)):
        return _in_parentheses(code, depth)
    return _sequence(list(_segments(code, Precedence.TEST)), depth, start, n_after)


def _is_operation(code: ast.expr) -> bool:
    return isinstance(code, ast.BinOp | ast.Compare | ast.BoolOp)


def _breaks_in_operand(code: ast.expr) -> bool:
    """Whether brackets that an operation begins or ends with may break, instead of new ones.

    That is the rule of the formatters: only if no second operator binds as loosely.
    """
    operators = list(_operators(code))
    if operators.count(min(operators)) > 1:
        return False
    pieces = list(_segments(code, Precedence.TEST))
    is_subscript = isinstance(_last_operand(code), ast.Subscript)
    return isinstance(pieces[0], _Group) or (isinstance(pieces[-1], _Group) and not is_subscript)


def _operators(code: ast.expr) -> Iterator[int]:
    """The precedences of the operators outside of all brackets."""
    if not _is_operation(code):
        return
    own = Precedence.of(code)
    for number, (operand, level) in enumerate(_parts(code)):
        if number:
            yield own
        if not needs_brackets(operand, level):
            yield from _operators(operand)


def _parts(code: ast.expr) -> list[tuple[ast.expr, int]]:
    """The operands, and how tightly each has to bind."""
    own = Precedence.of(code)
    if isinstance(code, ast.BoolOp):
        return [(value, own + 1) for value in code.values]
    if isinstance(code, ast.Compare):
        return [(code.left, own + 1), (code.comparators[0], own + 1)]
    assert isinstance(code, ast.BinOp)
    if isinstance(code.op, ast.Pow):
        return [(code.left, own + 1), (code.right, Precedence.SIGN)]
    return [(code.left, own), (code.right, own + 1)]


def _last_operand(code: ast.expr) -> ast.expr:
    while _is_operation(code):
        code, level = _parts(code)[-1]
        if needs_brackets(code, level):
            break
    return code


class _Group(NamedTuple):
    """Brackets with something in them, which stands on one line or on lines of its own."""

    text: str
    """On one line."""
    lines: Callable[[int], str]
    """On several, where the line that it begins on has this depth."""


def _sequence(pieces: "list[str | _Group]", depth: int, start: int, n_after: int) -> str:
    """Text and brackets one after another; brackets break only if nothing later helps."""
    text = ""
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            text += piece
            continue
        column = len(text.rpartition("\n")[2]) + ("\n" not in text) * start
        n_next = _columns_to_break(pieces[number + 1 :], n_after)
        fits = column + len(piece.text) + n_next <= MAX_COLUMNS
        text += piece.text if fits else piece.lines(depth)
    return text


def _columns_to_break(pieces: "list[str | _Group]", n_after: int) -> int:
    n_columns = 0
    for piece in pieces:
        if isinstance(piece, _Group):
            return n_columns + 1  # the bracket that opens
        n_columns += len(piece)
    return n_columns + n_after


def _segments(code: ast.expr, level: int) -> "Iterator[str | _Group]":
    """The pieces of an expression: text, and brackets that may break."""
    if needs_brackets(code, level):
        yield _Group(flat(code, level), partial(_in_parentheses, code))
        return
    match code:
        case ast.Call() | ast.Attribute() | ast.Subscript():
            yield from _postfix_segments(code)
        case ast.List() | ast.ListComp() | ast.GeneratorExp() if flat(code) != "[]":
            yield _Group(flat(code), partial(_display, code))
        case ast.UnaryOp():
            yield "not " if isinstance(code.op, ast.Not) else "-"
            yield from _segments(code.operand, Precedence.of(code))
        case ast.Starred():
            yield "*"
            yield from _segments(code.value, Precedence.BIT_OR)
        case ast.Lambda() if _is_operation(code.body) or isinstance(code.body, ast.IfExp):
            body = flat(code.body)
            yield flat(code)[: -len(body)]
            yield _Group(body, partial(_in_parentheses, code.body))
        case _ if _is_operation(code):
            yield from _operation_segments(code)
        case _:
            yield flat(code)


def _postfix_segments(code: ast.Call | ast.Attribute | ast.Subscript) -> "Iterator[str | _Group]":
    """What stands before the last bracket or dot, then that."""
    before = code.func if isinstance(code, ast.Call) else code.value
    yield from _segments(before, Precedence.ATOM)
    last = flat(code)[len(flat(before, Precedence.ATOM)) :]
    if isinstance(code, ast.Subscript):
        yield _Group(last, partial(_index, code.slice))
    elif isinstance(code, ast.Call) and last != "()":
        yield _Group(last, partial(_arguments, code))
    else:
        yield last


def _operation_segments(code: ast.expr) -> "Iterator[str | _Group]":
    first, *others = _parts(code)
    yield from _segments(*first)
    n_before = len(flat(*first))
    for operand, level in others:
        # Formatters write `x**2` without spaces, but `f(x) ** 2`.
        yield "**" if flat(code)[n_before:].startswith("**") else f" {_sign(code)} "
        yield from _segments(operand, level)


def _sign(code: ast.expr) -> str:
    if isinstance(code, ast.BoolOp):
        return "and" if isinstance(code.op, ast.And) else "or"
    assert isinstance(code, ast.BinOp | ast.Compare)
    return operator_of(code)


def _display(code: ast.List | ast.ListComp | ast.GeneratorExp, depth: int) -> str:
    """A list or a comprehension over several lines."""
    if isinstance(code, ast.GeneratorExp):
        return _comprehension("(", code.elt, code.generators, ")", depth)
    if isinstance(code, ast.ListComp):
        return _comprehension("[", code.elt, code.generators, "]", depth)
    space = _INDENT * (depth + 1)
    elements = (_operand(e, Precedence.TEST, depth + 1, 0, 1) for e in code.elts)
    return "[\n" + "".join(f"{space}{e},\n" for e in elements) + f"{_INDENT * depth}]"


def _index(code: ast.expr, depth: int) -> str:
    if isinstance(code, ast.Slice):
        text = _bounds(code, depth + 1)
    else:
        text = _operand(code, Precedence.TEST, depth + 1, 0)
    return f"[\n{_INDENT * (depth + 1)}{text}\n{_INDENT * depth}]"


def _bounds(code: ast.Slice, depth: int) -> str:
    """A slice on one line, or with bounds that go over lines."""
    text = flat(ast.Subscript(ast.Name("x"), code))[2:-1]
    if len(text) <= _room(depth) or code.step is not None:
        return text
    lower = "" if code.lower is None else _operand(code.lower, Precedence.TEST, depth, 0, 2) + " "
    if code.upper is None:
        return f"{lower}:"
    last_line = lower.rpartition("\n")[2].removeprefix(_INDENT * depth)
    return f"{lower}: {_operand(code.upper, Precedence.TEST, depth, len(last_line) + 2)}"


def _room(depth: int) -> int:
    return MAX_COLUMNS - len(_INDENT) * depth


def _enclosed(opening: str, parts: list[str], closing: str, depth: int) -> str:
    """Brackets on lines of their own; inside, all parts on one line, or each on its own."""
    inside, outside = _INDENT * (depth + 1), _INDENT * depth
    together = ", ".join(parts)
    if "\n" not in together and len(together) <= _room(depth + 1):
        return f"{opening}\n{inside}{together}\n{outside}{closing}"
    lines = "".join(f"{inside}{part},\n" for part in parts)
    return f"{opening}\n{lines}{outside}{closing}"


def _arguments(code: ast.Call, depth: int) -> str:
    if len(code.args) == 1 and isinstance(code.args[0], ast.GeneratorExp) and not code.keywords:
        only = code.args[0]
        return _display(only, depth)
    parts = [_operand(argument, Precedence.TEST, depth + 1, 0, 1) for argument in code.args]
    for keyword in code.keywords:
        head = f"{keyword.arg}="
        parts.append(head + _operand(keyword.value, Precedence.TEST, depth + 1, len(head), 1))
    return _enclosed("(", parts, ")", depth)


def _comprehension(
    opening: str, element: ast.expr, generators: list[ast.comprehension], closing: str, depth: int
) -> str:
    inside, outside = _INDENT * (depth + 1), _INDENT * depth
    together = flat(ast.ListComp(element, generators))[1:-1]
    if len(together) <= _room(depth + 1):
        return f"{opening}\n{inside}{together}\n{outside}{closing}"
    lines = "".join(f"{inside}{line}\n" for line in _clauses(element, generators, depth + 1))
    return f"{opening}\n{lines}{outside}{closing}"


def _clauses(element: ast.expr, generators: list[ast.comprehension], depth: int) -> list[str]:
    lines = [_operand(element, Precedence.TEST, depth, 0)]
    for generator in generators:
        head = f"for {flat(generator.target)} in "
        lines.append(head + _operand(generator.iter, Precedence.OR, depth, len(head)))
        lines += [f"if {_operand(test, Precedence.OR, depth, 3)}" for test in generator.ifs]
    return lines


def _in_parentheses(code: ast.expr, depth: int) -> str:
    inside, outside = _INDENT * (depth + 1), _INDENT * depth
    return f"(\n{inside}{_operand(code, Precedence.TEST, depth + 1, 0)}\n{outside})"


def _operands(code: ast.expr, depth: int) -> list[str]:
    """The operands of an operation, a line each, every one but the first after its operator."""
    if isinstance(code, ast.IfExp):
        return [
            _operand(code.body, Precedence.OR, depth, 0),
            f"if {_operand(code.test, Precedence.OR, depth, 3)}",
            *_otherwise(code.orelse, depth),
        ]
    level = Precedence.of(code)
    if isinstance(code, ast.BoolOp):
        word = "and" if isinstance(code.op, ast.And) else "or"
        first, *rest = (_operand(v, level + 1, depth, 4) for v in code.values)
        return [first, *(f"{word} {operand}" for operand in rest)]
    assert isinstance(code, ast.Compare | ast.BinOp)
    right = code.right if isinstance(code, ast.BinOp) else code.comparators[0]
    sign = operator_of(code)
    last = f"{sign} {_operand(right, level + 1, depth, len(sign) + 1)}"
    is_chain = isinstance(code, ast.BinOp) and Precedence.of(code.left) == level
    if is_chain and not isinstance(code.op, ast.Pow):  # type: ignore[union-attr]  # a BinOp
        return [*_operands(code.left, depth), last]
    left_level = level if isinstance(code, ast.BinOp) and sign != "**" else level + 1
    return [_operand(code.left, left_level, depth, 0), last]


def _otherwise(code: ast.expr, depth: int) -> list[str]:
    """The lines of `else`; a choice there goes on in the same column."""
    if not isinstance(code, ast.IfExp):
        return [f"else {_operand(code, Precedence.TEST, depth, 5)}"]
    first, *rest = _operands(code, depth)
    return [f"else {first}", *rest]


def _operand(code: ast.expr, level: int, depth: int, used: int, n_after: int = 0) -> str:
    """An expression in brackets, which needs none of its own to go over lines.

    Args:
        code: the expression.
        level: how tightly it has to bind; else it gets parentheses.
        depth: of its line.
        used: columns of what stands before it on that line.
        n_after: columns of what follows it.
    """
    text = flat(code, level)
    if len(text) + used + n_after <= _room(depth):
        return text
    if not needs_brackets(code, level) and (_is_operation(code) or isinstance(code, ast.IfExp)):
        return f"\n{_INDENT * depth}".join(_operands(code, depth))
    start = len(_INDENT) * depth + used
    return _sequence(list(_segments(code, level)), depth, start, n_after)
