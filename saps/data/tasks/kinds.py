"""The kinds of tasks that people ask for: what each computes, and how it is asked for.

A kind is an entry of a text file of the folder `people/`; `docs/howto/kind.md` has the format.
`Kinds.parse` reads the form of entries. `Kinds.check`, which a test calls for the project's own,
looks at what they say: the program is of its type and computes its examples, each wording names
every slot, no two kinds share a wording, and no program holds a constant that nobody could guess
from its texts. An error names file, line and kind.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from saps.data.wordings.tables import Pattern, PatternError, entry_lines, texts_of
from saps.english.literals import find_numerals, implied
from saps.english.quoted import find_quoted
from saps.lang import AlgoLispError, Node, Program, compile_program, infer_type, parse, values_equal

REGISTERS: Final = (
    *("homework", "docstring", "comment", "forum", "terse", "chat", "sheet", "story"),
    *("foreign", "code", "steps", "teacher", "math", "ticket"),
)
"""Who asks, and how it sounds; a wording of a register is a whole request."""

PARTS: Final = ("noun", "do", "then")
"""Wordings that stand inside a request.

A noun phrase, a command, and a command about what the step before it left.
"""

NOTE: Final = "note"
"""A sentence that may follow any request.

It settles an edge case, defines a word, or promises something; it need not name any slot.
"""

CONDITION_FORMS: Final = ("adj", "post", "are", "verb", "verbs", "code")
FUNCTION_FORMS: Final = ("of", "ofs", "with", "done", "do", "code")
SLOT: Final = re.compile(
    r"\{(?P<name>\w+)(?:\.(?P<form>\w+)(?::(?P<it>\w+))?)?(?:=(?P<noun>[^{}]+))?\}"
)
_TYPES: Final = frozenset(
    {"int", "bool", "string", "char", "float", "int[]", "string[]", "bool[]"}
    | {"int[][]", "string[][]"}
)
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "=": (*PARTS, *REGISTERS, NOTE),
    "~": (*CONDITION_FORMS, NOTE),
    "@": (*FUNCTION_FORMS, NOTE),
}
_FIELDS: Final = frozenset(
    ["about", "slots", "returns", "program", "on", "gives", "test", "value", "asked"]
)
_ASKED: Final = {"often": 3.0, "sometimes": 1.0, "rarely": 0.5}
_AS_STEP: Final = "as a step"
ELEMENT: Final = "<x>"  # of a condition or a function in a program; no task can have the name
# Signs that are meant themselves, `\<`; in a pattern they stand as characters of no text.
_ESCAPES: Final = {f"\\{sign}": chr(0xE000 + place) for place, sign in enumerate("<>[]|{}#$")}
_SIGNS: Final = {ord(mark): escape[1] for escape, mark in _ESCAPES.items()}
_LITERAL: Final = re.compile(r"-?\d+(?:\.\d+)?|\".*\"", re.DOTALL)
# Constants that a program holds for its own sake, whatever the text says.
_PLAIN: Final = frozenset({"0", "1", "-1", "2", "10", '""'})
_HOLDS_FUNCTION: Final = re.compile(r"(?P<sort>condition|function) (?P<on>\S+)(?: (?P<gives>\S+))?")


class KindError(ValueError):
    """An entry is wrong; the message says where and why."""


def language_type(kind: str) -> str:
    """Return the type that the language has for one of people's."""
    return {"char": "string", "float": "int"}.get(kind, kind)


