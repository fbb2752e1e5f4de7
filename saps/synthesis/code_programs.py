"""Programs of code in a request: "[x * y for x in a for y in b]", "xs.filter(x => x % 2 === 0)".

Who thinks in code writes one expression of Python or JavaScript, or a formula, and means just that,
which no model has to guess. `code_texts` finds and parses it; here it becomes a program. What has
no translation is left to whoever reads English.

As in Python, 0, empty strings and empty arrays count as false, and only `//` rounds down.
"""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import count, islice, product
from math import log
from typing import Any, Final, TypeAlias

from lark import Token, Tree

from saps.data.tasks.kinds import filled, over_element
from saps.english.names import LETTERS
from saps.lang import AlgoLispError, Node, infer_type, parse
from saps.model.kind_classifier import KindClassifier
from saps.search.interface import Prediction
from saps.synthesis.code_texts import CodePart, parts_in_code
from saps.synthesis.preparation import Prepared

_SURE: Final = 0.9
_SURE_BESIDE: Final = 0.6
"""Where something is said beside the code, which may change its meaning."""
_MOST_TYPINGS: Final = 150
_VARIABLE: Final = re.compile(r"[A-Z]")
_EACH: Final = re.compile(r"\W*for (?:each|every) (\w+)")
# What a name is where nothing says it, the likeliest first.
_NAMED: Final = (
    (r"words|names|strings|texts|lines|tokens|letters|chars|titles|labels", "string[] string"),
    (r"s|t|text|word|string|str|line|sentence|name|char|prefix|suffix|sep", "string string[]"),
    (r"city|country|dept|department|category|status|type|product|item|title", "string string[]"),
    (r"grid|matrix|board|table|rows", "int[][] int[]"),
    (r"flags", "bool[]"),
    (r"\w+s|arr|array|list|lst|data|values", "int[] string[] int[][] bool[]"),
    (r".*", "int int[] string string[] int[][] bool[]"),
)


