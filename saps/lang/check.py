"""What a program means before it runs: names, arity and forms, and types by inference.

Hindley-Milner without `let`: functions of the table are polymorphic, each use on its own; the
arguments of lambdas, `self` and the arguments of the task have one type each. Every program that
is well typed has a principal type, and this finds it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from saps.lang.errors import (
    AlgoLispError,
    DeclarationError,
    StaticTypeError,
    TreeError,
    TreePath,
    on_this_stack,
)
from saps.lang.functions.function_table import FUNCTIONS
from saps.lang.node import (
    Node,
    arity_error,
    constant_at,
    head_error,
    lambda_arity,
    located,
    unknown_symbol,
)
from saps.lang.program_values import (
    BOUND,
    FORMS,
    LAMBDA_ARGUMENTS,
    SELF,
    SYMBOL,
    constant,
    is_text,
    kind_of,
)
from saps.lang.types import BOOL, INT, STRING, Type, Variable, declared_type, innermost
from saps.lang.unify import BOOL as BOOL_TERM
from saps.lang.unify import FUNCTION, Display, Scheme, Term, TermReader, Unifier, row_of, shift

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_argument_names(names: Iterable[object]) -> None:
    """Raises DeclarationError if a name is no symbol or already means something else."""
    for name in names:
        if not isinstance(name, str):
            raise DeclarationError(f"an argument is named by a string, found {kind_of(name)}")
        if not SYMBOL.fullmatch(name) or not is_text(name):
            raise DeclarationError(f"an argument cannot be named {name!r}: that is not a symbol")
        if not can_be_argument(name, SYMBOL):
            raise DeclarationError(
                f"an argument cannot be named {name!r}: that already has a meaning"
            )


def is_reserved(symbol: str) -> bool:
    """Whether a symbol names a function or a form, or what a lambda binds."""
    return symbol in FUNCTIONS or symbol in FORMS or symbol in BOUND


def can_be_argument(symbol: str, form: re.Pattern[str] = _IDENTIFIER) -> bool:
    """Whether an undeclared symbol may be taken for an argument whose type is to be inferred."""
    if is_reserved(symbol) or form.fullmatch(symbol) is None:
        return False
    try:
        return constant(symbol) is None
    except AlgoLispError:  # a number of too many digits
        return False


def declarations(arguments: object) -> dict[str, Type]:
    """The declared types of a program's arguments, by name.

    Raises:
        DeclarationError: a type or name is not possible.
    """
    if not isinstance(arguments, Mapping):
        raise DeclarationError(f"expected types by name, found {kind_of(arguments)}")
    check_argument_names(arguments)
    return {str(name): declared_type(kind) for name, kind in arguments.items()}


def the_tree(node: object) -> Node:
    """Raises TreeError if what was given as a program is no tree."""
    if not isinstance(node, Node):
        raise TreeError(f"expected a Node, as `parse` makes it, found {kind_of(node)}")
    return node


@dataclass(frozen=True, slots=True)
class Signature:
    """What a program takes and gives.

    Attributes:
        arguments: declared ones in their order, then inferred ones that occur, by name.
        result: the type of the program's value.
    """

    arguments: Mapping[str, Type]
    result: Type

    @property
    def types(self) -> dict[str, str]:
        """The types of the arguments as the language writes them."""
        return {name: str(kind) for name, kind in self.arguments.items()}

    def __str__(self) -> str:
        listed = ", ".join(f"{name}: {kind}" for name, kind in self.types.items())
        return f"({listed}) -> {self.result}"


def infer_type(node: Node, arguments: Mapping[str, str | Type] | None = None) -> Type:
    """Return the type of a program's value.

    Args:
        node: the program.
        arguments: their types; if None, they are inferred from their use. A variable among them,
            as in `T[]`, stands for any type: a program that needs another of it is ill-typed.

    Raises:
        StaticTypeError: the program is ill-typed; the error has the path and both types.
        UnknownSymbolError: a symbol means nothing; with `arguments` given, undeclared ones too.
        ArityError: a function or form has the wrong number of arguments.
        DeclarationError: a declared type or name is not possible.
    """
    declared = declarations({} if arguments is None else arguments)
    inference = _Inference(node, declared, None, is_open=arguments is None, is_rigid=True)
    return on_this_stack(inference.signature).result


def infer_signature(
    node: Node,
    arguments: Mapping[str, str | Type] | None = None,
    return_type: str | Type | None = None,
) -> Signature:
    """Return the types of a program's arguments and of its value.

    Arguments that are not declared are inferred, so that `(reduce a 0 +)` has `a: int[]`; so is
    what a declaration leaves open by a variable, as in `T[]`. What the program leaves open is a
    variable: `T`, `U`, ...

    Raises:
        StaticTypeError: the program is ill-typed, or its value is not of `return_type`.
        UnknownSymbolError, ArityError, DeclarationError: see `infer_type`.
    """
    declared = declarations({} if arguments is None else arguments)
    inference = _Inference(node, declared, return_type, is_open=True)
    return on_this_stack(inference.signature)


@dataclass(frozen=True, slots=True)
class NodeTypes:
    """The types of all nodes of a program, ill-typed ones included.

    Attributes:
        arguments: see `Signature`.
        types: by path; a lambda's is a function type, one too large to write is a variable.
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
    inference = _Inference(node, declarations(arguments), return_type, is_open=False)
    return on_this_stack(inference.all_types)


