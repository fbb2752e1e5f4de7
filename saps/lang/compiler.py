"""Turns a checked tree into a Python code object; on the way it checks names, arity and forms.

The code is built as a Python syntax tree, node by node, from symbols that were looked up before:
no text of a program ever becomes Python text. Arguments and lambda arguments become variables of
our own naming, lambdas become functions, calls become calls of the implementations in the function
table. The commonest operations get a fast path for integers in front of that call.

Each call carries the number of its node in preorder as its line number. So a traceback tells which
node failed, at no cost to a run that succeeds.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, Final

from saps.lang.constants import constant
from saps.lang.errors import AlgoLispError, TreePath, ValueTypeError
from saps.lang.functions import FORMS, FUNCTIONS, Function, as_value, callable_of
from saps.lang.limits import Limits, Meter
from saps.lang.node import Node
from saps.lang.scope import arity_error, lambda_arity, located, unknown_symbol
from saps.lang.types import BOOL
from saps.lang.values import FunctionValue, kind_of

FILENAME: Final = "<algolisp>"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program as Python code; `instance` makes a function of it that works with a meter.

    Attributes:
        code: of a function of the inputs.
        constants: what its global names stand for, but for functions as values and the meter.
        functions: global names that stand for functions of the table as values.
        paths: of the nodes, in preorder; line numbers of the code, from 1, index it.
        cost: the steps of the code outside of lambdas.
    """

    code: CodeType
    constants: dict[str, Any]
    functions: dict[str, Function]
    paths: list[TreePath]
    cost: int

    def instance(self, meter: Meter) -> Callable[..., Any]:
        values = {name: as_value(function, meter) for name, function in self.functions.items()}
        return FunctionType(self.code, {**self.constants, **values, "meter": meter})


def compile_node(root: Node, names: tuple[str, ...], limits: Limits) -> Compiled:
    """Compile a program whose arguments have these names.

    Raises:
        UnknownSymbolError, ArityError, SizeLimitError: see `compile_program`.
    """
    return _Compiler(root, names, limits).compile()


class _Name(ast.Name):
    lineno = 1
    col_offset = 0


class _Constant(ast.Constant):
    lineno = 1
    col_offset = 0


class _Call(ast.Call):
    lineno = 1
    col_offset = 0


class _IfExp(ast.IfExp):
    lineno = 1
    col_offset = 0


class _Compare(ast.Compare):
    lineno = 1
    col_offset = 0


class _BoolOp(ast.BoolOp):
    lineno = 1
    col_offset = 0


class _BinOp(ast.BinOp):
    lineno = 1
    col_offset = 0


class _NamedExpr(ast.NamedExpr):
    lineno = 1
    col_offset = 0


class _Subscript(ast.Subscript):
    lineno = 1
    col_offset = 0


class _UnaryOp(ast.UnaryOp):
    lineno = 1
    col_offset = 0


_LOAD: Final = ast.Load()
_STORE: Final = ast.Store()
_AND: Final = ast.And()
_IS: Final = ast.Is()
_NOT: Final = ast.Not()
_LESS: Final = ast.Lt()
_AT_MOST: Final = ast.LtE()
_BIT_AND: Final = ast.BitAnd()
_BOUNDED: Final[dict[str, ast.operator]] = {
    "+": ast.Add(),
    "-": ast.Sub(),
    "*": ast.Mult(),
    "square": ast.Mult(),
}
_DIVISIONS: Final[dict[str, ast.operator]] = {"/": ast.FloorDiv(), "%": ast.Mod()}
_COMPARISONS: Final[dict[str, ast.cmpop]] = {
    "<": _LESS,
    ">": ast.Gt(),
    "<=": _AT_MOST,
    ">=": ast.GtE(),
    "==": ast.Eq(),
    "!=": ast.NotEq(),
}
_LOGIC: Final[dict[str, ast.operator]] = {"&&": _BIT_AND, "||": ast.BitOr()}
_EXTREMES: Final = {"min": (0, 1), "max": (1, 0)}
_INTEGER_OPERATIONS: Final = frozenset({*_BOUNDED, *_DIVISIONS, *_COMPARISONS, *_EXTREMES})
_ANY_LEAF: Final = Node("arg1")


