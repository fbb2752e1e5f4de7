"""Turns a checked tree into Python code; on the way it checks names, arity and forms.

A program becomes short statements, each of which puts the value of one node into a variable. The
statements are written by us from symbols that were looked up before: no text of a program ever
becomes Python text. Lambdas become functions, calls become calls of the implementations in the
function table, with a fast path for integers in front; `map`, `filter` and `reduce` become loops,
and what they call is written into the loop where that can be done.

There are two ways to write the same program. The usual one calls functions as Python does; such
calls use no C stack, but Python limits how deep they go. The deep one has generators for functions:
they yield each call that may recurse to `run_deep`, whose stack is a list.

A line of the code belongs to one node. So a traceback tells which node failed, at no cost to a run
that succeeds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any, Final, NamedTuple

from saps.lang.errors import TreePath, ValueTypeError
from saps.lang.functions.function_table import FUNCTIONS, Function, as_value, code_of, need_array
from saps.lang.limits import Limits, Meter, is_flat
from saps.lang.node import (
    Node,
    arity_error,
    constant_at,
    head_error,
    inner_uses_arg2,
    lambda_arity,
    located,
    unknown_symbol,
    uses_self,
)
from saps.lang.program_values import FORMS, LAMBDA_ARGUMENTS, SELF, FunctionValue, kind_of
from saps.lang.types import BOOL, Array, FunctionType, Type

FILENAME: Final = "<algolisp>"

MAX_LEVELS: Final = 24
"""Levels of a tree in one function. What is deeper becomes a function of its own, so that neither
this compiler nor that of Python, which uses the C stack, ever goes deeper than that."""
# Python has no more than 20 blocks within blocks.
_MAX_LOOPS: Final = 8

_ARITHMETIC: Final = {"+": "+", "-": "-", "*": "*", "square": "*"}
_DIVISIONS: Final = {"/": "//", "%": "%"}
_COMPARISONS: Final = frozenset({"<", ">", "<=", ">=", "==", "!="})
_EXTREMES: Final = {"min": "{0} if {0} <= {1} else {1}", "max": "{1} if {0} <= {1} else {0}"}
_LOGIC: Final = {"&&": "{0} & {1}", "||": "{0} | {1}", "!": "not {0}"}
_CLOSED: Final = frozenset({*_ARITHMETIC, *_EXTREMES})
# What is written as a loop, with the number of arguments that its function gets.
_LOOPS: Final = {"map": 1, "filter": 1, "reduce": 2}
# Functions whose calls are written out; as values, they are functions of the program's own.
_OWN_CODE: Final = frozenset(
    {*_ARITHMETIC, *_DIVISIONS, *_COMPARISONS, *_EXTREMES, *_LOOPS, "invoke1"}
)

# What is known of a variable's value, beyond what the declared types say.
_INT, _BOOL, _ARRAY, _INTS, _OTHER = "int", "bool", "array", "ints", "other"
_KEEP_ELEMENTS: Final = frozenset({"sort", "reverse", "tail", "slice"})
_KNOWN_INPUTS: Final = {"bool": _BOOL, "string": _OTHER}
_KNOWN_RESULTS: Final = {"strlen": _INT, "range": _INTS, "digits": _INTS}


class _Value(NamedTuple):
    """A variable or constant of the code.

    Attributes:
        text: as Python.
        kind: what is known of it, or nothing.
        level: of the function that binds it; 0 for what is known everywhere.
        code: of `self`: the Python function to call.
        arity: of `self`.
    """

    text: str
    kind: str = ""
    level: int = 0
    code: str = ""
    arity: int = 0


Names = Mapping[str, _Value]
Entry = tuple[Any, ...]
"""A line, the number of the node that it belongs to, and perhaps the block below it."""
Block = list[Entry]
Callee = Callable[[list[_Value]], _Value]


@dataclass(slots=True)
class _Scope:
    """A function that is being written; the module is at level 0, the program at level 1.

    Attributes:
        level: how many functions are around it.
        definitions: of inner functions, which come first.
        reach: the innermost level outside of it that it refers to.
    """

    level: int
    definitions: Block = field(default_factory=list)
    reach: int = 0


class _Lifted(NamedTuple):
    """A part of the tree that becomes a function of its own."""

    name: str
    node: Node
    path: TreePath
    names: dict[str, _Value]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program as Python code; `instance` makes a function of it that works with a meter.

    Attributes:
        code: of a module that defines `program`.
        constants: what its global names stand for, but for functions as values and the meter.
        functions: global names that stand for functions of the table as values.
        paths: of the nodes that the lines of the code, from 1, belong to.
        cost: the steps of the code outside of lambdas.
        is_deep: whether its functions are generators.
    """

    code: CodeType
    constants: dict[str, Any]
    functions: dict[str, Function]
    paths: list[TreePath]
    cost: int
    is_deep: bool

    def instance(self, meter: Meter) -> Callable[..., Any]:
        scope = {**self.constants, "meter": meter, "deep": meter if self.is_deep else None}
        for name, function in self.functions.items():
            scope[name] = as_value(function, meter)
        exec(self.code, scope)  # noqa: S102  our own code: see above
        program: Callable[..., Any] = scope["program"]
        return program


