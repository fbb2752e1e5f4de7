"""Code in a request, read as code: "[x * y for x in a for y in b]", "xs.filter(x => x % 2 === 0)".

Who thinks in code writes one expression of Python or JavaScript and means just that, which no
model has to guess. `grammar/code.lark` has the syntax; here what is parsed becomes a program.
What has no translation is left to whoever reads English.

As in Python, 0, empty strings and empty arrays count as false, and only `//` rounds down.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import count, islice, product
from math import log
from typing import Any, Final, TypeAlias

from lark import Lark, LarkError, Token, Tree

from saps.data.tasks.kinds import filled
from saps.english.names import LETTERS
from saps.lang import AlgoLispError, Node, infer_type, parse
from saps.model.kind_classifier import KindClassifier
from saps.resources import resource_folder
from saps.search.interface import Prediction
from saps.synthesis.kind_programs import over_element, with_letters
from saps.synthesis.preparation import Prepared

_LEAST_SHARE: Final = 0.35
"""Of a text that is code; what is said beside it may change its meaning."""
_SURE: Final = 0.9
_LONGEST: Final = 300
_DEEPEST: Final = 25  # levels of what is parsed
_MOST_READINGS: Final = 3
_MOST_TYPINGS: Final = 150
_VARIABLE: Final = re.compile(r"[A-Z]")
_COMMENT: Final = re.compile(r"\s*(?:#|//\s|--\s|/\*|<-).*", re.DOTALL)
_BEGINNING: Final = re.compile(
    r"\s*(?:def \w+\([^)]*\)[^:]*:\s*)?(?:return\b|(?:(?:const|let|var)\s+)?\w+\s*=(?![=>]))?\s*"
)
_END: Final = re.compile(r"[\s;,.?]|$")
_EACH: Final = re.compile(r"\b(?:each|every|all)\b")
# What a name is where nothing says it, the likeliest first.
_NAMED: Final = (
    (r"words|names|strings|texts|lines|tokens|letters|chars|titles|labels", "string[] string"),
    (r"s|t|text|word|string|str|line|sentence|name|char|prefix|suffix|sep", "string string[]"),
    (r"grid|matrix|board|table|rows", "int[][] int[]"),
    (r"flags", "bool[]"),
    (r"\w+s|arr|array|list|lst|data|values", "int[] string[] int[][] bool[]"),
    (r".*", "int int[] string string[] int[][] bool[]"),
)


# What functions, methods and operators become: names, types of the operands x, y and z, type of the
# value, and a program, or the name of the kind of tasks whose program it is. A method has what
# stands before its dot as x. T is any type; where only arrays fit, a string is its letters.
_FUNCTIONS: Final = (
    ("add", "int int", "int", "(+ x y)"),
    ("add", "string string", "string", "(str_concat x y)"),
    ("add", "T[] T[]", "T[]", "(reduce y x append)"),
    ("subtract", "int int", "int", "(- x y)"),
    ("multiply", "int int", "int", "(* x y)"),
    ("multiply repeat", "string int", "string", "repeat_string"),
    ("divide", "int int", "int", "(/ (* x 1.0) y)"),
    ("floor_divide", "int int", "int", "(/ x y)"),
    ("remainder", "int int", "int", "(% x y)"),
    ("power pow", "int int", "int", "(pow x y)"),
    ("negative", "int", "int", "(- 0 x)"),
    ("in", "string string[]", "bool", "(contains y x)"),
    ("in", "string string", "bool", "contains_substring reversed"),
    ("in", "T T[]", "bool", "(contains y x)"),
    ("includes contains", "string string", "bool", "contains_substring"),
    ("includes contains", "T[] T", "bool", "(contains x y)"),
    ("index", "string int", "string", "(str_index y x)"),
    ("index", "T[] int", "T", "(deref x y)"),
    ("len length", "string", "int", "(strlen x)"),
    ("len length", "T[]", "int", "(len x)"),
    ("sum", "int[]", "int", "(reduce x 0 +)"),
    ("sum", "bool[]", "int", "(len (filter x (lambda1 arg1)))"),
    ("any some", "bool[]", "bool", "(reduce x false ||)"),
    ("all every", "bool[]", "bool", "(reduce x true &&)"),
    ("any some", "int[]", "bool", "(reduce (map x (lambda1 (!= arg1 0))) false ||)"),
    ("all every", "int[]", "bool", "(reduce (map x (lambda1 (!= arg1 0))) true &&)"),
    ("max", "int int", "int", "(max x y)"),
    ("min", "int int", "int", "(min x y)"),
    ("max", "int[]", "int", "(invoke1 (lambda1 (reduce (tail arg1) (head arg1) max)) x)"),
    ("min", "int[]", "int", "(invoke1 (lambda1 (reduce (tail arg1) (head arg1) min)) x)"),
    ("abs", "int", "int", "(abs x)"),
    ("sqrt", "int", "int", "(sqrt x)"),
    ("floor int trunc", "int", "int", "(floor x)"),
    ("range", "int", "int[]", "(range 0 x)"),
    ("range", "int int", "int[]", "(range x y)"),
    ("sorted sort", "T[]", "T[]", "(sort x)"),
    ("reversed reverse", "T[]", "T[]", "(reverse x)"),
    ("list spread", "T[]", "T[]", "x"),
    (
        *("set", "T[]", "T[]"),
        "(reduce x (array-new int) (lambda2 (if (contains arg1 arg2) arg1 (append arg1 arg2))))",
    ),
    ("count", "T[] T", "int", "(len (filter x (partial0 y ==)))"),
    ("slice", "T[] int", "T[]", "(slice x y (len x))"),
    ("slice", "T[] int int", "T[]", "(slice x y z)"),
    ("split", "string", "string[]", '(str_split x " ")'),
    ("split", "string string", "string[]", "(str_split x y)"),
    ("join", "string string[]", "string", "join_with_separator reversed"),
    ("join", "string[] string", "string", "join_with_separator"),
    ("upper toUpperCase", "string", "string", "to_upper"),
    ("lower toLowerCase", "string", "string", "to_lower"),
    ("capitalize", "string", "string", "capitalize_first_letter"),
    ("strip trim", "string", "string", "trim_spaces"),
    ("startswith startsWith", "string string", "bool", "starts_with_string"),
    ("endswith endsWith", "string string", "bool", "ends_with_string"),
    ("replace replaceAll", "string string string", "string", "replace_all_of_text"),
)


class _NotTranslatedError(Exception):
    """There is no program for a part of the code."""


@dataclass(frozen=True, slots=True)
class _Typed:
    """A program with the type of its value."""

    node: Node
    type: str


_Names: TypeAlias = Mapping[str, _Typed]
_Kinds: TypeAlias = Mapping[str, tuple[Node, Sequence[str]]]
_WORDS: Final = frozenset({"true", "True", "false", "False", "Math"})
_SIGNS: Final = {"===": "==", "!==": "!="}
_ONE: Final = Tree("number", ["1"])
_EMPTY: Final = _Typed(parse("(array-new int)"), "int[]")
_LETTERS_OF: Final = parse("(map (range 0 (strlen x)) (partial1 x str_index))")
_JOINED: Final = parse("(reduce x (array-new int) (lambda2 (reduce arg2 arg1 append)))")
_TEXT: Final = Node('""')


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
    if found is None or found[1] < _LEAST_SHARE:
        return []
    stand_ins = {literal: letter for letter, literal in names.stand_ins.items()}
    return [Prediction(with_letters(found[0], stand_ins), log(_SURE))]


@cache
def _programs(classifier: KindClassifier) -> _Kinds:
    named = {row[-1].split()[0] for row in _FUNCTIONS}
    entries = (entry for entry in classifier.kinds if entry.name in named)
    return {entry.name: (entry.program, tuple(entry.slots)) for entry in entries}


def code_program(
    text: str, arguments: Mapping[str, str] | None, letters: Mapping[str, str], kinds: _Kinds
) -> tuple[Node, float] | None:
    """Return the program of a text that is or begins with code; None where it is none.

    Args:
        text: of a request, as it was typed.
        arguments: name to type; None where the text may have any. Code that leaves one of them out
            is not taken.
        letters: of the names and literals that have one; other names get one that is free.
        kinds: programs of kinds by their names, and their slots.

    Returns:
        the program by letters, and the share of the text, without its comments, that is code.
    """
    whole = text[:_LONGEST]
    bare = _COMMENT.sub("", whole)
    for said in dict.fromkeys((bare, whole)):
        begins = _BEGINNING.match(said)
        code = said[begins.end() if begins else 0 :]
        for tree, length in _parsed(code):
            program = _program(tree, arguments, letters, kinds, after=text)
            if program is not None:
                return program, min(1.0, length / max(1, len(bare.strip())))
    return None


def _parsed(code: str) -> Iterator[tuple[Any, int]]:
    """Yield the longest beginnings of a text that parse, and their lengths."""
    n_found = 0
    for end in reversed([match.start() for match in _END.finditer(code)]):
        with suppress(LarkError):
            tree = _lark().parse(code[:end])
            n_found += 1
            if _is_shallow(tree, _DEEPEST):
                yield tree, len(code[:end].strip())
        if n_found == _MOST_READINGS:
            return


def _is_shallow(tree: Any, most: int) -> bool:
    """Whether a tree has at most so many levels: what goes through it calls itself."""
    return not isinstance(tree, Tree) or (
        most > 0 and all(_is_shallow(part, most - 1) for part in tree.children)
    )


@cache
def _lark() -> Lark:
    grammar = (resource_folder("grammar") / "code.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=True)


def _program(
    tree: Any,
    arguments: Mapping[str, str] | None,
    letters: Mapping[str, str],
    kinds: _Kinds,
    after: str,
) -> Node | None:
    """Return the program of an expression whose free names are the arguments, if it has one."""
    if tree.data == "arrow":
        tree = tree.children[-1]
    names = list(dict.fromkeys(_free_names(tree, frozenset())))
    wanted = list(arguments or names)
    # "x < 0 ? -1 : 1 for each x": done to each of the array that is given.
    left, strange = set(wanted) - set(names), set(names) - set(wanted)
    is_each = len(left) == len(strange) == 1 and bool(_EACH.search(after))
    if not names or not _does_something(tree) or ((left or strange) and not is_each):
        return None
    free = (letter for letter in LETTERS if letter not in letters.values())
    own = {name: letters.get(name) or next(free, name) for name in wanted}
    for types in _typings(wanted, arguments):
        with suppress(_NotTranslatedError, AlgoLispError):
            known = {name: _Typed(Node(own[name]), types[name]) for name in wanted}
            translation = _Translation(kinds)
            if is_each:
                found = translation.each(tree, known, known[left.pop()], strange.pop())
            else:
                found = translation.value(tree, known)
            infer_type(found.node, {own[name]: kind for name, kind in types.items()})
            return found.node
    return None


def _does_something(tree: Any) -> bool:
    """Whether it is more than a word, a list, or what a dash makes of a word behind it."""
    return tree.data not in ("name", "number", "string", "array", "part", "negative", "attribute")


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
    names: Sequence[str], arguments: Mapping[str, str] | None
) -> Iterator[Mapping[str, str]]:
    """Yield what the names may be, the likeliest first."""
    if arguments:
        yield {name: kind.replace("float", "int") for name, kind in arguments.items()}
        return
    choices = [
        next(kinds.split() for form, kinds in _NAMED if re.fullmatch(form, name.lower()))
        for name in names
    ]
    for chosen in islice(product(*choices), _MOST_TYPINGS):
        yield dict(zip(names, chosen, strict=True))


class _Translation:
    """Makes programs of parsed code. A variable that code binds is a leaf "$1" at first."""

    def __init__(self, kinds: _Kinds) -> None:
        self._kinds = kinds
        self._numbers = count()

    def value(self, tree: Any, names: _Names) -> _Typed:
        """Return the program of an expression.

        Raises:
            _NotTranslatedError: there is none.
        """
        translate = getattr(self, f"_{tree.data}", None)
        if translate is not None:
            found: _Typed = translate(names, *tree.children)
            return found
        return self._applied(tree.data, [self.value(one, names) for one in tree.children])

    def each(self, tree: Any, names: _Names, array: _Typed, element: str) -> _Typed:
        """Return an expression done to each element of an array."""
        variable = self._variable(_element(array))
        made = self.value(tree, {**names, element: variable})
        return _Typed(_call("map", array.node, _closed(made, variable)), f"{made.type}[]")

    def _variable(self, kind: str) -> _Typed:
        return _Typed(Node(f"${next(self._numbers)}"), kind)

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
        found = [self.value(one, names) for one in items if one is not None]
        if len(found) == 1 and items[0].data == "spread":
            return found[0]
        node = _EMPTY.node
        for one in found:
            node = _call("append", node, one.node)
        return _Typed(node, f"{found[0].type}[]" if found else _EMPTY.type)

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
            if other.type == "string" and _is_letter(one):
                other = _letters(other)
            inside = self._applied("in", [one, other]).node
            return inside if sign == "in" else _call("!", inside)
        if one.type != other.type:
            raise _NotTranslatedError
        return _call(_SIGNS.get(sign, sign), one.node, other.node)

    def _both(self, names: _Names, *parts: Any) -> _Typed:
        return _joined("&&", [_truth(self.value(part, names)) for part in parts])

    def _either(self, names: _Names, *parts: Any) -> _Typed:
        return _joined("||", [_truth(self.value(part, names)) for part in parts])

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
        return self._applied("index", [whole, at if whole.type == "string" else _place(at, whole)])

    def _part(self, names: _Names, of: Any, start: Any, end: Any, step: Any = None) -> _Typed:
        whole = self.value(of, names)
        part = _letters(whole) if whole.type == "string" else whole
        if start is not None or end is not None:
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
        if whole.type == "string":
            return _Typed(_call("reduce", part.node, _TEXT, "str_concat"), "string")
        return part

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
            array = _elements(self.value(source, names))
            variable = self._variable(_element(array))
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
        array = _elements(whole)
        given = [str(name) for name in arrow.children[:-1] if name is not None]
        element, place = self._variable(_element(array)), self._variable("int")
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

    def _reduced(self, names: _Names, whole: _Typed, arrow: Any, start: Any) -> _Typed:
        array, first = _elements(whole), self.value(start, names)
        given = [str(name) for name in arrow.children[:-1]]
        if len(given) != 2:
            raise _NotTranslatedError
        both = [_Typed(Node("arg1"), first.type), _Typed(Node("arg2"), _element(array))]
        variables = [self._variable(one.type) for one in both]
        body = self.value(arrow.children[-1], {**names, **dict(zip(given, variables, strict=True))})
        places = {v.node.symbol: one.node for v, one in zip(variables, both, strict=True)}
        function = _call("lambda2", filled(body.node, places))
        return _Typed(_call("reduce", array.node, first.node, function), first.type)

    # Calls.

    def _attribute(self, names: _Names, of: Any, word: str) -> _Typed:
        return self._applied(word, [self.value(of, names)])

    def _call(self, names: _Names, head: Any, *given: Any) -> _Typed:  # noqa: C901 - a list of cases
        arguments = [one for one in given if one is not None]
        *of, word = head.children
        if head.data not in ("name", "attribute"):
            raise _NotTranslatedError
        if of and of[0].data == "name" and of[0].children[0] == "Math":
            of = []
        if arguments and arguments[0].data == "arrow":
            if not of:  # map(lambda x: ..., xs)
                of, arguments = arguments[1:2], arguments[:1]
            if not of:
                raise _NotTranslatedError
            whole = self.value(of[0], names)
            if word == "reduce" and len(arguments) == 2:
                return self._reduced(names, whole, *arguments)
            return self._of_elements(names, str(word), whole, arguments[0])
        if word == "sum" and arguments and arguments[0].data == "comprehension":
            body, *loops = arguments[0].children
            if body == _ONE:  # sum(1 for x in xs if ...)
                target = next(one for one in loops[-1].children if isinstance(one, Token))
                counted = self._comprehension(names, Tree("name", [target]), *loops)
                return self._applied("len", [counted])
        is_falling = bool(arguments) and arguments[-1].data == "keyword"
        if is_falling and (word != "sorted" or arguments.pop().children[0] != "reverse"):
            raise _NotTranslatedError
        values = [self.value(one, names) for one in (*of, *arguments)]
        if word == "slice":
            values[1:] = [_place(one, values[0]) for one in values[1:]]
        found = self._applied(str(word), values)
        return self._applied("reverse", [found]) if is_falling else found

    def _applied(self, word: str, values: Sequence[_Typed]) -> _Typed:
        """Return a function of the table with its operands.

        Raises:
            _NotTranslatedError: the table has none of that name for such operands.
        """
        if word in ("max", "min") and len(values) > 2:
            values = [self._applied(word, values[:-1]), values[-1]]
        if word == "split" and values[-1].node == _TEXT:
            return _letters(values[0])
        if word == "join" and _TEXT in (one.node for one in values):
            parts = next((one.node for one in values if one.type == "string[]"), _EMPTY.node)
            return _Typed(_call("reduce", parts, _TEXT, "str_concat"), "string")
        for words, kinds, result, program in _FUNCTIONS:
            if word in words.split():
                element = _matched(kinds.split(), values)
                if element is not None:
                    node = self._inserted(program, values)
                    return _Typed(node, result.replace("T", element))
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
    first, *others = conditions
    for one in others:
        first = _call(symbol, first, one)
    return _Typed(first, "bool")


def _is_letter(value: _Typed) -> bool:
    """Whether a string is one letter: what a loop takes from a string, or a literal of one."""
    symbol = value.node.symbol
    return symbol.startswith("$") or symbol == "str_index" or len(symbol) == len('"a"')


def _place(value: _Typed, whole: _Typed) -> _Typed:
    """Return a place from the beginning for one that may be counted from the end."""
    symbol = value.node.symbol
    if symbol.startswith("-") and symbol[1:].isdigit():
        return _Typed(_call("-", _call("len", whole.node), symbol[1:]), "int")
    return value


def _every(array: Node, step: str) -> Node:
    nth = _call("lambda1", _call("==", _call("%", "arg1", step), "0"))
    places = _call("filter", _call("range", "0", _call("len", array)), nth)
    return _call("map", places, _call("partial0", array, "deref"))


def _closed(body: _Typed, variable: _Typed) -> Node:
    """Return the function of a variable; it may need one variable of a function around it.

    Raises:
        _NotTranslatedError: it needs two.
    """
    own, node = variable.node.symbol, body.node
    others = {part.symbol for part in node.preorder() if part.symbol.startswith("$")} - {own}
    if not others:
        return _call("lambda1", filled(node, {own: Node("arg1")}))
    if len(others) > 1:
        raise _NotTranslatedError
    outer = others.pop()
    inside = filled(node, {outer: Node("arg1"), own: Node("arg2")})
    return _call("partial0", Node(outer), _call("lambda2", inside))