def _name(identifier: str) -> ast.expr:
    return _Name(identifier, _LOAD)


_METER: Final = _name("meter")
_TYPE: Final = _name("type")
_INT: Final = _name("int")
_LIST: Final = _name("list")
_LEN: Final = _name("len")
_LOW: Final = _name("low")
_HIGH: Final = _name("high")
_ZERO: Final = _Constant(0)
_TRUE: Final = _Constant(True)
_FALSE: Final = _Constant(False)


@dataclass(slots=True)
class _Lambda:
    """A lambda under construction, or the program itself, which is at level 0.

    Attributes:
        level: how many lambdas are around it, itself included.
        arity: how many arguments it takes.
        variables: what `arg1`, `arg2` and `self` are called inside, and the level that binds them.
        definitions: statements that its body begins with: inner lambdas.
        reach: the innermost level outside of it that it refers to.
        n_nodes: of its body, inner lambdas aside.
    """

    level: int
    arity: int
    variables: dict[str, tuple[str, int]]
    definitions: list[ast.stmt] = field(default_factory=list)
    reach: int = 0
    n_nodes: int = 0


class _Compiler:
    """Compiles one program."""

    def __init__(self, root: Node, names: tuple[str, ...], limits: Limits) -> None:
        self._root = root
        self._bound = 1 << limits.bits
        self._limits = limits
        self._parameters = [f"i{slot}" for slot in range(len(names))]
        self._inputs = dict(zip(names, self._parameters, strict=True))
        self._paths: list[TreePath] = []
        self._around: list[_Lambda] = []
        self._constants: dict[str, Any] = {
            "low": -self._bound,
            "high": self._bound,
            "FunctionValue": FunctionValue,
            "call1": _call1,
            "call2": _call2,
            "call_many": _call_many,
            "refuse_condition": _refuse_condition,
        }
        self._functions: dict[str, Function] = {}
        self._n_names = 0
        self._is_wild = _calls_unknown_functions(root)

    def compile(self) -> Compiled:
        program = _Lambda(0, 0, {})
        self._around.append(program)
        value = self._node(self._root, ())
        body = [*program.definitions, ast.Return(value, lineno=1, col_offset=0)]
        module = ast.Module([_function("program", self._parameters, body)], [])
        code = compile(module, FILENAME, "exec", dont_inherit=True, optimize=0)
        inner = next(c for c in code.co_consts if isinstance(c, CodeType))
        return Compiled(inner, self._constants, self._functions, self._paths, program.n_nodes)

    def _fresh(self, prefix: str) -> str:
        self._n_names += 1
        return f"{prefix}{self._n_names}"

    def _node(self, node: Node, path: TreePath) -> ast.expr:
        self._paths.append(path)
        line = len(self._paths)
        self._around[-1].n_nodes += 1
        symbol = node.symbol
        if not node.children:
            return self._leaf(symbol, node, path)
        if symbol in FORMS:
            return self._form(node, path, line)
        if symbol == "invoke1" and len(node.children) == 2 and _is_lambda(node.children[0]):
            return self._direct_call(node, path, line)
        operands = [self._node(c, (*path, i)) for i, c in enumerate(node.children)]
        if symbol in FUNCTIONS:
            return self._builtin(node, operands, path, line)
        return self._application(node, operands, path, line)

    # Leaves

    def _leaf(self, symbol: str, node: Node, path: TreePath) -> ast.expr:
        variables = self._around[-1].variables
        if symbol in variables:
            return self._variable(symbol)
        if symbol in self._inputs:
            return _name(self._inputs[symbol])
        if symbol in FUNCTIONS:
            return self._function_as_value(symbol)
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        return self._constant(symbol, path)

    def _function_as_value(self, symbol: str) -> ast.expr:
        if symbol not in _INTEGER_OPERATIONS:
            self._functions[f"v_{symbol}"] = FUNCTIONS[symbol]
            return _name(f"v_{symbol}")
        # As a function of the program's own, it has the fast path too.
        arity = FUNCTIONS[symbol].arity
        parameters = [self._fresh("x") for _ in range(arity)]
        call = Node(symbol, (_ANY_LEAF,) * arity)
        body = self._builtin(call, list(map(_name, parameters)), (), len(self._paths))
        identifier = self._fresh("f")
        self._around[0].definitions += [
            _function(identifier, parameters, [_return(body)]),
            _function_value(identifier, symbol, arity),
        ]
        return _name(f"v{identifier}")

    def _variable(self, symbol: str) -> ast.expr:
        identifier, level = self._around[-1].variables[symbol]
        if symbol != "self":  # that name lives wherever the lambda will be defined
            self._reach(level)
        return _name(identifier)

    def _reach(self, level: int) -> None:
        for inner in self._around[level + 1 :]:
            inner.reach = max(inner.reach, level)

    def _constant(self, symbol: str, path: TreePath) -> ast.expr:
        try:
            found = constant(symbol)
        except AlgoLispError as error:
            raise located(error, self._root, path) from None
        if found is None:
            raise unknown_symbol(symbol, self._root, path)
        value = found[0]
        if type(value) is int and not -self._bound < value < self._bound:
            too_large = Meter(self._limits).too_many_bits(value.bit_length())
            raise located(too_large, self._root, path)
        if type(value) in (int, float, str, bool):
            return _Constant(value)
        self._constants["INT_TYPE"] = value
        return _name("INT_TYPE")

    # Calls

    def _builtin(self, node: Node, operands: list[ast.expr], path: TreePath, line: int) -> ast.expr:
        function = FUNCTIONS[node.symbol]
        if len(operands) != function.arity:
            raise arity_error(node, function.arity, self._root, path)
        identifier = f"f_{function.name}"
        self._constants[identifier] = function.implementation
        fast = self._fast(node, identifier, operands, line)
        if fast is not None:
            return fast
        return _Call(_name(identifier), [_METER, *operands], [], lineno=line)

    def _fast(
        self, node: Node, identifier: str, operands: list[ast.expr], line: int
    ) -> ast.expr | None:
        symbol = node.symbol
        if symbol in _INTEGER_OPERATIONS:
            return self._fast_integers(node, identifier, operands, line)
        if symbol in ("&&", "||", "!"):
            return self._fast_logic(node, operands)
        if symbol == "deref" and not isinstance(operands[0], ast.Constant):
            return self._fast_element(identifier, operands, line)
        if symbol == "len":
            return self._fast_length(identifier, operands[0], line)
        return None

    def _named(self, operand: ast.expr) -> tuple[ast.expr, ast.expr]:
        """An expression that evaluates the operand, and one that gives its value again."""
        if isinstance(operand, ast.Name | ast.Constant):
            return operand, operand
        variable = _Name(self._fresh("t"), _LOAD)
        return _assigned(variable, operand), variable

    def _fast_integers(
        self, node: Node, identifier: str, operands: list[ast.expr], line: int
    ) -> ast.expr | None:
        """`x + y if both are integers and so the sum is, within bounds, else the call`."""
        named = [self._named(operand) for operand in operands]
        test = _are_integers([first for first, _ in named])
        if test is None:
            return None
        again = [value for _, value in named]
        slow = _Call(_name(identifier), [_METER, *again], [], lineno=line)
        if node.symbol in _BOUNDED:
            result = _Name(self._fresh("r"), _LOAD)
            value = _assigned(result, _BinOp(again[0], _BOUNDED[node.symbol], again[-1]))
            in_bounds = _Compare(_LOW, [_LESS, _LESS], [value, _HIGH])
            return _IfExp(_BoolOp(_AND, [test, in_bounds]), result, slow)
        if node.symbol in _COMPARISONS:
            fast: ast.expr = _Compare(again[0], [_COMPARISONS[node.symbol]], [again[1]])
            return _IfExp(test, fast, slow)
        if node.symbol in _EXTREMES:
            then, otherwise = _EXTREMES[node.symbol]
            in_order = _Compare(again[0], [_AT_MOST], [again[1]])
            return _IfExp(test, _IfExp(in_order, again[then], again[otherwise]), slow)
        divisor = again[1]
        if not isinstance(divisor, ast.Constant):
            test = _BoolOp(_AND, [test, divisor])  # a divisor of zero takes the slow path
        elif not divisor.value:
            return None
        return _IfExp(test, _BinOp(again[0], _DIVISIONS[node.symbol], divisor), slow)

    def _fast_logic(self, node: Node, operands: list[ast.expr]) -> ast.expr | None:
        """Operators of truth values, where it is known that there are such."""
        if not all(map(_is_boolean, node.children)):
            return None
        if node.symbol == "!":
            return _UnaryOp(_NOT, operands[0])
        # Not `and`: both sides are evaluated.
        return _BinOp(operands[0], _LOGIC[node.symbol], operands[1])

    def _fast_element(self, identifier: str, operands: list[ast.expr], line: int) -> ast.expr:
        """`values[position] if both are what they should be else the call`."""
        (first, values), (second, position) = map(self._named, operands)
        is_array = _Compare(_type_of(first), [_IS], [_LIST])
        is_integer = _Compare(_type_of(second), [_IS], [_INT])
        both = _BinOp(is_array, _BIT_AND, is_integer)  # not `and`: both have to be evaluated
        inside = _Compare(_ZERO, [_AT_MOST, _LESS], [position, _Call(_LEN, [values], [])])
        slow = _Call(_name(identifier), [_METER, values, position], [], lineno=line)
        return _IfExp(_BoolOp(_AND, [both, inside]), _Subscript(values, position, _LOAD), slow)

    def _fast_length(self, identifier: str, operand: ast.expr, line: int) -> ast.expr:
        first, values = self._named(operand)
        is_array = _Compare(_type_of(first), [_IS], [_LIST])
        slow = _Call(_name(identifier), [_METER, values], [], lineno=line)
        return _IfExp(is_array, _Call(_LEN, [values], []), slow)

    def _direct_call(self, node: Node, path: TreePath, line: int) -> ast.expr:
        """A lambda that is called where it is written."""
        identifier, _ = self._lambda(node.children[0], (*path, 0))
        if node.children[0].symbol != "lambda1":
            value = self._node(node.children[1], (*path, 1))
            return self._value_call(_name(f"v{identifier}"), [value], line)
        return _Call(_name(identifier), [self._node(node.children[1], (*path, 1))], [], lineno=line)

    def _application(
        self, node: Node, operands: list[ast.expr], path: TreePath, line: int
    ) -> ast.expr:
        """A call of a function value that has a name: `self`, or an argument."""
        symbol, innermost = node.symbol, self._around[-1]
        if symbol in innermost.variables:
            head = self._variable(symbol)
            if symbol == "self" and len(operands) == innermost.arity:
                assert isinstance(head, ast.Name)
                return _Call(_name(head.id[1:]), operands, [], lineno=line)
            return self._value_call(head, operands, line)
        if symbol in self._inputs:
            return self._value_call(_name(self._inputs[symbol]), operands, line)
        if constant(symbol) is not None:
            raise arity_error(node, 0, self._root, path)
        raise unknown_symbol(symbol, self._root, path)

    def _value_call(self, head: ast.expr, operands: list[ast.expr], line: int) -> ast.expr:
        identifier = f"call{len(operands)}" if len(operands) <= 2 else "call_many"
        return _Call(_name(identifier), [head, *operands], [], lineno=line)

    # Forms

    def _form(self, node: Node, path: TreePath, line: int) -> ast.expr:
        if len(node.children) != FORMS[node.symbol]:
            raise arity_error(node, FORMS[node.symbol], self._root, path)
        if node.symbol == "if":
            return self._choice(node, path, line)
        return _name(f"v{self._lambda(node, path, is_counted=True)[0]}")

    def _choice(self, node: Node, path: TreePath, line: int) -> ast.expr:
        condition, then, otherwise = (
            self._node(child, (*path, index)) for index, child in enumerate(node.children)
        )
        if _is_boolean(node.children[0]):
            return _IfExp(condition, then, otherwise)
        verdict = _name(self._fresh("t"))
        refusal = _Call(_name("refuse_condition"), [verdict], [], lineno=line)
        is_true = _Compare(_assigned(verdict, condition), [_IS], [_TRUE])
        is_false = _Compare(verdict, [_IS], [_FALSE])
        return _IfExp(is_true, then, _IfExp(is_false, otherwise, refusal))

    def _lambda(
        self, node: Node, path: TreePath, *, is_counted: bool = False
    ) -> tuple[str, "_Lambda"]:
        """Define a lambda, as far out as what it refers to allows; return the function's name."""
        if not is_counted:
            self._paths.append(path)
            self._around[-1].n_nodes += 1
            if len(node.children) != FORMS[node.symbol]:
                raise arity_error(node, FORMS[node.symbol], self._root, path)
        identifier = self._fresh("f")
        arity = lambda_arity(node.symbol)
        outer = self._around[-1]
        level = outer.level + 1
        parameters = [self._fresh("x") for _ in range(arity)]
        variables = {**outer.variables, "self": (f"v{identifier}", outer.level)}
        variables.update(zip(("arg1", "arg2"), ((p, level) for p in parameters), strict=False))
        inner = _Lambda(level, arity, variables)
        self._around.append(inner)
        value = self._node(node.children[0], (*path, 0))
        self._around.pop()
        is_recursive = self._is_wild or _uses_self(node.children[0])
        body = [*_charge(inner.n_nodes, is_recursive), *inner.definitions]
        body += _return_counted(value) if is_recursive else [_return(value)]
        home = self._around[inner.reach]
        home.definitions += [
            _function(identifier, parameters, body),
            _function_value(identifier, node.symbol, arity),
        ]
        return identifier, inner


