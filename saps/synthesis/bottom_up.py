"""Programs put together from small ones by the values that they have on examples, cheapest first.

Where nothing that the text says computes the examples, what the text speaks of still does most of
the work. So expressions over the arguments are combined by operations: functions of the language,
and the kinds, conditions and functions that the classifier holds likely, the likelier the cheaper.
Of expressions with the same values on all examples the cheapest alone is kept. What is done to each
element of an array is found in the same way, over the elements of the examples.

Source: Albarghouthi, Gulwani & Kincaid 2013 (ESCHER) for bottom-up search by examples with
observational equivalence; Odena et al. 2021 (BUSTLE) for a model that says what is cheap.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from time import monotonic
from typing import Final

from saps.data.tasks.kinds import filled, over_element
from saps.english.names import LETTERS
from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    Program,
    Value,
    compile_program,
    parse,
    values_equal,
)
from saps.lang.errors import ArityError
from saps.lang.program_values import constant
from saps.model.kind_classifier import KindClassifier
from saps.search.interface import Prediction
from saps.synthesis.kind_programs import likely_operations, literals_said, plain_type
from saps.synthesis.preparation import Prepared

_LIMITS: Final = Limits(steps=2_000, elements=2_000)
# Half a second in most cases. Of 45 requests that were answered wrong, 15 are found with this much
# work, 13 with a third of it and 15 with three times as much.
_MOST_WORK: Final = 600_000
_MOST_WORK_OF_ELEMENTS: Final = 60_000
_MOST_ELEMENTS: Final = 8
_LEAST_VALUES: Final = 3
_SHARE_OF_TIME: Final = 0.125
_LEAST_SECONDS: Final = 0.3
_MOST_BODIES: Final = 400
_MOST_FOUND: Final = 12
_MOST_COST: Final = 18
_MOST_NODES: Final = 150
_N_ENTRIES: Final = 60
# A likely entry costs as much as a function of the language; one step more for so many nats less.
_LEAST_COST: Final = 2
_MOST_SURPRISE: Final = 4
_NATS: Final = 1.5
# Of what is put together beside what a kind says: three examples are computed by chance as well.
_PRIOR: Final = -2.0
_ALWAYS: Final = ("to_lower", "to_upper")  # "ignoring case" may stand in any request
_LOOPS: Final = frozenset({"map", "filter", "reduce", "self", "contains", "sort"})
_SYMMETRIC: Final = frozenset({"+", "*", "==", "&&", "||", "min", "max"})
_SLOTS: Final = ("a", "b", "c", "d", "e")

# Operations of the language: types of a, b, c; type of the value; cost.
_CHARACTERS: Final = "(map (range 0 (strlen a)) (partial1 a str_index))"
_JOINED: Final = (
    '(reduce (range 0 (len a)) "" (lambda2 (str_concat arg1 (if (== arg2 0) (deref a 0) '
    "(str_concat b (deref a arg2))))))"
)
_NUMBERS: Final = f"""
int, int -> int 2: (+ a b) (- a b) (* a b)
int, int -> int 3: (/ a b) (% a b) (min a b) (max a b)
int -> int 4: (abs a) (* a a)
int, int -> int 4: (/ (* 1.0 a) b)
int, int -> bool 2: (== a b) (< a b) (<= a b)
string, string -> bool 2: (== a b)
bool, bool -> bool 3: (&& a b) (|| a b)
bool -> bool 2: (! a)
string, string -> string 2: (str_concat a b)
string -> int 2: (strlen a)
string, int -> string 3: (str_index b a)
string, string -> string[] 3: (str_split a b)
int, int -> int[] 3: (range a b)
int -> int[] 3: (digits a)
int[] -> int 2: (reduce a 0 +)
int[] -> int 3: (reduce a (head a) max) (reduce a (head a) min)
string[] -> string 2: (reduce a "" str_concat)
string[], string -> string 2: {_JOINED}
string -> string[] 2: {_CHARACTERS}
"""
_ARRAYS: Final = """
T[] -> int 2: (len a)
T[] -> T 2: (head a)
T[], int -> T 3: (deref a b)
T[] -> T 3: (deref a (- (len a) 1))
T[] -> T[] 3: (reverse a) (sort a) (tail a)
T[] -> T[] 4: (slice a 0 (- (len a) 1))
T[], int, int -> T[] 4: (slice a b c)
T[], T -> bool 3: (contains a b)
T[], T -> T[] 4: (append a b)
T, T -> T[] 3: (append (append (array-new int) a) b)
bool, T, T -> T 4: (if a b c)
"""


@dataclass(frozen=True, slots=True)
class _Operation:
    """What makes an expression of others.

    Attributes:
        parameters: types of the others.
        result: type of the value.
        cost: a whole number from 1 on.
        size: nodes that it adds, about.
        work: how much a run takes, about: a loop passes its nodes many times.
        run: computes the value, by slot.
        build: writes the program; None where a lambda would hide an argument.
        is_symmetric: whether its two arguments may change places.
    """

    parameters: tuple[str, ...]
    result: str
    cost: int
    size: int
    work: int
    run: Program
    build: Callable[[Sequence[Node]], Node | None]
    is_symmetric: bool


@dataclass(frozen=True, slots=True)
class _Expression:
    """A leaf, or an operation on others. Few are ever looked at, so no program is kept.

    Attributes:
        cost: of all operations and leaves in it.
        values: on each example.
        names: leaves that it has.
        size: nodes, about.
        leaf: the program of a leaf.
        operation: of all others.
        parts: what the operation takes.
    """

    cost: int
    values: tuple[Value, ...]
    names: frozenset[str]
    size: int = 1
    leaf: Node | None = None
    operation: _Operation | None = None
    parts: "tuple[_Expression, ...]" = ()

    def program(self) -> Node | None:
        """Write it; None where a lambda would hide an argument."""
        if self.operation is None:
            return self.leaf
        parts = [part.program() for part in self.parts]
        written = [part for part in parts if part is not None]
        return self.operation.build(written) if len(written) == len(parts) else None


def _leaf(symbol: str, cost: int, values: Iterable[Value]) -> _Expression:
    return _Expression(cost, tuple(values), frozenset({symbol}), leaf=Node(symbol))


@cache
def _operations_of_language() -> tuple[_Operation, ...]:
    lines = [line for line in _NUMBERS.splitlines() if line]
    for element in ("int", "string", "int[]", "string[]", "bool"):
        own = _ARRAYS.replace("T", element)
        lines += [line for line in own.splitlines() if line]
    return tuple(one for line in lines for one in _operations(line))


def _operations(line: str) -> Iterator[_Operation]:
    head, _, programs = line.partition(":")
    parameters, _, result = head.partition(" -> ")
    kinds = tuple(parameters.split(", "))
    kind, cost = result.split()
    names = _SLOTS[: len(kinds)]
    for program in parse(f"(all {programs})").children:
        yield _operation(kinds, kind, int(cost), partial(_filled, program, names))


def _filled(program: Node, names: Sequence[str], nodes: Sequence[Node]) -> Node:
    return filled(program, dict(zip(names, nodes, strict=True)))


def _operation(
    kinds: tuple[str, ...],
    result: str,
    cost: int,
    build: Callable[[Sequence[Node]], Node | None],
) -> _Operation:
    """Make an operation that computes what it writes.

    Raises:
        AlgoLispError: its program is none.
    """
    names = _SLOTS[: len(kinds)]
    program = build([Node(name) for name in names])
    if program is None:
        raise ArityError("a lambda hides an argument")
    run = compile_program(program, dict(zip(names, kinds, strict=True)), _LIMITS)
    is_loop = any(part.symbol in _LOOPS for part in program.preorder())
    work = 1 + program.size * is_loop
    is_symmetric = program.symbol in _SYMMETRIC and program.size == 1 + len(kinds)
    return _Operation(kinds, result, cost, program.size, work, run, build, is_symmetric)


def _operations_of_text(classifier: KindClassifier, prepared: Prepared) -> list[_Operation]:
    """Return what the classifier holds likely as operations, the likelier the cheaper."""
    found = []
    likely = likely_operations(classifier, prepared, _N_ENTRIES, _ALWAYS)
    for kinds, result, log_ratio, build in likely:
        cost = _LEAST_COST + min(_MOST_SURPRISE, int(-log_ratio / _NATS))
        with suppress(AlgoLispError):
            found.append(_operation(kinds, result, cost, build))
    return found


class _Bank:
    """Expressions by type and cost, each behaviour once."""

    def __init__(
        self,
        most_work: int,
        deadline: float,
        goal: tuple[str, Sequence[Value]] | None = None,
        used: Collection[str] = (),
    ) -> None:
        """Begin without expressions.

        Args:
            most_work: see `_Operation.work`; of all runs together.
            deadline: of the clock `monotonic`; nothing is run after it.
            goal: type and values of what is looked for.
            used: names that it has to have.
        """
        self.found: list[tuple[int, Node]] = []
        self.left = most_work
        self._deadline = deadline
        self._goal = goal
        self._used = frozenset(used)
        self._by_cost: dict[str, dict[int, list[_Expression]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._seen: set[tuple[str, str]] = set()

    def add(self, kind: str, expression: _Expression) -> None:
        """Take an expression, unless one with its values is there."""
        if self._goal is not None and kind == self._goal[0]:
            pairs = zip(expression.values, self._goal[1], strict=True)
            if all(values_equal(value, wanted, by_value=True) for value, wanted in pairs):
                program = expression.program() if self._used <= expression.names else None
                if program is not None:
                    self.found.append((expression.cost, program))
                return
        key = (kind, repr(expression.values))
        if key not in self._seen:
            self._seen.add(key)
            self._by_cost[kind][expression.cost].append(expression)

    def expressions(self) -> Iterator[tuple[str, _Expression]]:
        """Yield all with their types, the cheapest first."""
        for cost in range(_MOST_COST + 1):
            for kind, by_cost in self._by_cost.items():
                for expression in by_cost.get(cost, ()):
                    yield kind, expression

    def grow(self, operations: Sequence[_Operation]) -> None:
        """Add what operations make of expressions, by rising cost, until enough is found."""
        for cost in range(2, _MOST_COST + 1):
            for operation in operations:
                if not self._apply(operation, cost):
                    return
            if self.found and cost > self.found[0][0]:
                return

    def _apply(self, operation: _Operation, cost: int) -> bool:
        """Add what an operation makes at a cost; whether there is more to do."""
        for split in _splits(cost - operation.cost, len(operation.parameters)):
            parts = zip(operation.parameters, split, strict=True)
            choices = [tuple(self._by_cost[kind].get(own, ())) for kind, own in parts]
            if monotonic() > self._deadline:
                return False
            if not all(choices) or (operation.is_symmetric and split[0] > split[1]):
                continue
            for chosen in product(*choices):
                # Of few examples, too, each expression takes memory.
                self.left -= operation.work * max(_LEAST_VALUES, len(chosen[0].values))
                if self.left < 0 or len(self.found) >= _MOST_FOUND:
                    return False
                size = operation.size + sum(part.size for part in chosen)
                if size > _MOST_NODES:
                    continue
                values = _run(operation.run, [part.values for part in chosen])
                if values is not None:
                    names = frozenset().union(*(part.names for part in chosen))
                    made = _Expression(cost, values, names, size, operation=operation, parts=chosen)
                    self.add(operation.result, made)
        return True


@cache
def _splits(total: int, n: int) -> tuple[tuple[int, ...], ...]:
    """Return the ways to write a number as a sum of n numbers of at least 1, in order."""
    if n == 1:
        return ((total,),) if total >= 1 else ()
    return tuple(
        (first, *rest) for first in range(1, total) for rest in _splits(total - first, n - 1)
    )


def _run(run: Program, columns: Sequence[Sequence[Value]]) -> tuple[Value, ...] | None:
    """Return the values on all examples; None if it fails on one."""
    names = _SLOTS[: len(columns)]
    try:
        return tuple(run(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True))
    except AlgoLispError:
        return None


def put_together(classifier: KindClassifier, prepared: Prepared) -> list[Prediction]:
    """Return programs by letters that compute the examples of a task, the cheapest first.

    Each unit of cost takes a nat from the log-probability, which was fitted to nothing.

    Args:
        classifier: of a model.
        prepared: a task with examples.
    """
    # The guided search before this may have taken all its time, and a command leaves little more.
    now = monotonic()
    deadline = now + (prepared.deadline - now) * _SHARE_OF_TIME
    if deadline < now + _LEAST_SECONDS:
        return []
    request = prepared.request
    types = {name: plain_type(kind) for name, kind in (request.argument_types() or {}).items()}
    inputs = [example.inputs for example in request.examples]
    if request.result is None or not all(types.keys() <= one.keys() for one in inputs):
        return []
    arguments = {
        name: (kind, _leaf(name, 1, (one[name] for one in inputs))) for name, kind in types.items()
    }
    leaves = [*arguments.values(), *_constants(prepared, len(inputs))]
    operations = [*_operations_of_language(), *_operations_of_text(classifier, prepared)]
    goal = plain_type(request.result), [example.output for example in request.examples]
    declared = types.keys() - request.literals.keys()
    bank = _Bank(_MOST_WORK, deadline, goal, declared)
    for kind, leaf in leaves:
        bank.add(kind, leaf)
    given = [one for name, one in arguments.items() if name in declared]
    free = [letter for letter in LETTERS if letter not in types]
    for source in _sources(given, free):
        for kind, found, body in _bodies(leaves, source, operations, deadline):
            for whole, program in source.wholes(kind, body):
                values = _values(program, types, inputs)
                if values is not None:
                    cost, size = source.cost + found.cost, found.size + program.size // 2
                    names = frozenset(part.symbol for part in program.preorder())
                    bank.add(whole, _Expression(cost, values, names, size, leaf=program))
    bank.grow(operations)
    cheapest = sorted(bank.found, key=lambda one: one[0])
    return [Prediction(program, _PRIOR - cost) for cost, program in cheapest]


def _constants(prepared: Prepared, n: int) -> Iterator[tuple[str, _Expression]]:
    """Yield numbers and strings that every program may have, and those of the text."""
    said = dict.fromkeys(literals_said(prepared), 1)
    usual = {"0": 2, "1": 2, "2": 3, "10": 4, '""': 2, '" "': 3, "true": 3, "false": 3}
    for symbol, cost in (usual | said).items():
        known = constant(symbol)
        if known is not None:
            yield plain_type(known[1]), _leaf(symbol, cost, (known[0],) * n)


@dataclass(frozen=True, slots=True)
class _Source:
    """What a lambda goes over: the elements of an array, or the places of arrays of one length.

    Attributes:
        cost: of the array.
        array: its program.
        places: of all elements, the example.
        elements: what a body may have of each: letter, type and values.
        written: letters of a body to what stands for them, where that is not the element itself.
        kept: type and program of a lambda for each array that a filter of places selects from.
    """

    cost: int
    array: Node
    places: tuple[int, ...]
    elements: tuple[tuple[str, str, tuple[Value, ...]], ...]
    written: Mapping[str, Node]
    kept: tuple[tuple[str, Node], ...] = ()

    def wholes(self, kind: str, body: Node) -> Iterator[tuple[str, Node]]:
        """Yield what is done to the array by a body of some type: types and programs."""
        inner = over_element(filled(body, self.written), self.elements[0][0])
        if inner is None:
            return
        lambda1 = Node("lambda1", (inner,))
        if kind != "bool":
            yield f"{kind}[]", Node("map", (self.array, lambda1))
            return
        chosen = Node("filter", (self.array, lambda1))
        yield f"{self.elements[0][1]}[]", chosen
        for own, look in self.kept:
            yield own, Node("map", (chosen, look))


def _sources(given: Sequence[tuple[str, _Expression]], free: Sequence[str]) -> Iterator[_Source]:
    """Yield the arrays that arguments are or have, and the places of those of one length."""
    arrays = [(kind, leaf) for kind, leaf in given if kind.endswith("[]")]
    for kind, leaf in arrays:
        yield _elements(kind, leaf, _written(leaf), free[0])
    for kind, leaf in given:
        for view in _VIEWS if kind == "string" else ():
            cut, program = _run(view.run, [leaf.values]), view.build([_written(leaf)])
            if cut is not None and program is not None:
                there = replace(leaf, values=cut, cost=leaf.cost + 1)
                yield _elements("string[]", there, program, free[0])
    lengths = [tuple(map(len, leaf.values)) for _, leaf in arrays]  # type: ignore[arg-type]
    if arrays and len(set(lengths)) == 1 and len(arrays) < len(free):
        yield _places(arrays, lengths[0], free)


def _elements(kind: str, array: _Expression, program: Node, letter: str) -> _Source:
    values = [value for value in array.values if isinstance(value, list)]
    pairs = [(n, element) for n, value in enumerate(values) for element in value]
    element = (letter, kind.removesuffix("[]"), tuple(element for _, element in pairs))
    places = tuple(n for n, _ in pairs)
    return _Source(array.cost, program, places, (element,), {})


def _places(
    arrays: Sequence[tuple[str, _Expression]], lengths: Sequence[int], free: Sequence[str]
) -> _Source:
    place, *letters = free
    of_first = _written(arrays[0][1])
    positions = tuple(i for length in lengths for i in range(length))
    elements: list[tuple[str, str, tuple[Value, ...]]] = [(place, "int", positions)]
    written, kept = {}, []
    for letter, (kind, leaf) in zip(letters, arrays, strict=False):
        values = [value for value in leaf.values if isinstance(value, list)]
        flat = tuple(element for value in values for element in value)
        elements.append((letter, kind.removesuffix("[]"), flat))
        program = _written(leaf)
        written[letter] = Node("deref", (program, Node(place)))
        kept.append((kind, Node("lambda1", (Node("deref", (program, Node("arg1"))),))))
    return _Source(
        cost=2,
        array=Node("range", (Node("0"), Node("len", (of_first,)))),
        places=tuple(n for n, length in enumerate(lengths) for _ in range(length)),
        elements=tuple(elements),
        written=written,
        kept=tuple(kept),
    )


def _written(leaf: _Expression) -> Node:
    assert leaf.leaf is not None
    return leaf.leaf


def _bodies(
    leaves: Iterable[tuple[str, _Expression]],
    source: _Source,
    operations: Sequence[_Operation],
    deadline: float,
) -> Iterator[tuple[str, _Expression, Node]]:
    """Yield bodies of lambdas over a source by its letters, with their types."""
    # Some elements of each example tell most bodies apart, and all of them take too long.
    step = max(1, len(source.places) // _MOST_ELEMENTS)
    places = source.places[::step]
    if not places:
        return
    bank = _Bank(_MOST_WORK_OF_ELEMENTS, deadline)
    for letter, kind, values in source.elements:
        bank.add(kind, _leaf(letter, 1, values[::step]))
    for own, leaf in leaves:
        bank.add(own, replace(leaf, values=tuple(leaf.values[n] for n in places)))
    bank.grow(operations)
    letters = {letter for letter, _, _ in source.elements}
    n_bodies = 0
    for own, expression in bank.expressions():
        if n_bodies == _MOST_BODIES:
            return
        if letters & expression.names and (expression.operation is not None or source.written):
            body = expression.program()
            if body is not None:
                n_bodies += 1
                yield own, expression, body


def _values(
    program: Node, types: Mapping[str, str], inputs: Sequence[Mapping[str, Value]]
) -> tuple[Value, ...] | None:
    try:
        run = compile_program(program, types, _LIMITS)
        return tuple(run({name: one[name] for name in types}) for one in inputs)
    except AlgoLispError:
        return None


_VIEWS: Final = tuple(_operations(f'string -> string[] 1: {_CHARACTERS} (str_split a " ")'))
"""Of a string as an array: its characters, and its words."""
