"""The typed constraint: gold programs stay, every walk ends in a program, nothing else is left."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from random import Random

import pytest
import torch

from saps.data.symbols import ARGUMENTS, Label, SymbolError, SymbolTable
from saps.data.tasks.composer import Shape, draw_draft
from saps.data.tasks.family import default_catalogue
from saps.lang import (
    FUNCTIONS,
    AlgoLispError,
    Node,
    Type,
    infer_signature,
    infer_type,
    parse,
    parse_type,
)
from saps.lang.types import FunctionType
from saps.search import mask as constraints
from saps.search.interface import PartialTree
from saps.search.mask import PartialType, TypedConstraint
from saps.search.request import Request, RequestTypeError

VECTORS = Path(__file__).parents[1] / "lang" / "data" / "conformance.jsonl"
LANGUAGE = SymbolTable.of_language()


Types = Request


def names(program: Node) -> set[str]:
    return {node.symbol for node in program.preorder() if node.symbol in ARGUMENTS}


def accepts(program: Node, types: Types) -> bool:
    """What the language says of a program, and whether it names declared arguments only."""
    if types.arguments is not None and not names(program) <= types.arguments.keys():
        return False
    try:
        infer_signature(program, types.arguments, types.result)
    except AlgoLispError:
        return False
    return True


# Gold programs --------------------------------------------------------------------------------


def removed(constraint: TypedConstraint, program: Node, types: Types) -> list[str]:
    """The symbols of a program that the constraint would not have allowed, up to the first."""
    tree = constraint.start(types)
    for node in program.preorder():
        label = constraint.symbols.index(node)
        if not constraint.allowed(tree)[label]:
            return [node.symbol]
        tree = constraint.extend(tree, label)
    assert tree.complete
    return []


def conformance() -> Iterator[tuple[Node, Types]]:
    """The well-typed vectors with their declared types."""
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        try:
            program = Node.from_short_tree(vector["short_tree"])
            types = Types(vector["args"], str(infer_type(program, vector["args"])))
        except AlgoLispError:
            continue
        if accepts(program, types):
            yield program, types


def with_constants(programs: list[Node]) -> SymbolTable:
    """The language's labels, and the further constants of some programs."""
    labels = list(LANGUAGE.labels)
    for program in programs:
        for node in program.preorder():
            label = Label(node.symbol, len(node.children))
            if label not in labels and not node.children:
                labels.append(label)
    return SymbolTable(labels)


def test_no_symbol_of_a_conformance_program_is_removed() -> None:
    vectors = list(conformance())
    assert len(vectors) > 1_500
    constraint = TypedConstraint(with_constants([program for program, _ in vectors]))
    for program, types in vectors[::3]:
        try:
            assert removed(constraint, program, types) == [], str(program)
        except SymbolError:
            continue  # calls an argument by name: no label does


def test_hardly_a_program_is_lost_where_caps_leave_nothing_to_spare() -> None:
    """`Closings` looks one step ahead, which is enough for nearly all."""
    vectors = list(conformance())[::25]
    symbols = with_constants([program for program, _ in vectors])
    n_lost = 0
    for program, types in vectors:
        constraint = TypedConstraint(symbols, max_depth=program.depth, max_size=program.size)
        try:
            n_lost += removed(constraint, program, types) != []
        except SymbolError:
            continue
    assert n_lost <= len(vectors) // 24


def generated(n_draws: int) -> Iterator[tuple[Node, Types]]:
    """Programs of generated tasks, with their types."""
    for seed in range(n_draws):
        draft = draw_draft(default_catalogue(), Shape(), Random(seed))
        program = None if draft is None else draft.root.node()
        if draft is not None and program is not None:
            result = infer_signature(program, draft.arguments).result
            yield program, Types(draft.arguments, str(result))


@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "inferred"])
def test_no_symbol_of_a_generated_program_is_removed(is_declared: bool) -> None:
    constraint = TypedConstraint(LANGUAGE)
    for program, types in generated(400):
        assert removed(constraint, program, types if is_declared else Types()) == [], str(program)


# Walks ----------------------------------------------------------------------------------------