def _is_lambda(node: Node) -> bool:
    return node.symbol in ("lambda1", "lambda2") and bool(node.children)


def _is_boolean(node: Node) -> bool:
    """Whether a node's value is a truth value, if it has one at all."""
    if not node.children:
        return node.symbol in ("true", "false")
    return node.symbol in FUNCTIONS and FUNCTIONS[node.symbol].result == BOOL


def _refuse_condition(value: Any) -> Any:
    raise ValueTypeError(f"`if` expects a truth value as argument 1, found {kind_of(value)}")


def _call1(function: Any, x: Any) -> Any:
    return callable_of(function, 1)(x)


def _call2(function: Any, x: Any, y: Any) -> Any:
    return callable_of(function, 2)(x, y)


def _call_many(function: Any, *values: Any) -> Any:
    return callable_of(function, len(values))(*values)


def _type_of(value: ast.expr) -> ast.expr:
    return _Call(_TYPE, [value], [])


def _assigned(variable: ast.expr, value: ast.expr) -> ast.expr:
    assert isinstance(variable, ast.Name)
    return _NamedExpr(_Name(variable.id, _STORE), value)


def _are_integers(operands: list[ast.expr]) -> ast.expr | None:
    """A test that evaluates all operands, whatever comes of it; None if it can not succeed."""
    unknown = []
    for operand in operands:
        if not isinstance(operand, ast.Constant):
            unknown.append(_type_of(operand))
        elif type(operand.value) is not int:
            return None
    if not unknown:
        return None  # two constants: let the implementation do it
    return _Compare(unknown[0], [_IS] * len(unknown), [*unknown[1:], _INT])


