"""Programs mutated from those of the conformance vectors, and what a hostile caller may pass."""

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from saps.lang import (
    FORMS,
    FUNCTIONS,
    AlgoLispError,
    Limits,
    Node,
    compile_program,
    infer_signature,
    infer_type,
    parse,
    to_python,
)
from saps.lang.unify import type_of_value
from tests.lang.programs import DECLARED, random_inputs, random_nonsense, random_program
from tests.lang.test_conformance import read_value

VECTORS = Path(__file__).parent / "data" / "conformance.jsonl"
LIMITS = Limits(seconds=0.2, steps=200_000)
LATE_S = 0.1
LEAVES = ["0", "1", "-1", "2.5", "inf", "true", '""', '"z"', "int", "arg1", "arg2", "self", "zz"]
LEAVES += ["1" * 5_000, "9" * 1_200, "1e999", "a", "b", *FUNCTIONS]
TYPES = ["int", "int[]", "string", "string[]", "T", "T[]", "bool", "dict<int,int>", "dict<T,U>"]
TYPES += ["(int) -> int", "(T, T) -> T", "float", "int[][]", "type", "", "int[" * 60]


class Text(str):
    """Not a `str`, to those who look closely."""


def seeds() -> list[tuple[Node, dict[str, Any]]]:
    """The programs that are mutated, with the types and inputs that they come with."""
    found = []
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        with suppress(AlgoLispError):
            found.append((Node.from_short_tree(vector["short_tree"]), vector))
    return found


def mutated(node: Node, other: Node, rng: Random) -> Node:
    """The program with one to three changes of structure."""
    for _ in range(rng.randint(1, 3)):
        nodes = list(node.preorder())
        target = rng.randrange(len(nodes))
        try:
            node = _replaced(node, target, _instead(nodes[target], nodes, other, rng))
        except AlgoLispError:
            continue  # too deep or too large
    return node


def _instead(node: Node, nodes: list[Node], other: Node, rng: Random) -> Node:
    choice = rng.randrange(7)
    if choice == 0:
        return Node(rng.choice(LEAVES))
    if choice == 1:
        return rng.choice(nodes)  # perhaps a part of itself
    if choice == 2:
        return rng.choice(list(other.preorder()))
    if choice == 3 and node.children:
        return Node(rng.choice([*FUNCTIONS, *FORMS, "self", "arg1", "a"]), node.children)
    if choice == 4:
        return _wrapped(node, rng)
    if choice == 5 and node.children:
        return Node(node.symbol, tuple(rng.sample(node.children, len(node.children))))
    return Node("invoke1", (Node("lambda1", (node,)), rng.choice(nodes)))


def _wrapped(node: Node, rng: Random) -> Node:
    """The node inside of many others of one sort."""
    one = Node("1")
    for _ in range(rng.choice((1, 1, 3, 3, 20, 190))):
        if node.depth > 195:
            break
        sort = rng.randrange(6)
        if sort == 0:
            node = Node("combine", (Node("abs"), node))
        elif sort == 1:
            node = Node("if", (Node("true"), node, one))
        elif sort == 2:
            node = Node("append", (Node("array-new", (Node("int"),)), node))
        elif sort == 3:
            node = Node("map", (Node("a"), Node("lambda1", (node,))))
        elif sort == 4:
            node = Node("partial0", (one, node))
        else:
            node = Node("reduce", (Node("a"), one, Node("lambda2", (node,))))
    return node


def _replaced(root: Node, target: int, new: Node) -> Node:
    """The tree with its node of this number in preorder replaced."""
    numbers = iter(range(target + 1))

    def rebuilt(node: Node) -> Node:
        if next(numbers, None) == target:
            return new
        return Node(node.symbol, tuple(rebuilt(child) for child in node.children))

    return rebuilt(root)


def hostile_value(rng: Random) -> Any:
    """Something that a caller may pass as an input."""
    cyclic: list[Any] = []
    cyclic.append(cyclic)
    shared: Any = [1]
    for _ in range(rng.choice((5, 60, 90))):
        shared = [shared, shared]
    deep: Any = 1
    for _ in range(rng.choice((50, 99, 5_000))):
        deep = [deep]
    plain: list[Any] = [
        None,
        (),
        {},
        b"x",
        1j,
        Text("x"),
        True,
        math.nan,
        object,
        *FUNCTIONS.values(),
    ]
    large = [10**5_000, -(10**1_000), 1e308, -0.0, "\ud800", "x" * 100_000, [10**1_200] * 2_000]
    mixed = [[1, "a"], [[], [1]], [0.5, 1], [math.nan, 10**1_200], cyclic, [cyclic, cyclic]]
    keys = [{10**5_000: 1}, {None: 1}, {1: 1, "a": 2}, {math.nan: 1}, {"k" * 10_000: None}]
    return rng.choice([shared, deep, *plain, *large, *mixed, *keys])


def _spoiled(types: dict[Any, Any], inputs: dict[Any, Any], rng: Random) -> Any:
    """Inputs, and changes of the declared types, as nobody should pass them."""
    name = rng.choice(list(types))
    if rng.random() < 0.5:
        types[name] = rng.choice([*TYPES, None, 7, Text("int")])
    inputs[name] = hostile_value(rng)
    if rng.random() < 0.1:
        types[rng.choice([None, 1, "map", "a b", "9" * 5_000, '"', "arg1", "new"])] = "int"
    if rng.random() < 0.1:
        return rng.choice([None, [], {**inputs, None: 1}, {**inputs, 7: 2, "x": 1}, 3])
    return inputs


def problems(seed: int, vectors: list[tuple[Node, dict[str, Any]]]) -> Iterator[str]:
    """What is wrong about one program: an error that is none of ours, or one too late.

    It is mutated, or one in four times drawn at random.
    """
    rng = Random(seed)
    inputs: Any
    if seed % 4:
        program, vector = rng.choice(vectors)
        node = mutated(program, rng.choice(vectors)[0], rng)
        types: dict[Any, Any] = dict(vector["args"])
        test = rng.choice(vector["tests"])
        inputs = {name: read_value(value) for name, value in test["input"].items()}
    else:
        node = random_program(rng) if seed % 8 else random_nonsense(rng)
        types, inputs = dict(DECLARED), random_inputs(rng)
    is_hostile = rng.random() < 0.3
    if is_hostile and types:
        inputs = _spoiled(types, inputs, rng)
    codes: dict[str, str] = {}
    steps: dict[str, Callable[[], object]] = {
        "parse": lambda: parse(str(node)),
        "infer": lambda: infer_type(node, types),
        "signature": lambda: str(infer_signature(node)),
        "run": lambda: compile_program(node, types, LIMITS)(inputs),
    }
    if seed % 7 == 0:
        steps["python"] = lambda: to_python(node, types, "T")
        steps["type"] = lambda: [type_of_value(value) for value in inputs.values()]
    for step, work in steps.items():
        started = time.thread_time()
        try:
            work()
            codes[step] = ""
        except AlgoLispError as error:
            codes[step] = error.code
            str(error)
        except Exception as error:
            if step != "type" or isinstance(inputs, dict):  # else the fault is of this file
                yield f"seed {seed}: {step} let {error!r:.200} out, of {node!s:.500}"
        seconds = time.thread_time() - started
        if seconds > (LIMITS.seconds if step == "run" else 0.5) + LATE_S:
            yield f"seed {seed}: {step} took {seconds:.2f} s, of {node!s:.500}"
    if codes.get("infer") == "" and codes.get("run") in ("type", "arity") and not is_hostile:
        yield f"seed {seed}: well typed, but failed by {codes['run']}: {node!s:.500}"