ARGUMENT_TYPES = ("int", "string", "bool", "int[]", "int[][]", "T[]", "dict<int,string>")
RESULTS = (None, "int", "bool", "int[]", "string", "dict<int,string>")
STYLES = ("any", "large", "small", "arguments", "functions")
FUNCTION_LIKE = {"lambda1", "lambda2", "self", "arg1", "arg2", "if", "reduce", "map", "filter"}


def prefer(style: str, labels: list[int], rng: Random, table: SymbolTable = LANGUAGE) -> int:
    """Choose like an adversary: what opens most, what closes, arguments only, functions only."""
    arities = [table.labels[label].arity for label in labels]
    symbols = [table.labels[label].symbol for label in labels]
    wanted = {
        "any": labels,
        "large": [x for x, n in zip(labels, arities, strict=True) if n == max(arities)],
        "small": [x for x, n in zip(labels, arities, strict=True) if n == min(arities)],
        "arguments": [x for x, name in zip(labels, symbols, strict=True) if name in ARGUMENTS],
        "functions": [x for x, name in zip(labels, symbols, strict=True) if name in FUNCTION_LIKE],
    }[style]
    return rng.choice(wanted if wanted and rng.random() < 0.7 else labels)


def walk(constraint: TypedConstraint, types: Types, style: str, rng: Random) -> Node:
    tree = constraint.start(types)
    while not tree.complete:
        labels = constraint.allowed(tree).nonzero()[0].tolist()
        assert labels, f"dead end after {tree.labels} with {types}"
        tree = constraint.extend(tree, prefer(style, labels, rng))
    return LANGUAGE.build(tree.labels)


@pytest.mark.parametrize(
    ("max_depth", "max_size", "n_walks"),
    [(1, 1, 60), (2, 3, 150), (3, 5, 150), (4, 8, 60), (60, 12, 60)],
)
def test_every_walk_over_allowed_labels_ends_in_a_program(
    max_depth: int, max_size: int, n_walks: int
) -> None:
    rng = Random(max_depth * 1000 + max_size)
    constraint = TypedConstraint(LANGUAGE, max_depth=max_depth, max_size=max_size)
    n_ended = 0
    for number in range(n_walks):
        some = rng.sample(ARGUMENTS[:6], rng.randint(0, 4))
        declared = {name: rng.choice(ARGUMENT_TYPES) for name in some}
        types = Types(declared if number % 2 else None, rng.choice(RESULTS))
        try:
            program = walk(constraint, types, STYLES[number % len(STYLES)], rng)
        except RequestTypeError as error:
            assert error.code == "no-program"
            continue
        n_ended += 1
        assert program.depth <= max_depth
        assert program.size <= max_size
        assert parse(str(program)) == program
        assert accepts(program, types), (str(program), types)
    assert n_ended > n_walks // 4


def segment_weight(tree: PartialType) -> int:
    return 0 if tree._segments is None else tree._segments[0].weight


@dataclass(frozen=True)
class Further:
    """A function of a larger language, as far as its types go."""

    kinds: str

    @property
    def type(self) -> FunctionType:
        kind = parse_type(self.kinds)
        assert isinstance(kind, FunctionType)
        return kind

    @property
    def parameters(self) -> tuple[Type, ...]:
        return self.type.row.parameters

    @property
    def result(self) -> Type:
        return self.type.result

    @property
    def arity(self) -> int:
        return len(self.parameters)


A_DOZEN = (
    "(int, bool) -> int",
    "(T, T) -> bool[]",
    "(T[], int) -> T[][]",
    "(string) -> int[][]",
    "((T) -> U, T[][]) -> U[]",
    "(T[][]) -> T[]",
    "(bool[], T, T) -> T",
    "(int[][], int) -> string[]",
    "(dict<K,V>) -> V[]",
    "(T, (T) -> T) -> T[]",
    "(string[][]) -> bool",
    "(int, int, int, int) -> int[]",
)


@pytest.fixture
def larger(monkeypatch: pytest.MonkeyPatch) -> SymbolTable:
    """The labels of the language after it gained a dozen functions."""
    functions = {**FUNCTIONS, **{f"more_{n}": Further(kinds) for n, kinds in enumerate(A_DOZEN)}}
    monkeypatch.setattr("saps.data.symbols.FUNCTIONS", functions)
    monkeypatch.setattr("saps.search.open_positions.FUNCTIONS", functions)
    return SymbolTable.of_language()


