"""Types: declared and inferred, principal or refused."""

import pickle

import pytest
from hypothesis import given

from saps.lang import AlgoLispError, infer_signature, infer_type, parse
from saps.lang.check import node_types
from saps.lang.errors import ArityError, DeclarationError, StaticTypeError, UnknownSymbolError
from saps.lang.node import Node
from tests.lang.programs import DECLARED, programs, trees


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("(reduce a 0 +)", "(a: int[]) -> int"),
        ("a", "(a: T) -> T"),
        ("(map a (partial1 b >))", "(a: T[], b: T) -> bool[]"),
        ("(map b (partial0 a (partial1 1 slice)))", "(a: T[], b: int[]) -> T[][]"),
        ("(reduce a 0 (combine abs -))", "(a: int[]) -> int"),
        ("(reduce b a (partial2 2 slice))", "(a: T[], b: int[]) -> T[]"),
        ("(invoke1 (lambda1 (if (<= arg1 1) 1 (* arg1 (self (- arg1 1))))) a)", "(a: int) -> int"),
        ("(invoke1 (lambda1 (invoke1 arg1 a)) square)", "(a: int) -> int"),
        ("(invoke1 (lambda1 (map a arg1)) (partial0 b str_concat))",
         "(a: string[], b: string) -> string[]"),
        ("(map a (lambda1 (len (filter b (lambda1 (== arg1 c))))))",
         "(a: T[], b: U[], c: U) -> int[]"),
        ("(reduce a (array-new int) (lambda2 (append arg1 (head arg2))))", "(a: T[][]) -> T[]"),
        ("(dict-keys (dict-insert (dict-new int int) a b))", "(a: T, b: U) -> T[]"),
        ("(if a b c)", "(a: bool, b: T, c: T) -> T"),
        ("(== (sqrt a) (strlen b))", "(a: int, b: string) -> bool"),
        ("(reduce a 0 (lambda2 (if (> arg2 10) (self arg1 (- arg2 10)) (+ arg1 arg2))))",
         "(a: int[]) -> int"),
    ],
)  # fmt: skip
def test_principal_type_is_found(text: str, signature: str) -> None:
    assert str(infer_signature(parse(text))) == signature


@pytest.mark.parametrize(
    ("text", "place", "expected", "found"),
    [
        ('(+ a "x")', "+.1", "int", "string"),
        ("(map a (lambda1 (str_concat arg1 1)))", "map.1.lambda1.0.str_concat.1", "string", "int"),
        ("(filter a (lambda1 (+ arg1 1)))", "filter.1.lambda1.0", "bool", "int"),
        ("(lambda1 arg1)", "lambda1", "a value", "(T) -> T"),
        ("(combine square -)", "combine", "a value", "(int, int) -> int"),
        ("(map a (lambda1 (partial0 arg1 +)))", "map", "a value", "((int) -> int)[]"),
        ("(== square abs)", "==.0", "a type without functions", "(int) -> int"),
        ("(len (dict-insert (dict-new int int) 1 2))", "len.0", "T[]", "dict<int,int>"),
        ("(dict-insert (dict-new int int) (range 0 1) 2)", "dict-insert.1",
         "a type of keys (int, bool or string)", "int[]"),
        ("(if 1 2 3)", "if.0", "bool", "int"),
        ("(invoke1 (lambda1 (self self)) 1)", "invoke1.0.lambda1.0.self.0", "T", "(T) -> U"),
    ],
)  # fmt: skip
def test_ill_typed_program_is_refused_where_it_is_wrong(
    text: str, place: str, expected: str, found: str
) -> None:
    with pytest.raises(StaticTypeError) as caught:
        infer_signature(parse(text))
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.place, error.expected, error.found) == (place, expected, found)
    assert error.code == "static-type"


def test_declared_types_come_first_and_bind() -> None:
    signature = infer_signature(parse("(append c (+ b a))"), {"c": "number[]", "b": "int"}, "int[]")
    assert list(signature.arguments) == ["c", "b", "a"]
    assert str(signature) == "(c: int[], b: int, a: int) -> int[]"
    with pytest.raises(StaticTypeError):
        infer_signature(parse("(reduce a 0 +)"), {"a": "string[]"})
    with pytest.raises(StaticTypeError):
        infer_signature(parse("(reduce a 0 +)"), return_type="string")


def test_an_undeclared_argument_is_unknown_when_others_are_declared() -> None:
    with pytest.raises(UnknownSymbolError) as caught:
        infer_type(parse("(+ a b)"), {"a": "int"})
    assert caught.value.place == "+.1"
    assert str(infer_type(parse("(+ a b)"))) == "int"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(foo a)", UnknownSymbolError),
        ("(+ arg1 1)", UnknownSymbolError),
        ("(map a (lambda1 (+ arg1 arg2)))", UnknownSymbolError),
        ("(self a)", UnknownSymbolError),
        ("(+ a)", ArityError),
        ("(if a b)", ArityError),
        ("(map a lambda1)", ArityError),
        ("(1 a)", ArityError),
        ("(map a (lambda1 arg1 arg1))", ArityError),
    ],
)
def test_names_and_arity_are_checked(text: str, kind: type[AlgoLispError]) -> None:
    with pytest.raises(kind):
        infer_signature(parse(text))


@pytest.mark.parametrize("name", ["map", "arg1", "self", "lambda1", "12", "true", "a b", '"z"'])
def test_an_argument_shadows_nothing(name: str) -> None:
    with pytest.raises(DeclarationError):
        infer_type(parse("1"), {name: "int"})


@given(programs())
def test_generated_programs_type_check_with_and_without_declarations(program: Node) -> None:
    declared = infer_type(program, DECLARED)
    open_signature = infer_signature(program)
    assert infer_signature(program, {**open_signature.arguments}) == open_signature
    assert str(infer_signature(program, DECLARED).result) == str(declared)


@given(trees())
def test_types_of_all_nodes_agree_with_inference(tree: Node) -> None:
    try:
        found = node_types(tree, DECLARED)
    except AlgoLispError:
        with pytest.raises(AlgoLispError):
            infer_type(tree, DECLARED)
        return
    if found.mismatches:
        with pytest.raises(StaticTypeError) as caught:
            infer_type(tree, DECLARED)
        assert caught.value.path in found.mismatches
    assert set(found.types) == _paths(tree)


def _paths(node: Node, path: tuple[int, ...] = ()) -> set[tuple[int, ...]]:
    below = (_paths(child, (*path, i)) for i, child in enumerate(node.children))
    return {path}.union(*below)