@dataclass(frozen=True, slots=True)
class Slot:
    """What a kind is given.

    Attributes:
        type: of the language, or "char" for a string of one character, or "condition", "function".
        on: of a condition or a function, the type of the element.
        gives: of a function, the type of its value.
        bounds: least and greatest number, where the task makes sense for some only.
        traits: "nonempty", "rect", "square", "words", "letters".
    """

    type: str
    on: str = ""
    gives: str = ""
    bounds: tuple[int, int] | None = None
    traits: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "Slot":
        """Read "int[] nonempty 1..20", or "condition int".

        Raises:
            KindError: the type is none that a slot can have.
        """
        if found := _HOLDS_FUNCTION.fullmatch(text.strip()):
            return cls(found["sort"], found["on"], found["gives"] or "")
        kind, *more = text.split()
        if kind not in _TYPES:
            raise KindError(f"type {kind!r} of a slot is none of {', '.join(sorted(_TYPES))}")
        ranges = [re.fullmatch(r"(-?\d+)\.\.(-?\d+)", word) for word in more]
        bounds = next(((int(r[1]), int(r[2])) for r in ranges if r), None)
        traits = frozenset(w for w, r in zip(more, ranges, strict=True) if not r)
        return cls(kind, bounds=bounds, traits=traits)

    @property
    def language_type(self) -> str:
        return language_type(self.type)

    @property
    def is_applied(self) -> bool:
        """Whether it holds a condition or a function, not a value."""
        return bool(self.on)


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to say a kind.

    Attributes:
        pattern: of the text; its slots are `SLOT`s.
        unsaid: slots that the text leaves to the reader.
        place: file and line.
    """

    pattern: Pattern
    unsaid: frozenset[str]
    place: str

    def draw(self, rng: Any) -> str:
        return self.pattern.draw(rng)


@dataclass
class Kind:
    """One entry: a kind ("="), a condition ("~") or a function of elements ("@").

    `weight` says how often it is drawn, beside the others: people ask for a maximum more often
    than for the Ackermann function. What `is_step` is drawn much oftener as one of several steps.
    """

    name: str
    sort: str
    place: str
    about: str = ""
    slots: dict[str, Slot] = field(default_factory=dict)
    returns: str = ""
    program: Node = field(default_factory=lambda: Node("0"))
    examples: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    wordings: dict[str, list[Wording]] = field(default_factory=dict)
    element: str = ""
    weight: float = 1.0
    is_step: bool = False

    @property
    def language_type(self) -> str:
        return language_type(self.returns)

    def of(self, key: str) -> Sequence[Wording]:
        return self.wordings.get(key, ())

    def fault(self, reason: str, place: str | None = None) -> KindError:
        return KindError(f"{place or self.place}, kind {self.name}: {reason}")


@dataclass(frozen=True)
class Kinds:
    """All entries, by name."""

    kinds: Mapping[str, Kind]
    conditions: Mapping[str, Kind]
    functions: Mapping[str, Kind]

    @classmethod
    def parse(cls, texts: Mapping[str, str]) -> "Kinds":
        """Read files of kinds, by name; a file may add wordings to kinds of those before it.

        Raises:
            KindError: an entry is wrong.
        """
        rooms: dict[str, dict[str, Kind]] = {"=": {}, "~": {}, "@": {}}
        for name, text in texts.items():
            _read(name, text, rooms)
        return cls(rooms["="], rooms["~"], rooms["@"])

    def check(self) -> None:
        """Look at every entry.

        Raises:
            KindError: a program is wrong about an example, a wording lacks a slot or shares its
                text with another kind that is given the same, or a program holds a constant that
                no wording says and no word implies (`saps/english/implied.txt`).
        """
        seen: dict[tuple[str, ...], Kind] = {}
        for kind in (*self.conditions.values(), *self.functions.values(), *self.kinds.values()):
            _check_program(kind, self)
            _check_literals(kind)
            for key, wordings in kind.wordings.items():
                for wording in wordings:
                    _check_wording(kind, key, wording)
                    said = (kind.sort, wording.pattern.source, *map(str, kind.slots.values()))
                    if kind.sort == "=" and key != NOTE and seen.setdefault(said, kind) is not kind:
                        reason = f"kind {seen[said].name} has the same wording"
                        raise kind.fault(reason, wording.place)


@cache
def people() -> Kinds:
    """Return the project's own kinds."""
    return Kinds.parse(texts_of(__package__, "people"))


def plain(text: str) -> str:
    r"""Return a drawn text with the signs that its pattern escaped, and its line ends."""
    return text.replace("\\n", "\n").translate(_SIGNS)


def pattern(text: str, shared: Mapping[str, str]) -> Pattern:
    r"""Read a pattern in which `\\<` and the like are the signs themselves."""
    for escape, mark in _ESCAPES.items():
        text = text.replace(escape, mark)
    return Pattern.parse(text, shared)


def _read(file: str, text: str, rooms: Mapping[str, dict[str, Kind]]) -> None:
    kind: Kind | None = None
    for place, line, shared in entry_lines(file, text, KindError):
        try:
            if line[:2] in ("= ", "~ ", "@ "):
                name = line[2:].strip()
                kind = rooms[line[0]].setdefault(name, Kind(name, line[0], place))
            elif kind is None:
                raise KindError(f"expected '= KIND', found {line[:60]!r}")
            else:
                _read_line(kind, line, shared, place)
        except (PatternError, AlgoLispError, ValueError) as error:
            raise KindError(str(error) if place in str(error) else f"{place}: {error}") from error