def _function(identifier: str, parameters: list[str], body: list[ast.stmt]) -> ast.FunctionDef:
    listed = [ast.arg(p, lineno=1, col_offset=0) for p in parameters]
    arguments = ast.arguments([], listed, None, [], [], None, [])
    return ast.FunctionDef(identifier, arguments, body, [], lineno=1, col_offset=0)


def _function_value(identifier: str, symbol: str, arity: int) -> ast.stmt:
    made = _Call(
        _name("FunctionValue"), [_Constant(symbol), _Constant(arity), _name(identifier)], []
    )
    return _assign(f"v{identifier}", made)


def _assign(identifier: str, value: ast.expr) -> ast.stmt:
    return ast.Assign([_Name(identifier, _STORE)], value, lineno=1, col_offset=0)


def _return(value: ast.expr) -> ast.stmt:
    return ast.Return(value, lineno=1, col_offset=0)


def _charge(n_steps: int, is_recursive: bool) -> list[ast.stmt]:
    """`meter.steps -= n_steps`, and where calls may nest without end, `meter.calls -= 1`."""
    statements = [*_count("steps", n_steps, "refill")]
    if is_recursive:
        statements += _count("calls", 1, "refuse_depth")
    return statements


def _count(attribute: str, amount: int, refusal: str) -> list[ast.stmt]:
    left = _attribute(attribute, _LOAD)
    refuse = ast.Expr(_Call(_attribute(refusal, _LOAD), [], []), lineno=1, col_offset=0)
    return [
        ast.AugAssign(
            _attribute(attribute, _STORE), _SUBTRACT, _Constant(amount), lineno=1, col_offset=0
        ),
        ast.If(_Compare(left, [_LESS], [_ZERO]), [refuse], [], lineno=1, col_offset=0),
    ]


