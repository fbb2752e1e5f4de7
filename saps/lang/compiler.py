"""Turns a checked tree into Python code; on the way it checks names, arity and forms.

A program becomes short statements, each of which puts the value of one node into a variable. The
statements are written by us from symbols that were looked up before: no text of a program ever
becomes Python text. Lambdas become functions, calls become calls of the implementations in the
function table; `map`, `filter` and `reduce` become loops, and what they call is written into the
loop where that can be done.

A program that is well typed needs no test of what its values are, so that operators of Python may
stand for functions; in others, each function tests what it gets. What a program says twice is
computed once where that changes nothing, and in a loop once for all rounds; it is charged for each
time all the same.

There are two ways to write the same program. The usual one calls functions as Python does; such
calls use no C stack, but Python limits how deep they go. The deep one has generators for functions:
they yield each call that may recurse to `run_deep`, whose stack is a list.

A line of the code belongs to one node. So a traceback tells which node failed, at no cost to a run
that succeeds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import CodeType
from typing import Any, Final, NamedTuple

from saps.lang.errors import TreePath, ValueTypeError
from saps.lang.functions.function_table import (
    FUNCTIONS,
    Function,
    as_value,
    code_of,
    need_array,
    need_bools,
)
from saps.lang.limits import WORD, Limits, Meter, is_flat
from saps.lang.node import (
    Node,
    arity_error,
    constant_at,
    head_error,
    lambda_arity,
    located,
    unknown_symbol,
)
from saps.lang.program_values import BOUND, FORMS, LAMBDA_ARGUMENTS, SELF, FunctionValue, kind_of
from saps.lang.types import FunctionType
from saps.lang.unify import BOOL, INT, Term

FILENAME: Final = "<algolisp>"

_MAX_LEVELS: Final = 24
"""Levels of a tree in one function. What is deeper becomes a function of its own, so that neither
this compiler nor that of Python, which uses the C stack, ever goes deeper than that."""
# Python has no more than 20 blocks within blocks.
_MAX_LOOPS: Final = 8

# Calls as operators of Python, where x and y are what the types say; a float may be any number.
# Those that may have another value, or none, test for it, and else call the function.
_BOUNDED: Final = "r if low < (r := {}) < high else {{slow}}"
_OPERATORS: Final = {
    **{symbol: _BOUNDED.format(f"{{x}} {symbol} {{y}}") for symbol in "+-*"},
    "square": _BOUNDED.format("{x} * {x}"),
    "/": "{x} // {y} if type({x}) is int and {y} else {slow}",
    "%": "{x} % {y} if {y} else {slow}",
    "min": "{x} if {x} <= {y} else {y}",
    "max": "{y} if {x} <= {y} else {x}",
    "&&": "{x} & {y}",  # not `and`: both sides are evaluated
    "||": "{x} | {y}",
    "!": "not {x}",
    "len": "len({x})",
    "head": "{x}[0] if {x} else {slow}",
    "deref": "{x}[{y}] if type({y}) is int and 0 <= {y} < len({x}) else {slow}",
}
_COMPARISONS: Final = frozenset({"<", ">", "<=", ">=", "==", "!="})
# What is written as a loop, with the number of arguments that its function gets.
_LOOPS: Final = {"map": 1, "filter": 1, "reduce": 2}
# Worth a variable that lasts from one round of a loop to the next.
_COSTLY: Final = frozenset(
    {*_LOOPS, "range", "digits", "sort", "reverse", "slice", "tail", "append", "contains"}
    | {"is_sorted", "is_prime", "dict-insert", "dict-keys", "str_concat", "str_split"}
)
# Of a tree, as bits: what it names that is bound outside of it, and whether it is costly.
_NAMES: Final = dict(zip(BOUND, (1, 2, 4), strict=True))
_COSTLY_BIT: Final = 8
_BITS: Final = {**_NAMES, **dict.fromkeys(_COSTLY, _COSTLY_BIT)}
_INNER_ARG2: Final = 16
"""A `lambda1` inside says the `arg2` of a `lambda2` around."""
_UNBOUND: Final = {"lambda1": ~0b101, "lambda2": ~0b10111}


class _Value(NamedTuple):
    """A variable or constant of the code.

    Attributes:
        text: as Python.
        level: of the function that binds it; 0 for what is known everywhere.
        loop: how many loops of that function are around where it is bound.
        code: of `self`: the Python function to call.
        arity: of `self`.
    """

    text: str
    level: int = 0
    loop: int = 0
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
        known: values of trees that are at hand, each with the steps it costs and the variable of
            those that it took beyond; the rest of a key is what the names in the tree stand for.
        definitions: of inner functions, which come first.
        block: what is being written.
        cost: steps of what was written.
        loops: of those that are being written, what comes before each.
        reach: the innermost level outside of it that it refers to.
    """

    level: int
    known: dict[tuple[Any, ...], tuple[_Value, int, _Value]] = field(default_factory=dict)
    definitions: Block = field(default_factory=list)
    block: Block = field(default_factory=list)
    cost: int = 0
    loops: list[Block] = field(default_factory=list)
    reach: int = 0


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