def _read_line(kind: Kind, line: str, shared: Mapping[str, str], place: str) -> None:
    key, colon, text = (part.strip() for part in line.partition(":"))
    if colon and key in _FIELDS:
        _read_field(kind, key, text)
    elif colon and key == "example":
        inputs, arrow, output = text.rpartition("->")
        if not arrow:
            raise KindError(f"expected 'example: INPUTS -> OUTPUT', found {text[:60]!r}")
        kind.examples.append((json.loads(inputs), json.loads(output)))
    elif colon and key in _KEYS[kind.sort]:
        said, _, unsaid = text.partition(" ~")
        names = frozenset(unsaid.replace("~", " ").split())
        forms = said.split(" | ") if key in ("verb", "of") and kind.sort != "=" else [said]
        for form, part in zip((key, f"{key}s"), forms, strict=False):
            wording = Wording(pattern(part, shared), names, place)
            kind.wordings.setdefault(form, []).append(wording)
    else:
        expected = ", ".join(_KEYS[kind.sort])
        raise KindError(f"expected a key ({expected}) and a colon, found {line[:60]!r}")


def _read_field(kind: Kind, key: str, text: str) -> None:
    if key == "slots":
        parts = filter(None, map(str.strip, text.split(",")))
        kind.slots = {
            name.strip(): Slot.parse(slot) for name, _, slot in (p.partition(":") for p in parts)
        }
    elif key in ("program", "test", "value"):
        kind.program = parse(text)
    elif key == "on":
        kind.element = text
    elif key == "asked":
        often, _, step = text.partition(", ")
        if often not in _ASKED or step not in ("", _AS_STEP):
            raise KindError(f"asked is {text!r}, expected {', '.join(_ASKED)}; then '{_AS_STEP}'")
        kind.weight, kind.is_step = _ASKED[often], bool(step)
    else:
        setattr(kind, "about" if key == "about" else "returns", text)
    if key == "test":
        kind.returns = "bool"


def composed(
    program: Node, sort: str, values: Mapping[str, Node], bodies: Mapping[str, Node]
) -> Node | None:
    """Return the program of an entry with its slots filled.

    The names in a value are the task's: they are never taken for a slot, or for the element.

    Args:
        program: of the entry.
        sort: "=", "~" or "@" of the entry.
        values: by slot, of the slots for values.
        bodies: by slot, of those for conditions and functions; as this function returns them.

    Returns:
        None where a lambda of a body would hide an argument of one of the program's.
    """
    element = {} if sort == "=" else {"x": Node(ELEMENT)}
    return _applied(filled(program, element | dict(values)), bodies)


def _applied(program: Node, bodies: Mapping[str, Node]) -> Node | None:
    """Replace calls `(C e)` by the body of C with e in the place of its element."""
    children = [_applied(child, bodies) for child in program.children]
    done = [child for child in children if child is not None]
    if len(done) < len(children):
        return None
    body = bodies.get(program.symbol)
    if body is None or len(done) != 1:
        return Node(program.symbol, tuple(done))
    if _is_open(done[0]) and _is_under_lambda(body):
        return over_element(body, ELEMENT) if done[0] == Node("arg1") else None
    return filled(body, {ELEMENT: done[0]})


def filled(program: Node, values: Mapping[str, Node]) -> Node:
    """Return a program with leaves replaced by name."""
    if not program.children:
        return values.get(program.symbol, program)
    return Node(program.symbol, tuple(filled(child, values) for child in program.children))


def over_element(program: Node, slot: str, hidden: bool = False) -> Node | None:
    """Put the argument of a lambda around a program in the place of a slot.

    A lambda of the program would hide it. One of a single argument gets it as a first one; None
    where that is not enough.
    """
    if program.symbol == slot and not program.children:
        return Node("arg1")
    if not any(part.symbol == slot for part in program.preorder()):
        return program
    if program.symbol == "lambda1":
        inner = over_element(filled(program.children[0], {"arg1": Node("arg2")}), slot, True)
        if inner is None or hidden:
            return None
        return Node("partial0", (Node("arg1"), Node("lambda2", (inner,))))
    if program.symbol == "lambda2":
        return None
    children = [over_element(child, slot, hidden) for child in program.children]
    if any(child is None for child in children):
        return None
    return Node(program.symbol, tuple(child for child in children if child is not None))


def _is_open(node: Node) -> bool:
    return any(part.symbol in ("arg1", "arg2", "self") for part in node.preorder())


