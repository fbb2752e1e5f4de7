"""Lays a Python syntax tree out as text: like `ast.unparse`, with short lines and double quotes."""

import ast
import re
from typing import Final

MAX_COLUMNS: Final = 88

_STRING: Final = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"(?:[^\"\\\n]|\\.)*\"")


def layout(module: ast.Module) -> str:
    """Return the source; two blank lines between top-level functions."""
    ast.fix_missing_locations(module)
    parts = [_statement(statement, 0) for statement in module.body]
    text = ""
    for statement, part in zip(module.body, parts, strict=True):
        is_function = isinstance(statement, ast.FunctionDef)
        text += ("\n\n" if is_function and text else "") + part + "\n"
    return text


def _text(code: ast.AST) -> str:
    text = ast.unparse(code)
    for part in ast.walk(code):
        # ast.unparse gives a generator its own parentheses even where those of a call would do.
        if isinstance(part, ast.Call) and len(part.args) == 1 and not part.keywords:
            generator = part.args[0]
            if isinstance(generator, ast.GeneratorExp):
                inner = ast.unparse(generator)
                text = text.replace(f"({inner})", inner)
    return _STRING.sub(_double_quoted, text)


def _double_quoted(match: re.Match[str]) -> str:
    inner = match.group(1)
    if inner is None or '"' in inner:
        return match.group()
    return '"' + inner.replace("\\'", "'") + '"'


def _statement(statement: ast.stmt, indent: int) -> str:
    space = "    " * indent
    if isinstance(statement, ast.FunctionDef):
        return _function(statement, indent)
    if isinstance(statement, ast.If):
        text = (
            f"{space}if {_broken(statement.test, indent, 4)}:\n{_block(statement.body, indent + 1)}"
        )
        if statement.orelse:
            text += f"\n{space}else:\n{_block(statement.orelse, indent + 1)}"
        return text
    if isinstance(statement, ast.For):
        head = f"for {_text(statement.target)} in "
        return (
            f"{space}{head}{_broken(statement.iter, indent, len(head) + 1)}:\n"
            f"{_block(statement.body, indent + 1)}"
        )
    if isinstance(statement, ast.Return) and statement.value is not None:
        return f"{space}return {_broken(statement.value, indent, 7)}"
    if isinstance(statement, ast.Assign):
        head = f"{_text(statement.targets[0])} = "
        return f"{space}{head}{_broken(statement.value, indent, len(head))}"
    return "\n".join(space + line for line in _docstring(statement).splitlines())