def known_types(node: Node, arguments: Mapping[str, Type]) -> Callable[..., Term | None] | None:
    """What tells the types of a program that is well typed for all inputs; None for others.

    It takes the path of a node, and indices that lead into its type.
    """
    inference = _Inference(node, arguments, None, is_open=False, is_rigid=True)
    try:
        return inference.type_at if inference.is_well_typed() else None
    except (AlgoLispError, RecursionError):
        return None


@cache
def _scheme(symbol: str, is_called: bool) -> Scheme:
    """The type of a function of the table: of its calls, or as a value."""
    function = FUNCTIONS[symbol]
    if is_called:
        return Scheme.of(function.parameters, function.result)
    return Scheme.of((), function.type)


Names = dict[str, Term]
_NO_TYPE: Final = Variable("T")


@dataclass(slots=True, eq=False)
class _Inference:
    """The inference of one program."""

    root: Node
    declared: Mapping[str, Type]
    expected: str | Type | None
    is_open: bool
    is_rigid: bool = False
    unifier: Unifier = field(default_factory=Unifier)
    arguments: Names = field(default_factory=dict)
    notes: bool = False
    types: dict[TreePath, Term] = field(default_factory=dict)
    mismatches: set[TreePath] = field(default_factory=set)

    def __post_init__(self) -> None:
        the_tree(self.root)

    def signature(self) -> Signature:
        result = self._infer()
        names = [*self.declared, *sorted(self.arguments.keys() - self.declared.keys())]
        display = Display(self.unifier)
        try:
            arguments = {name: display.type(self.arguments[name]) for name in names}
            shown = display.type(result)
        except StaticTypeError as error:
            raise located(error, self.root, ()) from None
        inner = innermost(shown)
        if not isinstance(inner, Variable) and inner not in (INT, BOOL, STRING):
            raise self._mismatch("a value", str(shown), ())
        return Signature(arguments, shown)

    def is_well_typed(self) -> bool:
        self._infer(notes=True)
        return not self.mismatches

    def type_at(self, path: TreePath, *inside: int) -> Term | None:
        """What is known of a node's type at its top, or further inside."""
        term: Term = self.types[path]
        for index in inside:
            term = self.unifier.prune(term)
            if type(term) is not tuple:
                return None
            term = term[index]
        return self.unifier.prune(term)

    def all_types(self) -> NodeTypes:
        self._infer(notes=True)
        display = Display(self.unifier)

        def written(term: Term) -> Type:
            try:
                return display.type(term)
            except StaticTypeError:
                return _NO_TYPE

        return NodeTypes(
            {name: written(term) for name, term in self.arguments.items()},
            {path: written(term) for path, term in self.types.items()},
            frozenset(self.mismatches),
        )

    def _infer(self, *, notes: bool = False) -> Term:
        """The type of the whole; with notes of all types and mismatches, no mismatch is raised."""
        self.notes = notes
        rigid = self.unifier.rigid if self.is_rigid else None
        declared = TermReader(self.unifier.constraints, rigid)
        self.arguments = {name: declared.read(kind) for name, kind in self.declared.items()}
        result: Term = self.unifier.fresh()
        if self.expected is not None:
            # What a caller expects may be more general than what the program gives.
            expected = declared_type(self.expected)
            result = TermReader(self.unifier.constraints).read(expected)
        self._check(self.root, (), {}, result)
        return result

    def _check(self, node: Node, path: TreePath, names: Names, expected: Term) -> None:
        """Make the node's type the expected one. Lambdas and `if` pass what is known inwards."""
        symbol = node.symbol
        if self.notes:
            self.types[path] = expected
        if not node.children:
            self._match(expected, self._leaf(node, path, names), path)
            return
        result = None
        if symbol not in FORMS:
            result, parameters = self._call(node, path, names)
        elif len(node.children) != FORMS[symbol]:
            raise arity_error(node, FORMS[symbol], self.root, path)
        elif symbol == "if":
            parameters = (BOOL_TERM, expected, expected)
        else:
            inner = [self.unifier.fresh() for _ in range(lambda_arity(symbol))]
            parameters = (self.unifier.fresh(),)
            kind = (FUNCTION, row_of(inner), parameters[0])
            self._match(expected, kind, path)
            names = {**names, SELF: kind, **dict(zip(LAMBDA_ARGUMENTS, inner, strict=False))}
        for index, parameter in enumerate(parameters):
            self._check(node.children[index], (*path, index), names, parameter)
        if result is not None:  # last, when more is known of what was found
            self._match(expected, result, path)

    def _match(self, expected: Term, found: Term, path: TreePath) -> None:
        try:
            if self.unifier.unify(expected, found):
                return
        except StaticTypeError as error:
            raise located(error, self.root, path) from None
        if self.notes:
            self.types[path] = found
            self.mismatches.add(path)
            return
        display = Display(self.unifier)
        raise self._mismatch(display.demand(expected), display.text(found), path)

    def _mismatch(self, expected: str, found: str, path: TreePath) -> StaticTypeError:
        message = f"expected {expected}, found {found}"
        error = StaticTypeError(message, expected=expected, found=found)
        return located(error, self.root, path)

    def _call(self, node: Node, path: TreePath, names: Names) -> tuple[Term, tuple[Term, ...]]:
        """The type of a call, and those that its arguments should have."""
        symbol, n_arguments = node.symbol, len(node.children)
        if symbol in FUNCTIONS:
            if n_arguments != FUNCTIONS[symbol].arity:
                raise arity_error(node, FUNCTIONS[symbol].arity, self.root, path)
            scheme = _scheme(symbol, True)
            offset = self.unifier.add(scheme.constraints)
            parameters = tuple([shift(kind, offset) for kind in scheme.parameters])
            return shift(scheme.result, offset), parameters
        head = names.get(symbol, self.arguments.get(symbol))
        if head is None:
            raise head_error(node, self.root, path)
        fresh = tuple([self.unifier.fresh() for _ in range(n_arguments)])
        result = self.unifier.fresh()
        self._match(head, (FUNCTION, row_of(fresh), result), path)
        return result, fresh

    def _leaf(self, node: Node, path: TreePath, names: Names) -> Term:
        symbol = node.symbol
        if symbol in names:
            return names[symbol]
        if symbol in self.arguments:
            return self.arguments[symbol]
        if symbol in FUNCTIONS:
            scheme = _scheme(symbol, False)
            return shift(scheme.result, self.unifier.add(scheme.constraints))
        if symbol in FORMS:
            raise arity_error(node, FORMS[symbol], self.root, path)
        found = constant_at(symbol, self.root, path)
        if found is not None:
            return found[1]
        if self.is_open and can_be_argument(symbol):
            kind = self.arguments[symbol] = self.unifier.fresh()
            return kind
        raise unknown_symbol(symbol, self.root, path)