class Compiler:
    """Compiles one program, in one of the two ways."""

    def __init__(
        self,
        root: Node,
        arguments: Iterable[str],
        limits: Limits,
        type_of: Callable[..., Term | None] | None,
        *,
        is_deep: bool,
    ) -> None:
        """Begin with a program; `type_of` (see `known_types`) is there if it is well typed."""
        self._root = root
        self._limits = limits
        self._bound = 1 << limits.bits
        self._call = "(yield {}({}))" if is_deep else "{}({})"
        self._is_deep = is_deep
        self._parameters = {name: _Value(f"i{i}", level=1) for i, name in enumerate(arguments)}
        self._type_of = type_of
        self._paths: list[TreePath] = []
        self._at = 0  # the number of the node, among the paths, that lines are now written for
        self._n_names = 0
        self._module = _Scope(0)
        self._scopes = [self._module]
        self._level = 0
        # Parts of the tree that become functions of their own: their names, and what they are of.
        self._lifted: list[tuple[str, Node, TreePath, dict[str, _Value]]] = []
        self._constants: dict[str, Any] = {
            "low": -self._bound,
            "high": self._bound,
            "word": WORD,
            "FunctionValue": FunctionValue,
            "code_of": code_of,
            "is_flat": is_flat,
            "need_array": need_array,
            "need_bools": need_bools,
            "verdict": _verdict,
        }
        self._functions: dict[str, Function] = {}
        self._globals: dict[str, str] = {}
        self._bits: dict[int, int] = {}
        self._repeated: set[Node] = set()
        costly: set[Node] = set()
        for node in reversed(list(root.preorder())):
            bits = _BITS.get(node.symbol, 0)
            if node.children:
                for child in node.children:
                    bits |= self._bits[id(child)]
                if node.symbol in _UNBOUND:
                    bits |= _INNER_ARG2 * (bits & _NAMES["arg2"] > 0)
                    bits &= _UNBOUND[node.symbol]
                if bits & _COSTLY_BIT:
                    (self._repeated if node in costly else costly).add(node)
            self._bits[id(node)] = bits

    def compile(self, filename: str = FILENAME) -> Compiled:
        """Write the code.

        Raises:
            UnknownSymbolError, ArityError, SizeLimitError: see `compile_program`.
        """
        cost = self._function_of("program", self._root, (), self._parameters)
        while self._lifted:
            self._function_of(*self._lifted.pop())
        lines: list[str] = []
        numbers: list[int] = []
        _flatten(self._module.definitions, "", lines, numbers)
        code = compile("\n".join(lines), filename, "exec", dont_inherit=True, optimize=0)
        paths = [self._paths[number] for number in numbers]
        return Compiled(code, self._constants, self._functions, paths, cost, self._is_deep)

    def _function_of(self, name: str, node: Node, path: TreePath, names: Names) -> int:
        """Write the program, or a part of it, as a function of the module; return its cost."""
        scope = _Scope(1)
        self._scopes, self._level = [self._module, scope], 0
        self._at = self._number(path)
        value = self._value(node, path, names)
        body = [*scope.definitions, *scope.block, self._entry(f"return {value.text}")]
        if path:  # the meter begins a run of the whole with its cost
            body[:0] = self._charge(scope.cost)
        parameters = ", ".join(value.text for value in names.values())
        definition = self._entry(f"def {name}({parameters}):", body)
        self._module.definitions.append(definition)
        return scope.cost

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
        self._scopes[-1].block.append((text, self._at))

    def _charge(self, steps: int | str) -> Block:
        lines = f"meter.steps -= {steps}", "if meter.steps < 0: meter.refill()"
        return list(map(self._entry, lines))

    def _bind(self, text: str) -> _Value:
        """A variable that is bound here."""
        here = self._scopes[-1]
        return _Value(text, here.level, len(here.loops))

    def _assign(self, expression: str) -> _Value:
        target = self._fresh("t")
        self._line(f"{target} = {expression}")
        return self._bind(target)

    def _call_of(self, function: str, operands: list[_Value]) -> _Value:
        given = ", ".join(operand.text for operand in operands)
        return self._assign(self._call.format(function, given))

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
        """Write what gives the value of a node, if it is not at hand."""
        here = self._scopes[-1]
        if not node.children:
            here.cost += 1
            return self._leaf(node, path, names)
        before, self._at = self._at, self._number(path)
        if self._level >= _MAX_LEVELS:
            value = self._lift(node, path, names)
        else:
            self._level += 1
            bits = self._bits[id(node)]
            if bits & _COSTLY_BIT and (here.loops or node in self._repeated):
                value = self._shared(node, path, names, bits)
            else:
                here.cost += 1
                value = self._inner(node, path, names)
            self._level -= 1
        self._at = before
        return value

    def _shared(self, node: Node, path: TreePath, names: Names, bits: int) -> _Value:
        """A value that is computed once; whatever uses it again is charged what it took."""
        here = self._scopes[-1]
        given = [names[name] for name, bit in _NAMES.items() if bits & bit and name in names]
        key = node, *[value.text for value in given]
        if key in here.known:
            value, cost, taken = here.known[key]
            here.cost += cost
            here.block += self._charge(taken.text)
            self._use(taken)
            return self._use(value)
        outer, cost, here.block = here.block, here.cost, []
        here.cost += 1
        value = self._inner(node, path, names)
        block, here.block = here.block, outer
        loop = max([value.loop for value in given if value.level == here.level], default=0)
        is_kept = loop < len(here.loops)
        # Only a `t`, which was assigned here, may be kept: a constant or argument is no work.
        if value.text[0] != "t" or not (is_kept or node in self._repeated):
            outer += block
            return value
        # How many steps it takes may depend on values, so the code measures it as it runs.
        taken = self._bind(self._fresh("u"))
        before = self._entry(f"{taken.text} = meter.steps + meter.reserve")
        block = [before, *block, self._entry(f"{taken.text} -= meter.steps + meter.reserve")]
        if is_kept:  # from the first round on
            here.loops[loop].append(self._entry(f"{value.text} = None"))
            outer.append(self._entry(f"if {value.text} is None:", block))
            outer.append(self._entry("else:", self._charge(taken.text)))
            value = value._replace(loop=loop)
        else:
            outer += block
        if not _makes_function(node.symbol):  # which fails elsewhere, when it is called
            here.known[key] = value, here.cost - cost, taken
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
            return self._builtin(symbol, operands, (*path, 0))
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
        self._lifted.append((name, node, path, inside))
        return self._call_of(name, list(map(self._use, used.values())))

    def _leaf(self, node: Node, path: TreePath, names: Names) -> _Value:
        symbol = node.symbol
        if symbol in names:
            return self._use(names[symbol])
        if symbol in FUNCTIONS:
            return self._function_value(symbol, path)
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
        if kind is bool or (kind is int and 0 <= value < WORD):
            return _Value(str(value))
        return _Value(self._global("k", value))

    def _function_value(self, symbol: str, path: TreePath) -> _Value:
        if symbol not in self._globals:
            if symbol in _LOOPS or symbol == "invoke1":
                self._globals[symbol] = self._own_function(symbol, path)
            else:
                self._globals[symbol] = self._fresh("v")
                self._functions[self._globals[symbol]] = FUNCTIONS[symbol]
        return _Value(self._globals[symbol])

    def _own_function(self, symbol: str, path: TreePath) -> str:
        """A function of the table that is written as a function of the program's."""
        before, scope = (self._scopes, self._at), _Scope(1)
        self._scopes, self._at = [self._module, scope], self._number(path)
        parameters = [_Value(self._fresh("x"), level=1) for _ in range(FUNCTIONS[symbol].arity)]
        value = self._builtin(symbol, parameters, path)
        body = [*scope.block, self._entry(f"return {value.text}")]
        name = self._define(self._fresh("f"), symbol, parameters, body, self._module)
        self._scopes, self._at = before
        return f"v{name}"

    def _define(
        self, name: str, symbol: str, parameters: list[_Value], body: Block, home: _Scope
    ) -> str:
        listed = ", ".join(parameter.text for parameter in parameters)
        made = f"v{name} = FunctionValue({symbol!r}, {len(parameters)}, {name}, deep)"
        home.definitions += [self._entry(f"def {name}({listed}):", body), self._entry(made)]
        return name

    # Calls

    def _builtin(self, symbol: str, values: list[_Value], path: TreePath, *inside: int) -> _Value:
        """Write a call of a function of the table; the type of its first value is at the path."""
        if symbol in _LOOPS:
            return self._loop(symbol, values[:-1], values[-1])
        if symbol == "invoke1":
            return self._called(values[0], values[1:])
        if f"b{symbol}" not in self._globals:
            name = self._global("b", FUNCTIONS[symbol].implementation)
            self._globals[f"b{symbol}"] = name
        listed = ", ".join(value.text for value in values)
        slow = f"{self._globals[f'b{symbol}']}(meter, {listed})"
        if self._type_of is None:
            return self._assign(slow)
        if symbol in _COMPARISONS and self._type_of(path, *inside) in (INT, BOOL):
            return self._assign(f"{values[0].text} {symbol} {values[1].text}")
        pattern = _OPERATORS.get(symbol, "{slow}")
        return self._assign(pattern.format(x=values[0].text, y=values[-1].text, slow=slow))

    def _called(self, head: _Value, operands: list[_Value]) -> _Value:
        code = self._assign(f"code_of({head.text}, {len(operands)})")
        return self._call_of(code.text, operands)

    def _invoke(self, node: Node, path: TreePath, names: Names) -> _Value:
        function, argument = node.children
        if self._is_written_out(function, 1):
            callee = self._callee(function, (*path, 0), names)
            return callee([self._value(argument, (*path, 1), names)])
        head = self._value(function, (*path, 0), names)
        return self._called(head, [self._value(argument, (*path, 1), names)])

    # Loops

    def _array_function(self, node: Node, path: TreePath, names: Names) -> _Value:
        symbol, (*others, function) = node.symbol, node.children
        values = [self._value(child, (*path, i), names) for i, child in enumerate(others)]
        n_loops = len(self._scopes[-1].loops)
        is_written = n_loops < _MAX_LOOPS and self._is_written_out(function, _LOOPS[symbol])
        evaluate = self._callee if is_written else self._value
        elements = self._type_of(path, 1) if self._type_of and symbol == "map" else None
        return self._loop(symbol, values, evaluate(function, (*path, len(others)), names), elements)

    def _loop(
        self, symbol: str, values: list[_Value], function: Callee | _Value, elements: Any = None
    ) -> _Value:
        """`map`, `filter` or `reduce` of a function that is written out, or of a function value.

        Of `map`, the type of the elements that it makes, if it is known.
        """
        here, array = self._scopes[-1], values[0].text
        if self._type_of is None:
            self._line(f"need_array({symbol!r}, {array})")
        target = self._assign(values[1].text if symbol == "reduce" else "[]")
        outer, cost, known = here.block, here.cost, here.known
        before: Block = []
        if isinstance(function, _Value):
            code = self._fresh("c")
            before.append(self._entry(f"{code} = code_of({function.text}, {_LOOPS[symbol]})"))
        callee = partial(self._call_of, code) if isinstance(function, _Value) else function
        here.loops.append(before)
        here.block, here.known = [], dict(known)
        element = self._bind(self._fresh("x"))
        so_far = [self._bind(target.text)] if symbol == "reduce" else []
        found = callee([*so_far, element]).text
        if symbol == "reduce":
            self._line(f"{target.text} = {found}")
        elif symbol == "map":
            self._line(f"{target.text}.append({found})")
        else:
            test = f"verdict({found})" if self._type_of is None else found
            self._line(f"if {test}: {target.text}.append({element.text})")
        here.loops.pop()
        # Each round costs one step, and the nodes of a lambda.
        before += self._charge(f"len({array}) * {1 + here.cost - cost}")
        before.append(self._entry(f"for {element.text} in {array}:", here.block))
        here.block, here.cost, here.known = outer, cost, known
        is_value = isinstance(function, _Value)  # which is not called if there is nothing
        outer += [self._entry(f"if {array}:", before)] if is_value else before
        if symbol == "map" and elements != BOOL:
            made, test = target.text, f"not is_flat({target.text})"
            if elements == INT:
                test = f"{made} and not -word < min({made}) <= max({made}) < word"
            self._line(f"if {test}: meter.weigh({made})")
        return target

    # Functions that are written out where they are called

    def _is_written_out(self, node: Node, arity: int, levels: int = 1) -> bool:
        """Whether a call of a function can be written without making a function value."""
        symbol, children = node.symbol, node.children
        if not children:
            return symbol in FUNCTIONS and FUNCTIONS[symbol].arity == arity
        if self._level + levels >= _MAX_LEVELS:
            return False
        if lambda_arity(symbol):
            return lambda_arity(symbol) == arity and len(children) == 1
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
        symbol, children = node.symbol, node.children
        if not children or lambda_arity(symbol):
            return self._simple_callee(node, path, names, self._number(path))
        if symbol == "combine":
            after = self._callee(children[0], (*path, 0), names)
            first = self._callee(children[1], (*path, 1), names)
            return lambda given: after([first(given)])
        position = int(symbol[-1])
        # Once, before the calls: what is fixed is evaluated where the function is made.
        fixed = self._value(children[0], (*path, 0), names)
        whole = self._callee(children[1], (*path, 1), names)
        return lambda given: whole([*given[:position], fixed, *given[position:]])

    def _simple_callee(self, node: Node, path: TreePath, names: Names, number: int) -> Callee:
        """A call of a function of the table, or of a lambda."""
        symbol, children = node.symbol, node.children

        def call(given: list[_Value]) -> _Value:
            before, self._at = self._at, number
            value = self._builtin(symbol, given, path, 1, 1)  # of its row, the first
            self._at = before
            return value

        def inline(given: list[_Value]) -> _Value:
            inner = {**names, **dict(zip(LAMBDA_ARGUMENTS, given, strict=False))}
            inner.pop(SELF, None)  # of a lambda further out, which this one hides
            self._level += 1
            value = self._value(children[0], (*path, 0), inner)
            self._level -= 1
            return value

        if not children:
            return call
        # A function that is made in one round of a loop must keep that round's values.
        keeps = _INNER_ARG2 if lambda_arity(symbol) == 2 else 0
        if not self._bits[id(children[0])] & (keeps | _NAMES[SELF]):
            return inline
        before, self._at = self._at, number
        name = self._lambda(node, path, names)
        self._at = before
        return partial(self._call_of, name)

    # Forms

    def _choice(self, node: Node, path: TreePath, names: Names) -> _Value:
        test = self._value(node.children[0], (*path, 0), names).text
        here = self._scopes[-1]
        outer, known = here.block, here.known
        branches: list[tuple[str, Block]] = []
        for index in (1, 2):
            here.block, here.known = [], dict(known)
            value = self._value(node.children[index], (*path, index), names)
            branches.append((value.text, here.block))
        here.block, here.known = outer, known
        (then, before_then), (other, before_other) = branches
        if self._type_of is None:
            self._line(f"need_bools('if', {test})")
        if not before_then and not before_other:
            return self._assign(f"{then} if {test} else {other}")
        target = self._fresh("t")
        before_then.append(self._entry(f"{target} = {then}"))
        before_other.append(self._entry(f"{target} = {other}"))
        outer += map(self._entry, (f"if {test}:", "else:"), (before_then, before_other))
        return self._bind(target)

    def _lambda(self, node: Node, path: TreePath, names: Names) -> str:
        """Define a lambda, as far out as what it refers to allows; return the function's name."""
        name = self._fresh("f")
        here = self._scopes[-1]
        scope = _Scope(here.level + 1, dict(here.known))
        arity = lambda_arity(node.symbol)
        parameters = [_Value(self._fresh("x"), scope.level) for _ in range(arity)]
        inner = {**names, SELF: _Value(f"v{name}", code=name, arity=arity)}
        inner.update(zip(LAMBDA_ARGUMENTS, parameters, strict=False))
        self._scopes.append(scope)
        value = self._value(node.children[0], (*path, 0), inner)
        body = [*map(self._entry, _COUNTED), *self._charge(scope.cost)]
        body += [*scope.definitions, *scope.block, self._entry("meter.calls += 1")]
        body.append(self._entry(f"return {value.text}"))
        self._scopes.pop()
        return self._define(name, node.symbol, parameters, body, self._scopes[scope.reach])


_COUNTED: Final = "meter.calls -= 1", "if meter.calls < 0: raise meter.too_deep()"


def _flatten(block: Block, indent: str, lines: list[str], numbers: list[int]) -> None:
    for entry in block:
        lines.append(indent + entry[0])
        numbers.append(entry[1])
        if len(entry) == 3:
            _flatten(entry[2], indent + " ", lines, numbers)


def _verdict(value: Any) -> Any:
    if type(value) is not bool:
        raise ValueTypeError(
            f"`filter` expects a function that gives a truth value, found {kind_of(value)}"
        )
    return value


def _makes_function(symbol: str) -> bool:
    if symbol in FUNCTIONS:
        return isinstance(FUNCTIONS[symbol].result, FunctionType)
    return lambda_arity(symbol) > 0