def check_first_allowed(constraint: TypedConstraint, n_walks: int) -> tuple[int, int]:
    """Compare the first allowed label with the mask, on all partial trees of some walks."""
    symbols, rng = constraint.symbols, Random(1)
    ranking = list(range(len(symbols)))
    n_near = n_heavy = 0
    for number in range(n_walks):
        tree = constraint.start(Types({"a": "T[]", "b": "T"} if number % 2 else None))
        while not tree.complete:
            rng.shuffle(ranking)
            mask = constraint.allowed(tree)
            first = next(label for label in ranking if mask[label])
            assert constraint.first_allowed(tree, ranking) == first, tree.labels
            n_near += not constraint._is_roomy(tree)
            n_heavy += segment_weight(tree) > 200 and constraint._is_roomy(tree)
            tree = constraint.extend(
                tree, prefer(STYLES[-number % 5], mask.nonzero()[0].tolist(), rng, symbols)
            )
        assert tree.n_nodes <= constraint.max_size
    return n_near, n_heavy


@pytest.mark.parametrize(("max_depth", "max_size"), [(4, 400), (60, 12), (8, 40)])
def test_the_first_allowed_label_is_the_first_of_the_mask(max_depth: int, max_size: int) -> None:
    constraint = TypedConstraint(LANGUAGE, max_depth=max_depth, max_size=max_size)
    assert check_first_allowed(constraint, 20)[0]


def test_it_is_in_a_larger_language(larger: SymbolTable) -> None:
    assert len(larger) == len(LANGUAGE) + 2 * len(A_DOZEN)
    constraint = TypedConstraint(larger, max_depth=6, max_size=20)
    assert check_first_allowed(constraint, 20)[0]


def test_it_is_where_types_are_heavy() -> None:
    constraint = TypedConstraint(LANGUAGE, max_depth=60, max_size=1000)
    assert check_first_allowed(constraint, 5)[1], "the walks never came to heavy types"


def test_what_is_allowed_depends_on_the_tree_alone() -> None:
    """Not on what the constraint worked out before, for other trees."""
    rng, types = Random(2), Types({"a": "int[]", "b": "T"})
    old = TypedConstraint(LANGUAGE, max_depth=5, max_size=12)
    for number in range(20):
        walk(old, Types() if number % 2 else types, STYLES[number % 5], rng)
    new = TypedConstraint(LANGUAGE, max_depth=5, max_size=12)
    trees = old.start(types), new.start(types)
    while not trees[0].complete:
        masks = old.allowed(trees[0]), new.allowed(trees[1])
        assert masks[0].tolist() == masks[1].tolist()
        label = rng.choice(masks[0].nonzero()[0].tolist())
        trees = old.extend(trees[0], label), new.extend(trees[1], label)


# Types and constants that the published data lack -----------------------------------------------

NESTED = {"a": "int[][]", "b": "string[][]", "c": "bool", "d": "bool[]", "e": "int", "f": "int[]"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("(map a (lambda1 (map arg1 (partial0 e +))))", "int[][]"),
        ("(reverse a)", "int[][]"),
        ("(map f (lambda1 (range 0 arg1)))", "int[][]"),
        ("(head b)", "string[]"),
        ("(filter b (lambda1 (== (len arg1) e)))", "string[][]"),
        ("(if c (head a) f)", "int[]"),
        ("(reduce d c &&)", "bool"),
        ("(map a (lambda1 (< (len arg1) e)))", "bool[]"),
        ("(reduce (map a len) 0 max)", "int"),
    ],
)
def test_nested_arrays_and_truths_are_arguments_as_numbers_are(text: str, result: str) -> None:
    program = parse(text)
    some = {name: kind for name, kind in NESTED.items() if name in names(program)}
    # Declared, with others beside them; declared by half; not declared.
    nested = [NESTED, some, {**some, min(some): "T[]"}, dict.fromkeys(some, "T"), None]
    constraint = TypedConstraint(LANGUAGE)
    for arguments in nested[:3] + nested[4:]:
        if not accepts(program, Types(arguments, result)):
            assert arguments is nested[2]
            continue
        assert removed(constraint, program, Types(arguments, result)) == [], arguments