class _NotTranslatedError(Exception):
    """There is no program for a part of the code."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """A program with the type of its value."""

    node: Node
    type: str


@dataclass(frozen=True, slots=True)
class _Function:
    """A line of `code_functions.txt`."""

    names: Sequence[str]
    operands: Sequence[str]
    result: str
    program: str


_Names: TypeAlias = Mapping[str, _Typed]
_Kinds: TypeAlias = Mapping[str, tuple[Node, Sequence[str]]]
_WORDS: Final = frozenset({"true", "True", "false", "False", "Math"})
_SIGNS: Final = {"===": "==", "!==": "!="}
# Functions of spreadsheets, and what they are in code.
_OF_SHEETS: Final = {"IF": "if_then", "AND": "both", "OR": "either", "NOT": "not_"}
_ONE: Final = Tree("number", ["1"])
_EMPTY: Final = _Typed(parse("(array-new int)"), "int[]")
_LETTERS_OF: Final = parse("(map (range 0 (strlen x)) (partial1 x str_index))")
_JOINED: Final = parse("(reduce x (array-new int) (lambda2 (reduce arg2 arg1 append)))")
_TEXT: Final = Node('""')
_ANY: Final = Node("0")
_MAY_FAIL: Final = frozenset({"deref", "str_index", "head", "/", "%", "invoke1", "str_split"})


def code_predictions(classifier: KindClassifier, prepared: Prepared) -> list[Prediction]:
    """Return the program that a text spells out, by letters; none where it is not code.

    Args:
        classifier: of a model, which knows the programs of kinds.
        prepared: a task; its examples are not looked at.
    """
    request, names = prepared.request, prepared.names
    known = request.argument_types() or {}
    given = {n: kind for n, kind in known.items() if n not in request.literals}
    is_open = all(map(_VARIABLE.fullmatch, given.values()))
    arguments = None if is_open else names.to_names(given)
    letters = {name: letter for letter, name in {**names.stand_ins, **names.name_of}.items()}
    found = code_program(prepared.task.text, arguments, letters, _programs(classifier))
    if found is None:
        return []
    stand_ins = {literal: Node(letter) for letter, literal in names.stand_ins.items()}
    program = filled(found[0], stand_ins)
    return [Prediction(program, log(_SURE if found[1] else _SURE_BESIDE))]


@cache
def _programs(classifier: KindClassifier) -> _Kinds:
    named = {row.program.split()[0] for row in _functions()}
    entries = (entry for entry in classifier.kinds if entry.name in named)
    return {entry.name: (entry.program, tuple(entry.slots)) for entry in entries}


def code_program(
    text: str, arguments: Mapping[str, str] | None, letters: Mapping[str, str], kinds: _Kinds
) -> tuple[Node, bool] | None:
    """Return the program of a text that is, or plainly begins with, code; None where it is none.

    What takes unknown names, or has something said beside it, has to have a part that only code
    has.

    Args:
        text: of a request, as it was typed.
        arguments: name to type; None where the text may have any. Code that leaves one of them out
            is not taken.
        letters: of the names and literals that have one; other names get one that is free.
        kinds: programs of kinds by their names, and their slots.

    Returns:
        the program by letters, and whether nothing is said beside it.
    """
    for part in parts_in_code(text, arguments):
        if part.is_plain or not (part.beside or arguments is None):
            known = arguments
            if part.is_formula and arguments is None:
                known = dict.fromkeys(_free_names(part.tree, frozenset()), "int")
            program = _program(part, known, letters, kinds)
            if program is not None:
                return program, not part.beside
    return None


@cache
def _functions() -> Sequence[_Function]:
    text = (files(__package__) / "code_functions.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = []
    for line in lines:
        parts = re.fullmatch(r"(.+?): (.+?) -> (\S+): (.+)", line)
        assert parts is not None, f"code_functions.txt: {line!r} is no line of it"
        found.append(_Function(parts[1].split(), parts[2].split(), parts[3], parts[4]))
    return found


def _program(
    part: CodePart,
    arguments: Mapping[str, str] | None,
    letters: Mapping[str, str],
    kinds: _Kinds,
) -> Node | None:
    """Return the program of an expression whose free names are the arguments, if it has one."""
    tree, beside = part.tree, part.beside
    if tree.data == "arrow":
        tree = tree.children[-1]
    if not isinstance(tree, Tree) or tree.data in ("name", "number", "string", "negative"):
        return None
    names = list(dict.fromkeys(_free_names(tree, frozenset())))
    wanted = list(arguments or names)
    # "x < 0 ? -1 : 1 for each x": done to each of the array that is given.
    left, strange = set(wanted) - set(names), set(names) - set(wanted)
    each = _EACH.match(beside)
    is_each = len(left) == 1 and each is not None and strange == {each[1]}
    if not names or ((left or strange) and not is_each):
        return None
    array, element = (left.pop(), strange.pop()) if is_each else ("", "")
    free = (letter for letter in LETTERS if letter not in letters.values())
    own = {name: letters.get(name) or next(free, name) for name in wanted}
    for types in _typings(wanted, arguments, part.arrays):
        with suppress(_NotTranslatedError, AlgoLispError):
            known = {name: _Typed(Node(own[name]), types[name]) for name in wanted}
            translation = _Translation(kinds)
            if is_each:
                found = translation.each(tree, known, known[array], element)
            else:
                found = translation.value(tree, known)
            infer_type(found.node, {own[name]: kind for name, kind in types.items()})
            return found.node
    return None


def _free_names(part: Any, bound: frozenset[str]) -> Iterator[str]:
    """Yield the names that code takes from outside, in their order."""
    if not isinstance(part, Tree):
        return
    parts = part.children
    if part.data == "name" and parts[0] not in bound | _WORDS:
        yield str(parts[0])
    if part.data == "arrow":
        bound |= {str(name) for name in parts[:-1] if name is not None}
    for loop in part.find_pred(lambda one: one.data == "loop" and one in parts):
        bound |= {str(name) for name in loop.children if isinstance(name, Token)}
    if part.data == "call" and parts[0].data == "name":
        parts = parts[1:]
    for one in parts:
        yield from _free_names(one, bound)


def _typings(
    names: Sequence[str], arguments: Mapping[str, str] | None, arrays: Container[str]
) -> Iterator[Mapping[str, str]]:
    """Yield what the names may be, the likeliest first."""
    if arguments:
        yield {name: kind.replace("float", "int") for name, kind in arguments.items()}
        return
    choices = []
    for name in names:
        kinds = next(kinds.split() for form, kinds in _NAMED if re.fullmatch(form, name.lower()))
        whole = [f"{kind.removesuffix('[]')}[]" for kind in kinds]
        choices.append(list(dict.fromkeys(whole)) if name in arrays else kinds)
    for chosen in islice(product(*choices), _MOST_TYPINGS):
        yield dict(zip(names, chosen, strict=True))


class _Translation:
    """Makes programs of parsed code. A variable that code binds is a leaf "$1" at first."""

    def __init__(self, kinds: _Kinds) -> None:
        self._kinds = kinds
        self._numbers = count()
        self._characters: set[Node] = set()  # variables that are one letter of a string

    def value(self, tree: Any, names: _Names) -> _Typed:
        """Return the program of an expression.

        Raises:
            _NotTranslatedError: there is none.
        """
        translate = getattr(self, f"_{tree.data}", None)
        if translate is not None:
            found: _Typed = translate(names, *tree.children)
            return found
        if not all(isinstance(one, Tree) for one in tree.children):
            raise _NotTranslatedError
        return self._applied(tree.data, [self.value(one, names) for one in tree.children])

    def each(self, tree: Any, names: _Names, array: _Typed, element: str) -> _Typed:
        """Return an expression done to each element of an array."""
        variable = self._variable(_element(array))
        made = self.value(tree, {**names, element: variable})
        return _Typed(_call("map", array.node, _closed(made, variable)), f"{made.type}[]")

    def _variable(self, kind: str, *, is_letter: bool = False) -> _Typed:
        found = _Typed(Node(f"${next(self._numbers)}"), kind)
        if is_letter:
            self._characters.add(found.node)
        return found

    # Values.

    def _name(self, names: _Names, word: str) -> _Typed:
        if word.lower() in ("true", "false"):
            return _Typed(Node(word.lower()), "bool")
        if word not in names:
            raise _NotTranslatedError
        return names[word]

    def _number(self, names: _Names, digits: str) -> _Typed:  # noqa: ARG002 - as all others
        return _Typed(Node(str(digits)), "int")

    def _string(self, names: _Names, quoted: str) -> _Typed:  # noqa: ARG002
        if "\\" in quoted or '"' in quoted[1:-1]:
            raise _NotTranslatedError
        return _Typed(Node(f'"{quoted[1:-1]}"'), "string")

    def _array(self, names: _Names, *items: Any) -> _Typed:
        array: _Typed | None = None
        for item in (one for one in items if one is not None):
            value = self.value(item, names)
            if item.data == "spread":
                array = value if array is None else self._applied("concat", [array, value])
            else:
                start = _Typed(_EMPTY.node, f"{value.type}[]") if array is None else array
                if start.type != f"{value.type}[]":
                    raise _NotTranslatedError
                array = _Typed(_call("append", start.node, value.node), start.type)
        return _EMPTY if array is None else array

    # Operators.

    def _negative(self, names: _Names, operand: Any) -> _Typed:
        found = self.value(operand, names)
        if found.node.symbol[0].isdigit():
            return _Typed(Node(f"-{found.node.symbol}"), "int")
        return self._applied("negative", [found])

    def _comparison(self, names: _Names, *parts: Any) -> _Typed:
        values = [self.value(part, names) for part in parts[::2]]
        signs = [" ".join(sign.children) for sign in parts[1::2]]
        found = list(map(self._compared, values, signs, values[1:]))
        return _joined("&&", found)

    def _compared(self, one: _Typed, sign: str, other: _Typed) -> Node:
        if sign.endswith("in"):
            if other.type == "string" and self._is_letter(one):
                other = _letters(other)
            inside = self._applied("in", [one, other]).node
            return inside if sign == "in" else _call("!", inside)
        if one.type != other.type:
            raise _NotTranslatedError
        return _call(_SIGNS.get(sign, sign), one.node, other.node)

    def _is_letter(self, value: _Typed) -> bool:
        node = value.node
        is_one = node in self._characters or node.symbol == "str_index"
        return is_one or (node.symbol[0] == '"' and len(node.symbol) == len('"a"'))

    def _both(self, names: _Names, *parts: Any) -> _Typed:
        return _joined("&&", self._conditions(names, parts))

    def _either(self, names: _Names, *parts: Any) -> _Typed:
        return _joined("||", self._conditions(names, parts))

    def _conditions(self, names: _Names, parts: Sequence[Any]) -> list[Node]:
        """Return truths; "x or 10" is no truth but a value."""
        values = [self.value(part, names) for part in parts]
        if values[-1].type != "bool":
            raise _NotTranslatedError
        return list(map(_truth, values))

    def _not_(self, names: _Names, operand: Any) -> _Typed:
        return _Typed(_call("!", _truth(self.value(operand, names))), "bool")

    def _if_then(self, names: _Names, condition: Any, then: Any, other: Any) -> _Typed:
        one, two = self.value(then, names), self.value(other, names)
        tested = _truth(self.value(condition, names))
        return _Typed(_call("if", tested, one.node, two.node), one.type)

    def _then_if(self, names: _Names, then: Any, condition: Any, other: Any) -> _Typed:
        return self._if_then(names, condition, then, other)

    def _index(self, names: _Names, of: Any, place: Any) -> _Typed:
        whole, at = self.value(of, names), self.value(place, names)
        return self._applied("[]", [whole, at if whole.type == "string" else _place(at, whole)])

    def _part(self, names: _Names, of: Any, start: Any, end: Any, step: Any = None) -> _Typed:
        whole = self.value(of, names)
        part = _letters(whole) if whole.type == "string" else whole
        if start is not None or end is not None:
            if step is not None and str(self.value(step, names).node).startswith("-"):
                raise _NotTranslatedError
            first, last = (
                [] if one is None else [_place(self.value(one, names), part)]
                for one in (start, end)
            )
            part = self._applied("slice", [part, *(first or [_Typed(Node("0"), "int")]), *last])
        if step is not None:
            by = self.value(step, names).node.symbol
            if by == "-1":
                part = self._applied("reverse", [part])
            elif by.isdigit() and by != "0":
                part = _Typed(_every(part.node, by), part.type)
            else:
                raise _NotTranslatedError
        return _text_again(part) if whole.type == "string" else part

    # Functions over elements.

    def _comprehension(self, names: _Names, body: Any, *loops: Any) -> _Typed:
        loop, *others = loops
        targets = [str(one) for one in loop.children if isinstance(one, Token)]
        source, *conditions = [one for one in loop.children if isinstance(one, Tree)]
        array, variable, bound = self._source(names, source, targets)
        known = {**names, **bound}
        for condition in conditions:
            tested = _Typed(_truth(self.value(condition, known)), "bool")
            array = _call("filter", array, _closed(tested, variable))
        if others:
            inner = self._comprehension(known, body, *others)
            rows = _call("map", array, _closed(inner, variable))
            return _Typed(filled(_JOINED, {"x": rows}), inner.type)
        made = self.value(body, known)
        if made != variable:
            array = _call("map", array, _closed(made, variable))
        return _Typed(array, f"{made.type}[]")

    def _source(
        self, names: _Names, source: Any, targets: Sequence[str]
    ) -> tuple[Node, _Typed, _Names]:
        """Return what a loop goes through, its variable, and what its targets are."""
        called = str(source.children[0].children[0]) if source.data == "call" else ""
        if called not in ("enumerate", "zip") or len(targets) != 2:
            if len(targets) != 1:
                raise _NotTranslatedError
            whole = self.value(source, names)
            array = _elements(whole)
            variable = self._variable(_element(array), is_letter=whole.type == "string")
            return array.node, variable, {targets[0]: variable}
        arrays = [_elements(self.value(one, names)) for one in source.children[1:] if one]
        place = self._variable("int")
        elements = [_Typed(_call("deref", a.node, place.node), _element(a)) for a in arrays]
        lengths = [_call("len", array.node) for array in arrays]
        bound = [place, *elements] if called == "enumerate" else elements
        if len(bound) != 2:
            raise _NotTranslatedError
        length = lengths[0] if called == "enumerate" else _call("min", *lengths)
        return _call("range", "0", length), place, dict(zip(targets, bound, strict=True))

    def _of_elements(self, names: _Names, word: str, whole: _Typed, arrow: Any) -> _Typed:
        """Return `map`, `filter` and their like; the function may take the place as well."""
        if word not in ("map", "filter", "find", "some", "any", "every", "all"):
            raise _NotTranslatedError
        array = _elements(whole)
        given = [str(name) for name in arrow.children[:-1] if name is not None]
        element = self._variable(_element(array), is_letter=whole.type == "string")
        place = self._variable("int")
        source, variable = array.node, element
        if len(given) == 2:
            element = _Typed(_call("deref", array.node, place.node), element.type)
            source, variable = _call("range", "0", _call("len", array.node)), place
        bound = dict(zip(given, (element, place), strict=False))
        body = self.value(arrow.children[-1], {**names, **bound})
        if word != "filter" and word != "find":
            mapped = _Typed(_call("map", source, _closed(body, variable)), f"{body.type}[]")
            return mapped if word == "map" else self._applied(word, [mapped])
        kept = _call("filter", source, _closed(_Typed(_truth(body), "bool"), variable))
        if variable is place:
            kept = _call("map", kept, _call("partial0", array.node, "deref"))
        if word == "find":
            return _Typed(_call("head", kept), _element(array))
        return _Typed(kept, array.type)

    def _reduced(self, names: _Names, whole: _Typed, arrow: Any, start: Any = None) -> _Typed:
        array = _elements(whole)
        given = [str(name) for name in arrow.children[:-1]]
        if len(given) != 2:
            raise _NotTranslatedError
        first = _Typed(_ANY, _element(array)) if start is None else self.value(start, names)
        variables = [self._variable(first.type), self._variable(_element(array))]
        body = self.value(arrow.children[-1], {**names, **dict(zip(given, variables, strict=True))})
        places = {variables[0].node.symbol: Node("arg1"), variables[1].node.symbol: Node("arg2")}
        function = _call("lambda2", filled(body.node, places))
        if body.type != first.type or _open_variables(function):
            raise _NotTranslatedError
        if start is not None:
            return _Typed(_call("reduce", array.node, first.node, function), first.type)
        folded = _call("reduce", _call("tail", "arg1"), _call("head", "arg1"), function)
        return _Typed(_call("invoke1", _call("lambda1", folded), array.node), first.type)

    # Calls.

    def _attribute(self, names: _Names, of: Any, word: str) -> _Typed:
        if word != "length":
            raise _NotTranslatedError
        return self._applied(word, [self.value(of, names)])

    def _call(self, names: _Names, head: Any, *given: Any) -> _Typed:
        arguments = [one for one in given if one is not None]
        if head.data not in ("name", "attribute"):
            raise _NotTranslatedError
        *of, word = head.children
        if of and of[0].data == "name" and of[0].children[0] in ("Math", "math"):
            of = []
        if arguments and arguments[0].data == "arrow":
            return self._with_function(names, str(word), [*of, *arguments[1:]], arguments[0])
        if word in _OF_SHEETS:
            return self.value(Tree(_OF_SHEETS[word], arguments), names)
        if word == "sum" and arguments and arguments[0].data == "comprehension":
            body, *loops = arguments[0].children
            if body == _ONE:  # sum(1 for x in xs if ...)
                target = next(one for one in loops[-1].children if isinstance(one, Token))
                counted = self._comprehension(names, Tree("name", [target]), *loops)
                return self._applied("len", [counted])
        if word == "floor" and len(arguments) == 1 and arguments[0].data == "divide":
            return self.value(Tree("floor_divide", arguments[0].children), names)
        is_falling = _is_falling(str(word), arguments)
        values = [self.value(one, names) for one in (*of, *arguments[: -1 if is_falling else None])]
        found = self._method(str(word), values)
        return self._applied("reverse", [found]) if is_falling else found

    def _with_function(self, names: _Names, word: str, given: Sequence[Any], arrow: Any) -> _Typed:
        """Return xs.map(x => ...), xs.reduce((a, x) => ..., 0), or map(lambda x: ..., xs)."""
        if word == "reduce" and 1 <= len(given) <= 2:
            return self._reduced(names, self.value(given[0], names), arrow, *given[1:])
        if len(given) != 1:
            raise _NotTranslatedError
        return self._of_elements(names, word, self.value(given[0], names), arrow)

    def _method(self, word: str, values: Sequence[_Typed]) -> _Typed:
        """Return a function or method; those whose operands need a look come first."""
        if word == "slice" and values:
            whole = _elements(values[0])
            part = self._applied(word, [whole, *(_place(one, whole) for one in values[1:])])
            return _text_again(part) if values[0].type == "string" else part
        if word == "split" and values and values[-1].node == _TEXT:
            return _letters(values[0])
        if word == "join":
            parts = [one for one in values if one.type == "string[]"]
            if len(values) != 2 or len(parts) != 1:
                raise _NotTranslatedError
            if _TEXT in (one.node for one in values):
                return _text_again(parts[0])
        is_part = word == "count" and len(values) == 2 and values[0].type == "string"
        if is_part and not self._is_letter(values[1]):
            raise _NotTranslatedError
        if word.startswith("replace") and _TEXT in (one.node for one in values[1:2]):
            raise _NotTranslatedError
        return self._applied(word, values)

    def _applied(self, word: str, values: Sequence[_Typed]) -> _Typed:
        """Return a function of the table with its operands.

        Raises:
            _NotTranslatedError: the table has none of that name for such operands.
        """
        if word in ("max", "min") and len(values) > 2:
            values = [self._applied(word, values[:-1]), values[-1]]
        for function in _functions():
            if word in function.names:
                element = _matched(function.operands, values)
                if element is not None:
                    node = self._inserted(function.program, values)
                    return _Typed(node, function.result.replace("T", element))
        if any(value.type == "bool" for value in values):
            return self._applied(word, list(map(_as_number, values)))
        if values and values[0].type == "string":
            return self._applied(word, [_letters(values[0]), *values[1:]])
        raise _NotTranslatedError

    def _inserted(self, program: str, values: Sequence[_Typed]) -> Node:
        if program.startswith("(") or program == "x":
            slots: Sequence[str] = "xyz"[: len(values)]
            return filled(parse(program), {s: v.node for s, v in zip(slots, values, strict=True)})
        name, *order = program.split()
        if name not in self._kinds:
            raise _NotTranslatedError
        whole, slots = self._kinds[name]
        nodes = [one.node for one in (values[::-1] if order else values)]
        # In a program of a kind an operand may stand within a lambda, whose arguments are others.
        large = [n for n, one in enumerate(nodes) if one.children or one.symbol.startswith("$")]
        plain = {slots[n]: one for n, one in enumerate(nodes) if n not in large}
        whole = filled(whole, plain)
        if not large:
            return whole
        body = over_element(whole, slots[large[0]]) if len(large) == 1 else None
        if body is None:
            raise _NotTranslatedError
        return _call("invoke1", _call("lambda1", body), nodes[large[0]])


def _call(symbol: str, *operands: Node | str) -> Node:
    return Node(symbol, tuple(Node(one) if isinstance(one, str) else one for one in operands))


def _matched(kinds: Sequence[str], values: Sequence[_Typed]) -> str | None:
    """Return the type that T is where values have some types; None where they have not."""
    if len(kinds) != len(values):
        return None
    element = ""
    for kind, value in zip(kinds, values, strict=True):
        if "T" not in kind:
            if kind != value.type:
                return None
            continue
        suffix = kind.removeprefix("T")
        own = value.type.removesuffix(suffix)
        if not value.type.endswith(suffix) or (element and own != element):
            return None
        element = own
    return element


def _element(array: _Typed) -> str:
    if not array.type.endswith("[]"):
        raise _NotTranslatedError
    return array.type.removesuffix("[]")


def _letters(text: _Typed) -> _Typed:
    return _Typed(filled(_LETTERS_OF, {"x": text.node}), "string[]")


def _elements(value: _Typed) -> _Typed:
    return _letters(value) if value.type == "string" else value


def _text_again(letters: _Typed) -> _Typed:
    return _Typed(_call("reduce", letters.node, _TEXT, "str_concat"), "string")


def _is_falling(word: str, arguments: Sequence[Any]) -> bool:
    """Whether a call ends in `reverse=True`; another keyword has no translation."""
    if not arguments or arguments[-1].data != "keyword":
        return False
    name, value = arguments[-1].children
    if word != "sorted" or name != "reverse" or value != Tree("name", ["True"]):
        raise _NotTranslatedError
    return True


def _as_number(value: _Typed) -> _Typed:
    if value.type != "bool":
        return value
    return _Typed(_call("if", value.node, "1", "0"), "int")


def _truth(value: _Typed) -> Node:
    if value.type == "bool":
        return value.node
    if value.type == "int":
        return _call("!=", value.node, "0")
    return _call(">", _call("strlen" if value.type == "string" else "len", value.node), "0")


def _joined(symbol: str, conditions: Sequence[Node]) -> _Typed:
    """Return conditions joined; one that may fail is only looked at where those before allow."""
    *others, last = conditions
    for one in reversed(others):
        if any(part.symbol in _MAY_FAIL for part in last.preorder()):
            last = _call("if", one, *((last, "false") if symbol == "&&" else ("true", last)))
        else:
            last = _call(symbol, one, last)
    return _Typed(last, "bool")


def _place(value: _Typed, whole: _Typed) -> _Typed:
    """Return a place from the beginning for one that is counted from the end: -1, or -k."""
    node = value.node
    if node.symbol.startswith("-") and node.symbol[1:].isdigit():
        back = Node(node.symbol[1:])
    elif node.symbol == "-" and node.children[0] == Node("0"):
        back = node.children[1]
    else:
        return value
    return _Typed(_call("max", "0", _call("-", _call("len", whole.node), back)), "int")


def _every(array: Node, step: str) -> Node:
    nth = _call("lambda1", _call("==", _call("%", "arg1", step), "0"))
    places = _call("filter", _call("range", "0", _call("len", array)), nth)
    return _call("map", places, _call("partial0", array, "deref"))


def _open_variables(node: Node) -> set[str]:
    return {part.symbol for part in node.preorder() if part.symbol.startswith("$")}


def _closed(body: _Typed, variable: _Typed) -> Node:
    """Return the function of a variable; it may need one variable of a function around it.

    Raises:
        _NotTranslatedError: it needs two.
    """
    own, node = variable.node.symbol, body.node
    others = _open_variables(node) - {own}
    if not others:
        return _call("lambda1", filled(node, {own: Node("arg1")}))
    if len(others) > 1:
        raise _NotTranslatedError
    outer = others.pop()
    inside = filled(node, {outer: Node("arg1"), own: Node("arg2")})
    return _call("partial0", Node(outer), _call("lambda2", inside))