def _attribute(attribute: str, context: ast.expr_context) -> ast.Attribute:
    return ast.Attribute(_METER, attribute, context, lineno=1, col_offset=0)


_SUBTRACT: Final = ast.Sub()


def _return_counted(value: ast.expr) -> list[ast.stmt]:
    return [
        _assign("value", value),
        ast.AugAssign(_attribute("calls", _STORE), ast.Add(), _Constant(1), lineno=1, col_offset=0),
        _return(_name("value")),
    ]


def _uses_self(node: Node) -> bool:
    """Whether `self` occurs, other than in an inner lambda."""
    if node.symbol == "self":
        return True
    return not node.symbol.startswith("lambda") and any(map(_uses_self, node.children))


_FUNCTION_OPERANDS: Final = {
    "map": (1,),
    "filter": (1,),
    "reduce": (2,),
    "invoke1": (0,),
    "combine": (0, 1),
    "partial0": (1,),
    "partial1": (1,),
    "partial2": (1,),
}
_MAKES_FUNCTION: Final = frozenset(
    {"lambda1", "lambda2", "combine", "partial0", "partial1", "partial2"}
)


def _calls_unknown_functions(root: Node) -> bool:
    """Whether a function is called that is not written where it is called.

    Without such calls, only a lambda that says `self` can recurse.
    """
    for node in root.preorder():
        if node.children and node.symbol in ("arg1", "arg2"):
            return True
        for position in _FUNCTION_OPERANDS.get(node.symbol, ()):
            if position < len(node.children) and not _is_written(node.children[position]):
                return True
    return False


def _is_written(function: Node) -> bool:
    if function.children:
        return function.symbol in _MAKES_FUNCTION
    return function.symbol not in ("arg1", "arg2")