def test_arguments_of_unknown_types_are_unified_consistently() -> None:
    constraint = TypedConstraint(LANGUAGE)
    apart = Types({"a": "T", "b": "U"})
    for text in ("(+ a (len b))", "(str_concat a (head b))", "(map b (lambda1 (+ a (head arg1))))"):
        assert removed(constraint, parse(text), apart) == []
    # `a` is a number at its first place, so it cannot be an array at the next one.
    assert removed(constraint, parse("(+ a (len a))"), apart) == ["a"]
    # The same variable is the same type.
    same = Types({"a": "T", "b": "T"})
    assert removed(constraint, parse("(+ a b)"), same) == []
    assert removed(constraint, parse("(+ a (len b))"), same) == ["b"]
    assert removed(constraint, parse("(append b a)"), Types({"a": "T", "b": "T[]"})) == []


def test_many_constants_cost_one_production_a_type() -> None:
    numbers = [Label(str(n), 0) for n in range(41, 90)] + [Label("3.5", 0), Label("-7", 0)]
    strings = [Label(f'"{chr(97 + n % 26)}{n}"', 0) for n in range(50)]
    many = SymbolTable([*LANGUAGE.labels, *numbers, *strings])
    few, constraint = TypedConstraint(LANGUAGE), TypedConstraint(many)
    types = Types({"a": "int[]"}, "int")
    trees = few.start(types), constraint.start(types)
    for symbol, arity in (("+", 2), ("len", 1), ("a", 0), ("47", 0)):
        allowed = constraint.allowed(trees[1])
        assert not allowed[[many.labels.index(label) for label in strings]].any()
        if symbol == "47":
            assert allowed[[many.labels.index(label) for label in numbers]].all()
            break
        label = LANGUAGE.labels.index(Label(symbol, arity))  # the first labels are the same
        trees = few.extend(trees[0], label), constraint.extend(trees[1], label)
    assert constraint.n_steps == few.n_steps
    assert constraint.n_situations == few.n_situations


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constraints, "_MOST_REMEMBERED", 1_000)
    constraint = TypedConstraint(LANGUAGE, max_depth=6, max_size=14)
    types = Types({"a": "int[]"})
    rng, kept = Random(5), []
    before = constraint.start(types)
    for number in range(40):
        walk(constraint, types, STYLES[number % 5], rng)
        kept.append(constraint.n_remembered)
    assert max(kept) > 1_000
    assert kept != sorted(kept), "it was never forgotten"
    while not before.complete:  # a tree of before goes on
        before = constraint.extend(before, int(constraint.allowed(before).nonzero()[0][0]))


def test_threads_share_a_constraint() -> None:
    constraint = TypedConstraint(LANGUAGE, max_depth=8, max_size=24)

    def walks(seed: int) -> list[tuple[Node, Types]]:
        rng = Random(seed)
        types = [Types({"a": "T[]", "b": "int"} if n % 2 else None) for n in range(15)]
        return [(walk(constraint, t, STYLES[n % 5], rng), t) for n, t in enumerate(types)]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = [pair for pairs in pool.map(walks, (1, 1, 2, 3)) for pair in pairs]
    finally:
        sys.setswitchinterval(interval)
    for program, types in found:
        assert program.size <= 24
        assert program.depth <= 8
        assert accepts(program, types), str(program)


# Brute force ----------------------------------------------------------------------------------


def table(text: str) -> SymbolTable:
    pairs = [word.rpartition("/") for word in text.split()]
    return SymbolTable([Label(symbol, int(arity)) for symbol, _, arity in pairs])


def all_trees(symbols: SymbolTable, max_size: int, max_depth: int) -> Iterator[Node]:
    """Every tree of these labels, well-typed or not."""

    @cache
    def exactly(size: int, depth: int) -> tuple[Node, ...]:
        if depth == 0:
            return ()
        return tuple(
            Node(label.symbol, children)
            for label in symbols.labels
            for sizes in splits(size - 1, label.arity)
            for children in product(*(exactly(part, depth - 1) for part in sizes))
        )

    for size in range(1, max_size + 1):
        yield from exactly(size, max_depth)