def compile_node(
    root: Node,
    arguments: Mapping[str, Type],
    limits: Limits,
    is_deep: bool = False,
    *,
    filename: str = FILENAME,
) -> Compiled:
    """Compile a program whose arguments have these types.

    Raises:
        UnknownSymbolError, ArityError, SizeLimitError: see `compile_program`.
    """
    return _Compiler(root, arguments, limits, is_deep).compile(filename)


class _Compiler:
    """Compiles one program, in one of the two ways."""

    def __init__(
        self, root: Node, arguments: Mapping[str, Type], limits: Limits, is_deep: bool
    ) -> None:
        self._root = root
        self._limits = limits
        self._bound = 1 << limits.bits
        self._call = "(yield {}({}))" if is_deep else "{}({})"
        self._is_deep = is_deep
        self._parameters = {
            name: _Value(f"i{slot}", _known_of(kind), level=1)
            for slot, (name, kind) in enumerate(arguments.items())
        }
        self._paths: list[TreePath] = []
        self._at = 0  # the number of the node, among the paths, that lines are now written for
        self._n_names = 0
        self._module = _Scope(0)
        self._scopes = [self._module]
        self._block: Block = []
        self._cost = 0
        self._level = 0
        self._n_loops = 0
        self._lifted: list[_Lifted] = []
        self._constants: dict[str, Any] = {
            "low": -self._bound,
            "high": self._bound,
            "FunctionValue": FunctionValue,
            "code_of": code_of,
            "is_flat": is_flat,
            "need_array": need_array,
            "refuse_condition": _refuse_condition,
            "refuse_verdict": _refuse_verdict,
        }
        self._functions: dict[str, Function] = {}
        self._function_values: dict[str, _Value] = {}
        self._implementations: dict[str, str] = {}
        # Without calls of functions that are not written where they are called, only a lambda that
        # says `self` can recurse.
        self._is_wild = _calls_unknown_functions(root)

    def compile(self, filename: str) -> Compiled:
        program = _Lifted("program", self._root, (), self._parameters)
        cost = self._function_of(program, is_program=True)
        while self._lifted:
            self._function_of(self._lifted.pop())
        lines: list[str] = []
        numbers: list[int] = []
        _flatten(self._module.definitions, "", lines, numbers)
        code = compile("\n".join(lines), filename, "exec", dont_inherit=True, optimize=0)
        paths = [self._paths[number] for number in numbers]
        return Compiled(code, self._constants, self._functions, paths, cost, self._is_deep)

    def _function_of(self, part: _Lifted, *, is_program: bool = False) -> int:
        """Write the program, or a part of it, as a function of the module; return its cost."""
        scope = _Scope(1)
        self._scopes, self._block, self._cost, self._level = [self._module, scope], [], 0, 0
        self._n_loops = 0
        self._at = len(self._paths)  # the part's own node comes next
        value = self._value(part.node, part.path, part.names)
        body = [*scope.definitions, *self._block, self._entry(f"return {value.text}")]
        if not is_program:
            body = [*self._charge(self._cost), *body]
        parameters = ", ".join(value.text for value in part.names.values())
        definition = self._entry(f"def {part.name}({parameters}):", body)
        self._module.definitions.append(definition)
        return self._cost

    # Writing

    def _number(self, path: TreePath) -> int:
        self._paths.append(path)
        return len(self._paths) - 1

    def _fresh(self, prefix: str) -> str:
        self._n_names += 1
        return f"{prefix}{self._n_names}"

    def _entry(self, text: str, *body: Block) -> Entry:
        return text, self._at, *body

    def _line(self, text: str) -> None:
        self._block.append((text, self._at))

    def _charge(self, steps: int | str) -> Block:
        lines = f"meter.steps -= {steps}", "if meter.steps < 0: meter.refill()"
        return list(map(self._entry, lines))

    def _assign(self, expression: str, kind: str = "") -> _Value:
        target = self._fresh("t")
        self._line(f"{target} = {expression}")
        return _Value(target, kind, self._scopes[-1].level)

    def _call_of(self, function: str, operands: list[_Value]) -> _Value:
        given = ", ".join(operand.text for operand in operands)
        return self._assign(self._call.format(function, given))

    def _variable(self, value: _Value) -> _Value:
        """The value in a variable; of comparisons with literals, Python warns."""
        is_literal = not value.text.isidentifier() or value.text in ("True", "False")
        return self._assign(value.text, value.kind) if is_literal else value

    def _global(self, prefix: str, value: Any) -> str:
        name = self._fresh(prefix)
        self._constants[name] = value
        return name

    def _use(self, value: _Value) -> _Value:
        """Note that the function that is being written refers to a variable of one around it."""
        for inner in self._scopes[value.level + 1 :]:
            inner.reach = max(inner.reach, value.level)
        return value

    # Nodes

    def _value(self, node: Node, path: TreePath, names: Names) -> _Value:
        """Write what gives the value of a node."""
        before, self._at = self._at, self._number(path)
        if node.children and self._level >= MAX_LEVELS:
            value = self._lift(node, path, names)
        else:
            self._cost += 1
            self._level += 1
            value = (self._inner if node.children else self._leaf)(node, path, names)
            self._level -= 1
        self._at = before
        return value

    def _inner(self, node: Node, path: TreePath, names: Names) -> _Value:
        symbol = node.symbol
        expected = FUNCTIONS[symbol].arity if symbol in FUNCTIONS else FORMS.get(symbol)
        if expected is not None and len(node.children) != expected:
            raise arity_error(node, expected, self._root, path)
        if symbol == "if":
            return self._choice(node, path, names)
        if symbol in FORMS:
            return _Value(f"v{self._lambda(node, path, names)}")
        if symbol in _LOOPS:
            return self._array_function(node, path, names)
        if symbol == "invoke1":
            return self._invoke(node, path, names)
        operands = [self._value(c, (*path, i), names) for i, c in enumerate(node.children)]
        if symbol in FUNCTIONS:
            return self._builtin(symbol, operands)
        if symbol not in names:
            raise head_error(node, self._root, path)
        # A call of a function value that has a name: `self`, or an argument.
        head = self._use(names[symbol])
        if head.code and head.arity == len(operands):
            return self._call_of(head.code, operands)
        return self._called(head, operands)

    def _lift(self, node: Node, path: TreePath, names: Names) -> _Value:
        symbols = {part.symbol for part in node.preorder()}
        used = {name: value for name, value in names.items() if name in symbols}
        name = self._fresh("g")
        inside = {symbol: _Value(self._fresh("p"), level=1) for symbol in used}
        self._lifted.append(_Lifted(name, node, path, inside))
        return self._call_of(name, list(map(self._use, used.values())))

    def _leaf(self, node: Node, path: TreePath, names: Names) -> _Value:
        symbol = node.symbol
        if symbol in names:
            return self._use(names[symbol])
        if symbol in FUNCTIONS:
            return self._function_value(symbol)
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        found = constant_at(symbol, self._root, path)
        if found is None:
            raise unknown_symbol(symbol, self._root, path)
        value = found[0]
        kind = type(value)
        if kind is int and abs(value) >= self._bound:
            too_large = Meter(self._limits).too_many_bits(value.bit_length())
            raise located(too_large, self._root, path)
        if kind is bool:
            return _Value(str(value), _BOOL)
        if kind is int and -(1 << 64) < value < 1 << 64:
            return _Value(str(value) if value >= 0 else f"({value})", _INT)
        return _Value(self._global("k", value), _INT if kind is int else _OTHER)

    def _function_value(self, symbol: str) -> _Value:
        if symbol not in self._function_values:
            if symbol in _OWN_CODE:
                self._function_values[symbol] = self._own_function(symbol)
            else:
                name = self._fresh("v")
                self._functions[name] = FUNCTIONS[symbol]
                self._function_values[symbol] = _Value(name)
        return self._function_values[symbol]

    def _own_function(self, symbol: str) -> _Value:
        """A function of the table that is written as a function of the program's."""
        before = self._scopes, self._block, self._n_loops
        self._scopes, self._block, self._n_loops = [self._module, _Scope(1)], [], 0
        parameters = [_Value(self._fresh("x"), level=1) for _ in range(FUNCTIONS[symbol].arity)]
        value = self._builtin(symbol, parameters)
        body = [*self._block, self._entry(f"return {value.text}")]
        self._scopes, self._block, self._n_loops = before
        return _Value(f"v{self._define(self._fresh('f'), symbol, parameters, body, self._module)}")

    def _define(
        self, name: str, symbol: str, parameters: list[_Value], body: Block, home: _Scope
    ) -> str:
        listed = ", ".join(parameter.text for parameter in parameters)
        made = f"v{name} = FunctionValue({symbol!r}, {len(parameters)}, {name}, deep)"
        home.definitions += [self._entry(f"def {name}({listed}):", body), self._entry(made)]
        return name

    # Calls

    def _builtin(self, symbol: str, values: list[_Value]) -> _Value:
        """Write a call of a function of the table."""
        if symbol in _LOOPS:
            return self._loop(symbol, values[:-1], None, values[-1])
        if symbol == "invoke1":
            return self._called(values[0], values[1:])
        function = FUNCTIONS[symbol]
        if symbol not in self._implementations:
            self._implementations[symbol] = self._global("b", function.implementation)
        listed = ", ".join(value.text for value in values)
        slow = f"{self._implementations[symbol]}(meter, {listed})"
        fast = self._fast_path(symbol, values, slow)
        if fast is not None:
            return fast
        kind = _KNOWN_RESULTS.get(symbol, "")
        if function.result == BOOL:
            kind = _BOOL
        elif symbol in _KEEP_ELEMENTS and values[0].kind == _INTS:
            kind = _INTS
        elif not kind and isinstance(function.result, Array):
            kind = _ARRAY
        return self._assign(slow, kind)

    def _fast_path(self, symbol: str, values: list[_Value], slow: str) -> _Value | None:
        """Operators of Python for the commonest kinds of values, else the call.

        A fast path tests that the values are what it is good for, so that it changes no value and
        no error.
        """
        kinds = [value.kind for value in values]
        if symbol in _LOGIC:
            if any(kind != _BOOL for kind in kinds):
                return None
            # Not `and`: both sides are evaluated.
            return self._assign(_LOGIC[symbol].format(*(value.text for value in values)), _BOOL)
        if symbol in ("len", "head", "deref", "int-deref"):
            return self._fast_access(symbol, values, slow)
        if symbol not in _OWN_CODE or _OTHER in kinds:
            return None
        unknown = [f"type({value.text})" for value in values if value.kind != _INT]
        test = f"{' is '.join(unknown)} is int" if unknown else ""
        kind = "" if unknown else _INT
        x, y = values[0].text, values[-1].text
        if symbol in _ARITHMETIC:
            result = f"{x} {_ARITHMETIC[symbol]} {y}"
            if test:
                return self._assign(f"r if {test} and low < (r := {result}) < high else {slow}")
            whole = self._assign(result, _INT)
            self._line(f"if not low < {whole.text} < high: {slow}")
            return whole
        fast = f"({_EXTREMES[symbol].format(x, y)})" if symbol in _EXTREMES else f"{x} {symbol} {y}"
        if symbol in _COMPARISONS:
            kind = _BOOL
        elif symbol in _DIVISIONS:
            fast = f"{x} {_DIVISIONS[symbol]} {y}"
            if not y.isdigit() or not int(y):  # a divisor of zero takes the slow path
                test = f"{test} and {y}" if test else y
        return self._assign(f"{fast} if {test} else {slow}" if test else fast, kind)

    def _fast_access(self, symbol: str, values: list[_Value], slow: str) -> _Value:
        array = self._variable(values[0])
        kind = _INT if symbol == "len" or array.kind == _INTS else ""
        tests = [] if array.kind in (_ARRAY, _INTS) else [f"type({array.text}) is list"]
        fast = f"len({array.text})" if symbol == "len" else f"{array.text}[0]"
        if symbol == "head":
            tests.append(array.text)
        elif symbol != "len":
            position = values[1].text
            fast = f"{array.text}[{position}]"
            if values[1].kind != _INT:
                tests.append(f"type({position}) is int")
            tests.append(f"0 <= {position} < len({array.text})")
        return self._assign(f"{fast} if {' and '.join(tests)} else {slow}" if tests else fast, kind)

    def _called(self, head: _Value, operands: list[_Value]) -> _Value:
        code = self._assign(f"code_of({head.text}, {len(operands)})")
        return self._call_of(code.text, operands)

    def _invoke(self, node: Node, path: TreePath, names: Names) -> _Value:
        function, argument = node.children
        inside = (*path, 0)
        if self._is_written_out(function, 1):
            callee = self._callee(function, inside, names)
            return callee([self._value(argument, (*path, 1), names)])
        if lambda_arity(function.symbol) == 1 and len(function.children) == 1:
            before, self._at = self._at, self._number(inside)
            name = self._lambda(function, inside, names)
            self._at = before
            return self._call_of(name, [self._value(argument, (*path, 1), names)])
        head = self._value(function, inside, names)
        return self._called(head, [self._value(argument, (*path, 1), names)])

    # Loops

    def _array_function(self, node: Node, path: TreePath, names: Names) -> _Value:
        *others, function = node.children
        values = [self._value(child, (*path, i), names) for i, child in enumerate(others)]
        last = (*path, len(others))
        if self._n_loops < _MAX_LOOPS and self._is_written_out(function, _LOOPS[node.symbol]):
            callee = self._callee(function, last, names)
            value = self._loop(node.symbol, values, callee, None)
            is_sum = node.symbol == "reduce" and values[1].kind == _INT
            if is_sum and values[0].kind == _INTS and function.symbol in _CLOSED:
                return value._replace(kind=_INT)
            return value
        return self._loop(node.symbol, values, None, self._value(function, last, names))

    def _loop(
        self, symbol: str, values: list[_Value], callee: Callee | None, function: _Value | None
    ) -> _Value:
        """`map`, `filter` or `reduce` of a function that is written out, or of a function value."""
        array, level = values[0], self._scopes[-1].level
        if array.kind not in (_ARRAY, _INTS):
            self._line(f"if type({array.text}) is not list: need_array({symbol!r}, {array.text})")
        target = self._assign(values[1].text if symbol == "reduce" else "[]")
        outer, cost = self._block, self._cost
        before: Block = []
        if callee is None:
            assert function is not None
            code = self._fresh("c")
            before = [self._entry(f"{code} = code_of({function.text}, {_LOOPS[symbol]})")]

            def callee(given: list[_Value]) -> _Value:
                return self._call_of(code, given)

        body: Block = []
        self._block = body
        element = _Value(self._fresh("x"), _INT if array.kind == _INTS else "", level)
        self._n_loops += 1
        found = callee([target, element] if symbol == "reduce" else [element])
        self._n_loops -= 1
        kind = self._end_of_round(symbol, target, element, found)
        self._block = outer
        # The length, and the nodes of a lambda in each round.
        if self._cost > cost:
            body[:0] = self._charge(self._cost - cost)
        self._cost = cost
        loop = self._entry(f"for {element.text} in {array.text}:", body)
        before += [*self._charge(f"len({array.text})"), loop]
        self._block.append(self._entry(f"if {array.text}:", before))
        if symbol == "map" and found.kind != _BOOL:
            self._line(f"if not is_flat({target.text}): meter.weigh({target.text})")
        if symbol == "filter" and array.kind == _INTS:
            kind = _INTS
        return target._replace(kind=kind)

    def _end_of_round(self, symbol: str, target: _Value, element: _Value, found: _Value) -> str:
        """What a loop does with what the function gave; return what is known of its result."""
        if symbol == "reduce":
            self._line(f"{target.text} = {found.text}")
            return ""
        if symbol == "map":
            self._line(f"{target.text}.append({found.text})")
            return _INTS if found.kind == _INT else _ARRAY
        found = self._variable(found)
        keep = f"{target.text}.append({element.text})"
        if found.kind == _BOOL:
            self._line(f"if {found.text}: {keep}")
        else:
            self._line(f"if {found.text} is True: {keep}")
            self._line(f"elif {found.text} is not False: refuse_verdict({found.text})")
        return _ARRAY

    # Functions that are written out where they are called

    def _is_written_out(self, node: Node, arity: int, levels: int = 1) -> bool:
        """Whether a call of a function can be written without making a function value."""
        symbol, children = node.symbol, node.children
        if not children:
            return symbol in FUNCTIONS and FUNCTIONS[symbol].arity == arity
        if self._level + levels >= MAX_LEVELS:
            return False
        if lambda_arity(symbol):
            return (
                lambda_arity(symbol) == arity
                and len(children) == 1
                and not uses_self(children[0])
                # A function that is made in one round of a loop must keep that round's values.
                and not (arity == 2 and inner_uses_arg2(children[0]))
            )
        if symbol in ("partial0", "partial1", "partial2") and len(children) == 2:
            is_possible = int(symbol[-1]) <= arity <= 2
            return is_possible and self._is_written_out(children[1], arity + 1, levels + 1)
        if symbol == "combine" and len(children) == 2:
            return self._is_written_out(children[0], 1, levels + 1) and self._is_written_out(
                children[1], arity, levels + 1
            )
        return False

    def _callee(self, node: Node, path: TreePath, names: Names) -> Callee:
        """Evaluate what the function is made of; give what writes a call of it, once."""
        number = self._number(path)
        symbol, children = node.symbol, node.children
        if not children:

            def call(given: list[_Value]) -> _Value:
                before, self._at = self._at, number
                value = self._builtin(symbol, given)
                self._at = before
                return value

            return call
        if lambda_arity(symbol):

            def inline(given: list[_Value]) -> _Value:
                inner = {**names, **dict(zip(LAMBDA_ARGUMENTS, given, strict=False))}
                inner.pop(SELF, None)
                self._level += 1
                value = self._value(children[0], (*path, 0), inner)
                self._level -= 1
                return value

            return inline
        if symbol == "combine":
            after = self._callee(children[0], (*path, 0), names)
            first = self._callee(children[1], (*path, 1), names)
            return lambda given: after([first(given)])
        position = int(symbol[-1])
        fixed = self._value(children[0], (*path, 0), names)
        whole = self._callee(children[1], (*path, 1), names)
        return lambda given: whole([*given[:position], fixed, *given[position:]])

    # Forms

    def _choice(self, node: Node, path: TreePath, names: Names) -> _Value:
        condition = self._variable(self._value(node.children[0], (*path, 0), names))
        outer = self._block
        branches: list[tuple[_Value, Block]] = []
        for index in (1, 2):
            self._block = []
            value = self._value(node.children[index], (*path, index), names)
            branches.append((value, self._block))
        self._block = outer
        (then, before_then), (other, before_other) = branches
        kind = then.kind if then.kind == other.kind else ""
        test = condition.text
        if condition.kind == _BOOL and not before_then and not before_other:
            return self._assign(f"{then.text} if {test} else {other.text}", kind)
        target = self._fresh("t")
        before_then.append(self._entry(f"{target} = {then.text}"))
        before_other.append(self._entry(f"{target} = {other.text}"))
        if condition.kind == _BOOL:
            tests = f"if {test}:", "else:"
        else:
            tests = f"if {test} is True:", f"elif {test} is False:"
        outer += map(self._entry, tests, (before_then, before_other))
        if condition.kind != _BOOL:
            outer.append(self._entry("else:", [self._entry(f"refuse_condition({test})")]))
        return _Value(target, kind, self._scopes[-1].level)

    def _lambda(self, node: Node, path: TreePath, names: Names) -> str:
        """Define a lambda, as far out as what it refers to allows; return the function's name."""
        name = self._fresh("f")
        scope = _Scope(self._scopes[-1].level + 1)
        arity = lambda_arity(node.symbol)
        parameters = [_Value(self._fresh("x"), level=scope.level) for _ in range(arity)]
        inner = {**names, SELF: _Value(f"v{name}", code=name, arity=arity)}
        inner.update(zip(LAMBDA_ARGUMENTS, parameters, strict=False))
        before = self._block, self._cost, self._n_loops
        self._scopes.append(scope)
        self._block, self._cost, self._n_loops = [], 0, 0
        value = self._value(node.children[0], (*path, 0), inner)
        body = [*self._charge(self._cost), *scope.definitions, *self._block]
        if self._is_wild or uses_self(node.children[0]):
            counted = "meter.calls -= 1", "if meter.calls < 0: meter.refuse_depth()"
            body = [*map(self._entry, counted), *body, self._entry("meter.calls += 1")]
        body.append(self._entry(f"return {value.text}"))
        self._scopes.pop()
        self._block, self._cost, self._n_loops = before
        return self._define(name, node.symbol, parameters, body, self._scopes[scope.reach])