def _is_under_lambda(body: Node, inside: bool = False) -> bool:
    inside = inside or body.symbol in ("lambda1", "lambda2")
    if inside and body.symbol == ELEMENT:
        return True
    return any(_is_under_lambda(child, inside) for child in body.children)


def _check_program(kind: Kind, kinds: Kinds) -> None:
    if not kind.returns or (kind.program == Node("0") and not kind.examples):
        raise kind.fault("has no program (wordings of a kind that no file before declares)")
    if not kind.examples:
        raise kind.fault("has no example")
    ready: dict[Node, tuple[str, Program]] = {}  # most kinds have one program for all examples
    for inputs, output in kind.examples:
        try:
            program, types, values = _example_program(kind, kinds, inputs)
            if program not in ready:
                ready[program] = str(infer_type(program, types)), compile_program(program, types)
            found_type, run = ready[program]
            value = run(values)
        except (AlgoLispError, KeyError) as error:
            raise kind.fault(f"example {json.dumps(inputs)}: {error}") from error
        if found_type != kind.language_type and not any(c.isupper() for c in found_type):
            raise kind.fault(f"its program is of type {found_type}, not {kind.language_type}")
        if not values_equal(value, output):
            raise kind.fault(f"example {json.dumps(inputs)} gives {value}, not {output}")


def _example_program(
    kind: Kind, kinds: Kinds, inputs: Mapping[str, Any]
) -> tuple[Node, dict[str, str], dict[str, Any]]:
    """Return the program of an example, with its conditions and functions in their places."""
    types = {name: slot.language_type for name, slot in kind.slots.items() if not slot.is_applied}
    if kind.element:
        types["x"] = language_type(kind.element)
    values, bodies = dict(inputs), {}
    for name, slot in kind.slots.items():
        if slot.is_applied:
            chosen = values.pop(name)
            chosen = chosen if isinstance(chosen, list) else [chosen]
            entry = (kinds.conditions if slot.type == "condition" else kinds.functions)[chosen[0]]
            own = {inner: f"{name}{inner}" for inner in entry.slots}
            types |= {own[inner]: s.language_type for inner, s in entry.slots.items()}
            values |= dict(zip(own.values(), chosen[1:], strict=True))
            renamed = {inner: Node(new) for inner, new in own.items()}
            bodies[name] = filled(entry.program, renamed | {"x": Node(ELEMENT)})
    program = _applied(kind.program, bodies)
    if program is None:
        raise kind.fault("a lambda of a condition hides an argument of the program's")
    return program, types, values


def _check_literals(kind: Kind) -> None:
    leaves = {part.symbol for part in kind.program.preorder() if not part.children}
    open_ones = {leaf for leaf in leaves if _LITERAL.fullmatch(leaf)}
    # 100.0 says 100: the fraction makes a quotient a true one.
    open_ones = {n if n.startswith('"') else n.removesuffix(".0") for n in open_ones}
    open_ones -= _PLAIN | {*implied().values()}
    if open_ones:
        texts = [wording.pattern.source for ws in kind.wordings.values() for wording in ws]
        open_ones -= {literal for text in texts for literal in _said(text)}
    if open_ones:
        raise kind.fault(
            f"no wording says {', '.join(sorted(open_ones))}: let one say it, or say in "
            "saps/english/implied.txt what it means"
        )


def _said(pattern: str) -> Iterator[str]:
    """Yield the literals that a wording says, negative numbers as well."""
    for numeral in find_numerals(re.sub(r"[<>\[\]|]", " ", pattern)):
        yield from (numeral.literal, f"-{numeral.literal}")
    for quoted in find_quoted(pattern):
        yield json.dumps(quoted.value, ensure_ascii=False)


def _check_wording(kind: Kind, key: str, wording: Wording) -> None:
    said = {match["name"] for match in SLOT.finditer(wording.pattern.source)}
    own = kind.slots.keys() | ({"x"} if kind.sort == "@" else set())
    spare = (said | wording.unsaid) - own
    if spare:
        raise kind.fault(f"{key}: has no slot {', '.join(sorted(spare))}", wording.place)
    if key == NOTE:
        return
    first = {next(iter(kind.slots), "")} if key == "then" else set()
    lacking = kind.slots.keys() - said - wording.unsaid - first
    if lacking and not (kind.sort == "@" and key in ("of", "ofs")):
        names = ", ".join(sorted(lacking))
        raise kind.fault(
            f"{key}: does not name {names}; name it or end the line with ~{names}", wording.place
        )