def splits(total: int, n_parts: int) -> Iterator[tuple[int, ...]]:
    if n_parts == 0:
        if total == 0:
            yield ()
        return
    for first in range(1, total + 1):
        for others in splits(total - first, n_parts - 1):
            yield first, *others


def reachable(constraint: TypedConstraint, types: Types) -> list[Node]:
    """Every tree that the masks lead to."""
    try:
        pending = [constraint.start(types)]
    except RequestTypeError:
        return []
    found = []
    while pending:
        tree = pending.pop()
        labels = constraint.allowed(tree).nonzero()[0].tolist()
        assert bool(labels) is not tree.complete
        if tree.complete:
            found.append(constraint.symbols.build(tree.labels))
        pending += [constraint.extend(tree, label) for label in labels]
    return found


@pytest.mark.parametrize(
    "labels",
    [
        "0/0 a/0 b/0 +/2 +/0 lambda1/1 arg1/0 map/2 len/1",
        "a/0 b/0 head/1 array-new/1 int/0 ==/2 append/2 reduce/3",
        "a/0 0/0 lambda1/1 lambda2/1 arg1/0 arg2/0 self/0 self/1 self/2 invoke1/2",
        "a/0 b/0 partial0/2 partial1/2 combine/2 +/0 strlen/0 0/0",
        'a/0 dict-new/2 int/0 dict-insert/3 dict-keys/1 true/0 ""/0 sort/1',
        "a/0 0/0 filter/2 </0 partial0/2 head/0 head/1 slice/0 partial2/2 array-new/1 int/0",
    ],
)
@pytest.mark.parametrize(("max_depth", "max_size"), [(1, 1), (2, 4), (5, 5)])
def test_reachable_trees_are_all_well_typed_ones(
    labels: str, max_depth: int, max_size: int
) -> None:
    symbols = table(labels)
    trees = list(all_trees(symbols, max_size, max_depth))
    constraint = TypedConstraint(symbols, max_depth=max_depth, max_size=max_size)
    requests = [
        Types(),
        Types(None, "int[]"),
        Types({"a": "int[]", "b": "int"}),
        Types({"a": "T[]", "b": "T"}, "T"),
        Types({}, None),
        Types({"a": "(T) -> T", "b": "dict<int,string>"}),
    ]
    for types in requests:
        found = reachable(constraint, types)
        assert len(found) == len(set(found))
        wanted = {tree for tree in trees if accepts(tree, types)}
        assert set(found) <= wanted, types
        if types.arguments is None or "T" in str(types.arguments):
            # Where the caps leave no node to spare and names have no type yet, some are missed.
            assert 10 * len(found) >= 8 * len(wanted), types
        else:
            assert set(found) == wanted, types


# The rest of the interface --------------------------------------------------------------------


def symbols_at(constraint: TypedConstraint, types: Types, *written: tuple[str, int]) -> set[str]:
    """What may follow these labels, spelled `symbol/arity`."""
    tree = constraint.start(types)
    for symbol, arity in written:
        tree = constraint.extend(tree, LANGUAGE.labels.index(Label(symbol, arity)))
    allowed = constraint.allowed(tree).nonzero()[0]
    return {f"{LANGUAGE.labels[i].symbol}/{LANGUAGE.labels[i].arity}" for i in allowed}


def test_only_declared_arguments_of_the_right_type_are_allowed() -> None:
    types = Types({"a": "int[]", "b": "int"}, "int")
    follows = symbols_at(TypedConstraint(LANGUAGE), types, ("+", 2))
    assert {"b/0", "0/0", "len/1", "if/3"} <= follows
    assert follows.isdisjoint({"a/0", "c/0", "true/0", "map/2", "arg1/0", "self/1", "lambda1/1"})


def test_inferred_type_of_an_argument_holds_where_it_recurs() -> None:
    constraint = TypedConstraint(LANGUAGE)
    follows = symbols_at(constraint, Types(), ("str_concat", 2), ("a", 0))
    assert {"a/0", "b/0"} <= follows
    assert "a/0" not in symbols_at(constraint, Types(), ("reduce", 3), ("a", 0), ("strlen", 1))