def _known_of(kind: Type) -> str:
    """What the check of inputs promises; a number may be a float."""
    return _ARRAY if isinstance(kind, Array) else _KNOWN_INPUTS.get(str(kind), "")


def _flatten(block: Block, indent: str, lines: list[str], numbers: list[int]) -> None:
    for entry in block:
        lines.append(indent + entry[0])
        numbers.append(entry[1])
        if len(entry) == 3:
            _flatten(entry[2], indent + " ", lines, numbers)


def _refuse_condition(value: Any) -> Any:
    raise ValueTypeError(f"`if` expects a truth value as argument 1, found {kind_of(value)}")


def _refuse_verdict(value: Any) -> Any:
    raise ValueTypeError(
        f"`filter` expects a function that gives a truth value, found {kind_of(value)}"
    )


def _calls_unknown_functions(root: Node) -> bool:
    """Whether a function is called that is not written where it is called."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        children = node.children
        if children and node.symbol in LAMBDA_ARGUMENTS:
            return True
        for position in _function_parameters(node.symbol):
            if position >= len(children) or not _makes_function(children[position]):
                return True
        waiting += children
    return False


@cache
def _function_parameters(symbol: str) -> tuple[int, ...]:
    return FUNCTIONS[symbol].function_parameters if symbol in FUNCTIONS else ()


def _makes_function(node: Node) -> bool:
    """Whether a node says itself which function it is: a name, a lambda, a partial one."""
    if not node.children:
        return node.symbol not in LAMBDA_ARGUMENTS
    if node.symbol in FUNCTIONS:
        return isinstance(FUNCTIONS[node.symbol].result, FunctionType)
    return lambda_arity(node.symbol) > 0
