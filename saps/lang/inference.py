"""Types of programs, by unification; arguments may be declared or left to be inferred.

Hindley-Milner without `let`: functions of the table are polymorphic, each use on its own; the
arguments of lambdas, `self` and the arguments of the task have one type each. Every program that
is well typed has a principal type, and this finds it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from saps.lang.constants import constant
from saps.lang.errors import AlgoLispError, InputError, StaticTypeError, TreePath
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
from saps.lang.types import (
    BOOL,
    INT,
    STRING,
    Array,
    Constraint,
    Dictionary,
    FunctionType,
    Row,
    Type,
    Variable,
    parse_type,
)
from saps.lang.values import kind_of

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


class _Unknown(Type):
    """A type yet to be found; `binding` is what it was found to be."""

    __slots__ = ("binding", "constraint")

    def __init__(self, constraint: Constraint = Constraint.ANY) -> None:
        self.binding: Type | None = None
        self.constraint = constraint


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
        show = _Display()
        arguments = {name: show.type(self._arguments[name]) for name in names}
        return Signature(arguments, self._value_type(show.type(result)))

    def all_types(self, expected: Type | None) -> NodeTypes:
        self._types = {}
        self._infer(expected)
        show = _Display()
        return NodeTypes(
            {name: show.type(kind) for name, kind in self._arguments.items()},
            {path: show.type(kind) for path, kind in self._types.items()},
            frozenset(self._mismatches),
        )

    def _infer(self, expected: Type | None) -> Type:
        variables: dict[str, Type] = {}
        self._arguments = {
            name: _instantiate(parse_type(kind) if isinstance(kind, str) else kind, variables)
            for name, kind in self._declared.items()
        }
        result: Type = _Unknown() if expected is None else _instantiate(expected, {})
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
        parameters = tuple(_Unknown() for _ in range(lambda_arity(node.symbol)))
        result = _Unknown()
        kind = FunctionType(Row(parameters), result)
        self._match(expected, kind, path)
        inner = {**names, "self": kind, "arg1": parameters[0]}
        if len(parameters) == 2:
            inner["arg2"] = parameters[1]
        self._check(node.children[0], (*path, 0), inner, result)

    def _match(self, expected: Type, found: Type, path: TreePath) -> None:
        if not _unify(expected, found):
            if self._types is not None:
                self._types[path] = found
                self._mismatches.add(path)
                return
            show = _Display()
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
            parameters = [_instantiate(kind, variables) for kind in function.parameters]
            result = _instantiate(function.result, variables)
        else:
            head = self._head(node, path, names)
            fresh = tuple(_Unknown() for _ in range(n_arguments))
            parameters, result = list(fresh), _Unknown()
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
            return _instantiate(FUNCTIONS[symbol].type, {})
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self._root, path)
        try:
            found = constant(symbol)
        except AlgoLispError as error:
            raise located(error, self._root, path) from None
        if found is not None:
            return found[1]
        if self._is_open and can_be_argument(symbol):
            kind = self._arguments[symbol] = _Unknown()
            return kind
        raise unknown_symbol(symbol, self._root, path)


def _instantiate(kind: Type, variables: dict[str, Type]) -> Type:
    """A copy with fresh unknowns for its variables, the same one for the same name."""
    if isinstance(kind, Variable):
        if kind.name not in variables:
            variables[kind.name] = _Unknown(kind.constraint)
        return variables[kind.name]
    if isinstance(kind, Array):
        return Array(_instantiate(kind.element, variables))
    if isinstance(kind, FunctionType):
        row = _instantiate(kind.row, variables)
        assert isinstance(row, Row)
        return FunctionType(row, _instantiate(kind.result, variables))
    if isinstance(kind, Row):
        rest = None if kind.rest is None else _instantiate(kind.rest, variables)
        return Row(tuple(_instantiate(p, variables) for p in kind.parameters), rest)
    if isinstance(kind, Dictionary):
        return Dictionary(_instantiate(kind.key, variables), _instantiate(kind.value, variables))
    return kind


def _prune(kind: Type) -> Type:
    while isinstance(kind, _Unknown) and kind.binding is not None:
        kind = kind.binding
    return kind


def _unify(left: Type, right: Type) -> bool:
    """Make two types the same, if they can be."""
    left, right = _prune(left), _prune(right)
    if left is right:
        return True
    if isinstance(left, _Unknown):
        return _bind(left, right)
    if isinstance(right, _Unknown):
        return _bind(right, left)
    if isinstance(left, Array) and isinstance(right, Array):
        return _unify(left.element, right.element)
    if isinstance(left, FunctionType) and isinstance(right, FunctionType):
        return _unify(left.row, right.row) and _unify(left.result, right.result)
    if isinstance(left, Row) and isinstance(right, Row):
        return _unify_rows(_flatten(left), _flatten(right))
    if isinstance(left, Dictionary) and isinstance(right, Dictionary):
        return _unify(left.key, right.key) and _unify(left.value, right.value)
    return left == right


def _flatten(row: Row) -> Row:
    """The row with what is known of its rest taken in."""
    rest = None if row.rest is None else _prune(row.rest)
    if isinstance(rest, Row):
        inner = _flatten(rest)
        return Row((*row.parameters, *inner.parameters), inner.rest)
    return Row(row.parameters, rest)


def _unify_rows(left: Row, right: Row) -> bool:
    n_common = min(len(left.parameters), len(right.parameters))
    for a, b in zip(left.parameters[:n_common], right.parameters[:n_common], strict=True):
        if not _unify(a, b):
            return False
    # The common ones may have told more about the rests.
    left = _flatten(Row(left.parameters[n_common:], left.rest))
    right = _flatten(Row(right.parameters[n_common:], right.rest))
    if left.parameters and right.parameters:
        return _unify_rows(left, right)
    if left.parameters:
        left, right = right, left
    if right.parameters:
        return left.rest is not None and _unify(left.rest, right)
    return _unify(left.rest or _NO_MORE, right.rest or _NO_MORE)


_NO_MORE: Final = Row(())


def _bind(unknown: _Unknown, kind: Type) -> bool:
    if _occurs(unknown, kind) or not _constrain(kind, unknown.constraint):
        return False
    unknown.binding = kind
    return True


def _occurs(unknown: _Unknown, kind: Type) -> bool:
    kind = _prune(kind)
    if kind is unknown:
        return True
    return any(_occurs(unknown, part) for part in _parts(kind))


def _parts(kind: Type) -> Iterator[Type]:
    if isinstance(kind, Array):
        yield kind.element
    elif isinstance(kind, FunctionType):
        yield kind.row
        yield kind.result
    elif isinstance(kind, Row):
        yield from kind.parameters
        if kind.rest is not None:
            yield kind.rest
    elif isinstance(kind, Dictionary):
        yield kind.key
        yield kind.value


def _constrain(kind: Type, constraint: Constraint) -> bool:
    """Make the type satisfy the constraint, if it can."""
    kind = _prune(kind)
    if constraint == Constraint.ANY or kind in (INT, BOOL, STRING):
        return True
    if isinstance(kind, _Unknown):
        kind.constraint = max(kind.constraint, constraint)
        return True
    if isinstance(kind, Array):
        return constraint != Constraint.KEY and _constrain(kind.element, constraint)
    if isinstance(kind, Dictionary):
        return constraint == Constraint.EQUATABLE and _constrain(kind.value, constraint)
    return False


def _is_value_type(kind: Type) -> bool:
    if isinstance(kind, Array):
        return _is_value_type(kind.element)
    if isinstance(kind, Dictionary):
        return _is_value_type(kind.value)
    return isinstance(kind, Variable) or kind in (INT, BOOL, STRING)


class _Display:
    """Gives the unknowns that remain their names, in order of appearance."""

    def __init__(self) -> None:
        self._names: dict[int, Variable] = {}

    def type(self, kind: Type) -> Type:
        kind = _prune(kind)
        if isinstance(kind, _Unknown):
            return self._variable(kind)
        if isinstance(kind, Array):
            return Array(self.type(kind.element))
        if isinstance(kind, Dictionary):
            return Dictionary(self.type(kind.key), self.type(kind.value))
        if isinstance(kind, FunctionType):
            row = self.type(kind.row)
            assert isinstance(row, Row)
            return FunctionType(row, self.type(kind.result))
        if isinstance(kind, Row):
            flat = _flatten(kind)
            rest = None if flat.rest is None else self.type(flat.rest)
            return Row(tuple(map(self.type, flat.parameters)), rest)
        return kind

    def text(self, kind: Type) -> str:
        return str(self.type(kind))

    def demand(self, kind: Type) -> str:
        """What a place calls for, where any type of a sort would do."""
        shown = self.type(kind)
        if isinstance(shown, Variable) and shown.constraint != Constraint.ANY:
            return _SORTS[shown.constraint]
        return str(shown)

    def _variable(self, unknown: _Unknown) -> Variable:
        if id(unknown) not in self._names:
            name = _variable_name(len(self._names))
            self._names[id(unknown)] = Variable(name, unknown.constraint)
        return self._names[id(unknown)]


_SORTS: Final = {
    Constraint.EQUATABLE: "a type without functions",
    Constraint.ORDERED: "a type with an order (int, bool, string, or an array of such)",
    Constraint.KEY: "a type of keys (int, bool or string)",
}


def _variable_name(index: int) -> Any:
    letters = "TUVWXYZABCDEFGHIJKLMNOPQRS"
    return letters[index] if index < len(letters) else f"T{index}"


def type_of_value(value: Any) -> Type:
    """The most general type of a plain value; an empty array is of `T[]`.

    Raises:
        InputError: the value is none of the language, or mixes types.
    """
    show = _Display()
    return show.type(_type_of_value(value, 0))


def _type_of_value(value: Any, depth: int) -> Type:
    if type(value) in _TYPES_OF_PLAIN:
        return _TYPES_OF_PLAIN[type(value)]
    if depth > _MAX_VALUE_DEPTH:
        raise InputError(f"arrays are nested deeper than {_MAX_VALUE_DEPTH}")
    if type(value) is list:
        return Array(_common_type(value, depth))
    if type(value) is dict:
        return Dictionary(_common_type(list(value), depth), _common_type([*value.values()], depth))
    raise InputError(f"{kind_of(value)} is no value of the language")


def _common_type(values: list[Any], depth: int) -> Type:
    common: Type = _Unknown()
    for value in values:
        if not _unify(common, _type_of_value(value, depth + 1)):
            raise InputError("the elements of an array or dictionary must be of one type")
    return common


_TYPES_OF_PLAIN: Final[Mapping[type, Type]] = {int: INT, float: INT, bool: BOOL, str: STRING}
_MAX_VALUE_DEPTH: Final = 100
