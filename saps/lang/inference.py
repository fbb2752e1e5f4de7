"""Types of programs, by unification; arguments may be declared or left to be inferred.

Hindley-Milner without `let`: functions of the table are polymorphic, each use on its own; the
arguments of lambdas, `self` and the arguments of the task have one type each. Every program that
is well typed has a principal type, and this finds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from saps.lang.constants import constant
from saps.lang.errors import AlgoLispError, StaticTypeError, TreePath
from saps.lang.functions import FORMS, FUNCTIONS
from saps.lang.node import Node
from saps.lang.recursion import with_room
from saps.lang.scope import (
    arity_error,
    can_be_argument,
    check_argument_names,
    lambda_arity,
    located,
    unknown_symbol,
)
from saps.lang.type_display import Display
from saps.lang.types import (
    BOOL,
    INT,
    STRING,
    Array,
    Dictionary,
    FunctionType,
    Row,
    Type,
    Variable,
    parse_type,
)
from saps.lang.unification import Unknown, instantiate, unify

Names = dict[str, Type]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a program takes and gives.

    Attributes:
        arguments: declared ones in their order, then inferred ones that occur, by name.
        result: the type of the program's value.
    """

    arguments: Mapping[str, Type]
    result: Type

    def __str__(self) -> str:
        listed = ", ".join(f"{name}: {kind}" for name, kind in self.arguments.items())
        return f"({listed}) -> {self.result}"


def infer_type(node: Node, arguments: Mapping[str, str | Type] | None = None) -> Type:
    """Return the type of a program's value.

    Args:
        node: the program.
        arguments: their types; if None, they are inferred from their use.

    Raises:
        StaticTypeError: the program is ill-typed; the error has the path and both types.
        UnknownSymbolError: a symbol means nothing; with `arguments` given, undeclared ones too.
        ArityError: a function or form has the wrong number of arguments.
        DeclarationError: a declared type or name is not possible.
    """
    inference = _Inference(node, arguments or {}, is_open=arguments is None)
    return with_room(inference.signature, None).result


def infer_signature(
    node: Node,
    arguments: Mapping[str, str | Type] | None = None,
    return_type: str | Type | None = None,
) -> Signature:
    """Return the types of a program's arguments and of its value.

    Arguments that are not declared are inferred, so that `(reduce a 0 +)` has `a: int[]`. What
    the program leaves open is a variable: `T`, `U`, ...

    Raises:
        StaticTypeError: the program is ill-typed, or its value is not of `return_type`.
        UnknownSymbolError, ArityError, DeclarationError: see `infer_type`.
    """
    expected = parse_type(return_type) if isinstance(return_type, str) else return_type
    return with_room(_Inference(node, arguments or {}, is_open=True).signature, expected)


@dataclass(frozen=True, slots=True)
class NodeTypes:
    """The types of all nodes of a program, ill-typed ones included.

    Attributes:
        arguments: see `Signature`.
        types: by path; a lambda's is a function type.
        mismatches: the paths of the nodes that do not have the type their place calls for.
    """

    arguments: Mapping[str, Type]
    types: Mapping[TreePath, Type]
    mismatches: frozenset[TreePath]


def node_types(
    node: Node, arguments: Mapping[str, str | Type], return_type: str | Type | None = None
) -> NodeTypes:
    """Infer what can be inferred, and note where the types contradict each other.

    Raises:
        UnknownSymbolError, ArityError, DeclarationError: see `infer_type`.
    """
    expected = parse_type(return_type) if isinstance(return_type, str) else return_type
    return with_room(_Inference(node, arguments, is_open=False).all_types, expected)