def _docstring(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return f'"""{statement.value.value!s}"""'
    return _text(statement)


def _function(function: ast.FunctionDef, indent: int) -> str:
    space = "    " * indent
    result = f" -> {_text(function.returns)}" if function.returns is not None else ""
    head = f"{space}def {function.name}({_text(function.args)}){result}:"
    if len(head) > MAX_COLUMNS:
        listed = "".join(f"{space}    {_text(a)},\n" for a in function.args.args)
        head = f"{space}def {function.name}(\n{listed}{space}){result}:"
    return f"{head}\n{_block(function.body, indent + 1)}"


def _block(statements: list[ast.stmt], indent: int) -> str:
    lines: list[str] = []
    for before, statement in zip([None, *statements], statements, strict=False):
        is_apart = isinstance(statement, ast.FunctionDef) or isinstance(before, ast.FunctionDef)
        if before is not None and is_apart:
            lines.append("")
        lines.append(_statement(statement, indent))
    return "\n".join(lines)


def _broken(code: ast.expr, indent: int, used: int) -> str:
    """The expression on one line if it fits beside `used` columns, else over several."""
    text = _text(code)
    if len(text) + used + 4 * indent <= MAX_COLUMNS:
        return text
    inside = "    " * (indent + 1)
    outside = "    " * indent
    pieces = _pieces(code, indent + 1)
    if pieces is None:
        return text
    opening, parts, closing = pieces
    return f"{opening}\n" + "".join(f"{inside}{part}\n" for part in parts) + f"{outside}{closing}"


def _pieces(code: ast.expr, indent: int) -> tuple[str, list[str], str] | None:
    """Opening bracket, lines, closing bracket."""
    if isinstance(code, ast.ListComp):
        return "[", _comprehension_lines(code.elt, code.generators, indent), "]"
    if isinstance(code, ast.GeneratorExp):
        return "(", _comprehension_lines(code.elt, code.generators, indent), ")"
    if isinstance(code, ast.Call):
        return _call_pieces(code, indent)
    if isinstance(code, ast.List):
        return "[", [f"{_broken(e, indent, 1)}," for e in code.elts], "]"
    if isinstance(code, ast.IfExp):
        return "(", _choice_lines(code, indent), ")"
    if isinstance(code, ast.BinOp):
        return "(", _operation_lines(code, indent), ")"
    if isinstance(code, ast.Compare):
        return "(", _comparison_lines(code, indent), ")"
    return None


def _call_pieces(code: ast.Call, indent: int) -> tuple[str, list[str], str]:
    opening = f"{_text(code.func)}("
    if len(code.args) == 1 and isinstance(code.args[0], ast.GeneratorExp) and not code.keywords:
        inner = code.args[0]
        return opening, _comprehension_lines(inner.elt, inner.generators, indent), ")"
    lines = [f"{_broken(argument, indent, 1)}," for argument in code.args]
    lines += [f"{k.arg}={_broken(k.value, indent, len(k.arg or '') + 2)}," for k in code.keywords]
    return opening, lines, ")"


def _comprehension_lines(
    element: ast.expr, generators: list[ast.comprehension], indent: int
) -> list[str]:
    lines = [_broken(element, indent, 0)]
    for generator in generators:
        head = f"for {_text(generator.target)} in "
        lines.append(head + _operand(generator.iter, ast.IfExp, indent, len(head)))
        lines += [f"if {_operand(test, ast.IfExp, indent, 3)}" for test in generator.ifs]
    return lines


def _choice_lines(code: ast.IfExp, indent: int) -> list[str]:
    return [
        _operand(code.body, ast.IfExp, indent, 0),
        f"if {_operand(code.test, ast.IfExp, indent, 3)}",
        f"else {_broken(code.orelse, indent, 5)}",
    ]


def _operand(code: ast.expr, kind: type[ast.expr], indent: int, used: int) -> str:
    """As `_broken`, in parentheses where an expression of this kind would need them."""
    text = _broken(code, indent, used)
    has_them = "\n" in text and text.startswith("(")
    return f"({text})" if isinstance(code, kind | ast.Lambda) and not has_them else text


def _operation_lines(code: ast.BinOp, indent: int) -> list[str]:
    # Let ast.unparse decide about parentheses: hide each operand behind a name of its kind.
    operator = _text(ast.BinOp(ast.Name("x"), code.op, ast.Name("y")))[1:-1].strip()
    left = _parenthesised(code, "left", indent)
    right = _parenthesised(code, "right", indent)
    return [left, f"{operator} {right}"]


def _parenthesised(code: ast.BinOp, side: str, indent: int) -> str:
    operand: ast.expr = getattr(code, side)
    whole = ast.unparse(code)
    plain = ast.unparse(operand)
    bracketed = f"({plain})"
    needs = whole.startswith(bracketed) if side == "left" else whole.endswith(bracketed)
    text = _broken(operand, indent, 4)
    if not needs or text.startswith("("):
        return text if not needs or "\n" in text else f"({plain})"
    return f"({text})"


def _comparison_lines(code: ast.Compare, indent: int) -> list[str]:
    operator = _text(ast.Compare(ast.Name("x"), code.ops, [ast.Name("y")]))[1:-1].strip()
    kind = ast.Compare | ast.IfExp | ast.BoolOp
    left = _operand(code.left, kind, indent, 0)  # type: ignore[arg-type]
    right = _operand(code.comparators[0], kind, indent, 3)  # type: ignore[arg-type]
    return [left, f"{operator} {right}"]
