"""Writes a Python syntax tree as text, in the style of the usual formatters."""

import ast
from typing import Final

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
        text = f"{head}\n{_block(statement.body, depth + 1)}"
        if statement.orelse:
            text += f"\n{space}else:\n{_block(statement.orelse, depth + 1)}"
        return text
    if isinstance(statement, ast.For):
        head = _with_value(f"for {flat(statement.target)} in ", statement.iter, ":", depth)
        return f"{head}\n{_block(statement.body, depth + 1)}"
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


def _with_value(head: str, value: ast.expr, tail: str, depth: int) -> str:
    room = MAX_COLUMNS - len(head) - len(tail) - len(_INDENT) * depth
    return _INDENT * depth + head + _fitted(value, depth, room) + tail


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


def _fitted(code: ast.expr, depth: int, room: int) -> str:
    """The expression on one line if there is room, else over several lines."""
    text = flat(code)
    if len(text) <= room:
        return text
    return _broken(code, depth)


def _broken(code: ast.expr, depth: int) -> str:
    if isinstance(code, ast.Call):
        return flat(code.func, Precedence.ATOM) + _arguments(code, depth)
    if isinstance(code, ast.List) and code.elts:
        elements = [_fitted(e, depth + 1, _room(depth + 1) - 1) for e in code.elts]
        return _enclosed("[", elements, "]", depth)
    if isinstance(code, ast.ListComp):
        return _comprehension("[", code.elt, code.generators, "]", depth)
    if isinstance(code, ast.GeneratorExp):
        return _comprehension("(", code.elt, code.generators, ")", depth)
    if isinstance(code, ast.Subscript):
        return _subscript(code, depth)
    if isinstance(code, ast.IfExp | ast.BinOp | ast.Compare | ast.BoolOp):
        return _in_parentheses(code, depth)
    return flat(code)


def _subscript(code: ast.Subscript, depth: int) -> str:
    value = flat(code.value, Precedence.ATOM)
    if not isinstance(code.slice, ast.Slice):
        index = _fitted(code.slice, depth + 1, _room(depth + 1))
        return f"{value}[\n{_INDENT * (depth + 1)}{index}\n{_INDENT * depth}]"
    bounds = flat(code)[len(value) :]
    return _operand(code.value, Precedence.ATOM, depth, len(bounds)) + bounds


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
    room = _room(depth + 1)
    if len(code.args) == 1 and isinstance(code.args[0], ast.GeneratorExp) and not code.keywords:
        return _broken(code.args[0], depth)
    parts = [_fitted(argument, depth + 1, room - 1) for argument in code.args]
    for keyword in code.keywords:
        head = f"{keyword.arg}="
        parts.append(head + _fitted(keyword.value, depth + 1, room - len(head) - 1))
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
    lines = [flat(code)] if len(flat(code)) <= _room(depth + 1) else _operands(code, depth + 1)
    return "(\n" + "".join(f"{inside}{line}\n" for line in lines) + f"{outside})"


def _operands(code: ast.expr, depth: int) -> list[str]:
    """The operands of an operation, a line each, every one but the first after its operator."""
    if isinstance(code, ast.IfExp):
        return [
            _operand(code.body, Precedence.OR, depth, 0),
            f"if {_operand(code.test, Precedence.OR, depth, 3)}",
            f"else {_operand(code.orelse, Precedence.TEST, depth, 5)}",
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


def _operand(code: ast.expr, level: int, depth: int, used: int) -> str:
    """An operand, in parentheses if it binds less tightly than its place needs."""
    text = flat(code, level)
    if len(text) + used <= _room(depth):
        return text
    broken = _broken(code, depth)
    has_them = broken.startswith("(\n")
    return f"({broken})" if needs_brackets(code, level) and not has_them else broken