class _Inference:
    """The inference of one program."""

    def __init__(self, root: Node, declared: Mapping[str, str | Type], *, is_open: bool) -> None:
        check_argument_names(declared)
        self._root = root
        self._declared = declared
        self._is_open = is_open
        self._arguments: Names = {}
        self._types: dict[TreePath, Type] | None = None
        self._mismatches: set[TreePath] = set()

    def signature(self, expected: Type | None) -> Signature:
        result = self._infer(expected)
        names = [*self._declared, *sorted(self._arguments.keys() - self._declared.keys())]
        show = Display()
        arguments = {name: show.type(self._arguments[name]) for name in names}
        return Signature(arguments, self._value_type(show.type(result)))

    def all_types(self, expected: Type | None) -> NodeTypes:
        self._types = {}
        self._infer(expected)
        show = Display()
        return NodeTypes(
            {name: show.type(kind) for name, kind in self._arguments.items()},
            {path: show.type(kind) for path, kind in self._types.items()},
            frozenset(self._mismatches),
        )

    def _infer(self, expected: Type | None) -> Type:
        variables: dict[str, Type] = {}
        self._arguments = {
            name: instantiate(parse_type(kind) if isinstance(kind, str) else kind, variables)
            for name, kind in self._declared.items()
        }
        result: Type = Unknown() if expected is None else instantiate(expected, {})
        self._check(self._root, (), {}, result)
        return result

    def _value_type(self, result: Type) -> Type:
        if not _is_value_type(result):
            raise located(
                StaticTypeError(
                    f"expected a value, found {result}", expected="a value", found=str(result)
                ),
                self._root,
                (),
            )
        return result

    def _check(self, node: Node, path: TreePath, names: Names, expected: Type) -> None:
        """Make the node's type the expected one. Lambdas and `if` pass what is known inwards."""
        symbol = node.symbol
        if self._types is not None:
            self._types[path] = expected
        if node.children and symbol in FORMS:
            if len(node.children) != FORMS[symbol]:
                raise arity_error(node, FORMS[symbol], self._root, path)
            if symbol == "if":
                self._check(node.children[0], (*path, 0), names, BOOL)
                self._check(node.children[1], (*path, 1), names, expected)
                self._check(node.children[2], (*path, 2), names, expected)
            else:
                self._check_lambda(node, path, names, expected)
            return
        found = self._call(node, path, names) if node.children else self._leaf(node, path, names)
        self._match(expected, found, path)

    def _check_lambda(self, node: Node, path: TreePath, names: Names, expected: Type) -> None:
        parameters = tuple(Unknown() for _ in range(lambda_arity(node.symbol)))
        result = Unknown()
        kind = FunctionType(Row(parameters), result)
        self._match(expected, kind, path)
        inner = {**names, "self": kind, "arg1": parameters[0]}
        if len(parameters) == 2:
            inner["arg2"] = parameters[1]
        self._check(node.children[0], (*path, 0), inner, result)

    def _match(self, expected: Type, found: Type, path: TreePath) -> None:
        if not unify(expected, found):
            if self._types is not None:
                self._types[path] = found
                self._mismatches.add(path)
                return
            show = Display()
            wanted, got = show.demand(expected), show.text(found)
            raise located(
                StaticTypeError(f"expected {wanted}, found {got}", expected=wanted, found=got),
                self._root,
                path,
            )

    def _call(self, node: Node, path: TreePath, names: Names) -> Type:
        symbol, n_arguments = node.symbol, len(node.children)
        if symbol in FUNCTIONS:
            function = FUNCTIONS[symbol]
            if n_arguments != function.arity:
                raise arity_error(node, function.arity, self._root, path)
            variables: dict[str, Type] = {}
            parameters = [instantiate(kind, variables) for kind in function.parameters]
            result = instantiate(function.result, variables)
        else:
            head = self._head(node, path, names)
            fresh = tuple(Unknown() for _ in range(n_arguments))
            parameters, result = list(fresh), Unknown()
            self._match(head, FunctionType(Row(fresh), result), path)
        for index, (child, parameter) in enumerate(zip(node.children, parameters, strict=True)):
            self._check(child, (*path, index), names, parameter)
        return result

    def _head(self, node: Node, path: TreePath, names: Names) -> Type:
        """The type of an argument, or of `self`, that is called."""
        symbol = node.symbol
        kind = names.get(symbol) or self._arguments.get(symbol)
        if kind is None:
            if constant(symbol) is not None:
                raise arity_error(node, 0, self._root, path)
            raise unknown_symbol(symbol, self._root, path)
        return kind

    def _leaf(self, node: Node, path: TreePath, names: Names) -> Type:
        symbol = node.symbol
        if symbol in names:
            return names[symbol]
        if symbol in self._arguments:
            return self._arguments[symbol]
        if symbol in FUNCTIONS:
            return instantiate(FUNCTIONS[symbol].type, {})
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        try:
            found = constant(symbol)
        except AlgoLispError as error:
            raise located(error, self._root, path) from None
        if found is not None:
            return found[1]
        if self._is_open and can_be_argument(symbol):
            kind = self._arguments[symbol] = Unknown()
            return kind
        raise unknown_symbol(symbol, self._root, path)


def _is_value_type(kind: Type) -> bool:
    if isinstance(kind, Array):
        return _is_value_type(kind.element)
    if isinstance(kind, Dictionary):
        return _is_value_type(kind.value)
    return isinstance(kind, Variable) or kind in (INT, BOOL, STRING)