def test_lambda_arguments_are_visible_inside_their_lambda_only() -> None:
    constraint, types = TypedConstraint(LANGUAGE), Types({"a": "int[]"}, "int[]")
    inside = symbols_at(constraint, types, ("map", 2), ("a", 0), ("lambda1", 1))
    assert {"arg1/0", "self/1"} <= inside
    assert inside.isdisjoint({"arg2/0", "self/2", "self/0"})
    assert "arg1/0" not in symbols_at(constraint, types, ("map", 2))


def test_last_level_takes_leaves_only() -> None:
    constraint = TypedConstraint(LANGUAGE, max_depth=2, max_size=400)
    follows = symbols_at(constraint, Types({"a": "int"}, "int"), ("+", 2))
    assert "a/0" in follows
    assert not [symbol for symbol in follows if not symbol.endswith("/0")]


def test_allowed_many_stacks_what_each_tree_allows() -> None:
    constraint = TypedConstraint(LANGUAGE)
    first = constraint.start(Types({"a": "int"}, "int"))
    second = constraint.extend(first, LANGUAGE.labels.index(Label("+", 2)))
    masks = constraint.allowed_many([first, second])
    assert masks.dtype == torch.bool
    assert masks.shape == (2, len(LANGUAGE))
    assert masks[1].tolist() == constraint.allowed(second).tolist()


def test_masks_can_not_be_written_to() -> None:
    constraint = TypedConstraint(LANGUAGE)
    with pytest.raises(ValueError, match="read-only"):
        constraint.allowed(constraint.start())[0] = False


def test_label_of_a_wrong_type_is_refused_by_extend() -> None:
    constraint = TypedConstraint(LANGUAGE)
    tree = constraint.start(Types({"a": "int[]"}, "int"))
    with pytest.raises(ValueError, match=r"a with 0 children\) has no place at node 0, where int"):
        constraint.extend(tree, LANGUAGE.labels.index(Label("a", 0)))


def test_complete_tree_allows_nothing_and_can_not_grow() -> None:
    constraint = TypedConstraint(LANGUAGE)
    zero = LANGUAGE.labels.index(Label("0", 0))
    tree = constraint.extend(constraint.start(), zero)
    assert tree.complete
    assert not constraint.allowed(tree).any()
    with pytest.raises(ValueError, match="after a complete tree"):
        constraint.extend(tree, zero)


def test_typed_tree_is_a_partial_tree() -> None:
    assert isinstance(TypedConstraint(LANGUAGE).start(), PartialTree)


@pytest.mark.parametrize(
    ("types", "code", "message"),
    [
        (Types({"a": "number of"}), "declaration", "argument a: .* is not a type"),
        (Types({"map": "int"}), "declaration", "cannot be named 'map'"),
        (Types(None, "list"), "declaration", "the result: 'list' is not a type"),
        (Types({"a": "type"}), "impossible-type", "argument a cannot be of type type"),
        (Types({"a": "dict<int[],int>"}), "impossible-type", "keys of type int"),
        (Types(None, "(int) -> int"), "impossible-type", "the value of a program is a number"),
        (Types(None, "((int) -> int)[]"), "impossible-type", "the value of a program is a number"),
        (Types(None, "type"), "impossible-type", "the result cannot be of type type"),
    ],
)
def test_types_that_no_program_has_are_refused(types: Types, code: str, message: str) -> None:
    with pytest.raises(RequestTypeError, match=message) as caught:
        TypedConstraint(LANGUAGE).start(types)
    assert caught.value.code == code


def test_result_without_a_program_within_the_caps_is_refused() -> None:
    with pytest.raises(RequestTypeError, match="at most 1 nodes and 60 levels") as caught:
        TypedConstraint(LANGUAGE, max_size=1).start(Types({}, "int[]"))
    assert caught.value.code == "no-program"


@pytest.mark.parametrize("caps", [(0, 5), (5, 0)])
def test_caps_below_one_are_refused(caps: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="both must be at least 1"):
        TypedConstraint(LANGUAGE, max_depth=caps[0], max_size=caps[1])
