"""A task made ready for the search: read, its types known, its arguments named by letters."""

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, count
from math import inf
from typing import Final, TypeAlias, TypeVar

from saps.data.symbols import ARGUMENTS, SymbolTable
from saps.data.tokenizer import normalise_typing
from saps.english import Reading, Vocabulary, read_english
from saps.english.declarations import contradiction, declared_types
from saps.english.names import LETTERS
from saps.lang import AlgoLispError, Node, Value
from saps.lang.check import can_be_argument, is_reserved
from saps.lang.program_values import constant
from saps.lang.types import Array, parse_type
from saps.lang.unify import type_of_value
from saps.search.mask import check_request
from saps.search.request import InputOutput, Request, RequestedTypes, RequestTypeError
from saps.synthesis.answer import SynthesisError
from saps.synthesis.code_texts import types_in_code

# What a person asks for: a text, and whatever else they know of the program.

ExampleLike: TypeAlias = InputOutput | tuple[Mapping[str, Value], Value]


@dataclass(frozen=True, slots=True)
class Task:
    """A specification.

    Attributes:
        text: in English.
        examples: what the program should compute; all name the same arguments.
        arguments: types by argument name; None or empty if nothing is declared. With it (or with
            examples) the program may use only these arguments and those that the text declares.
        returns: type of the value; None if unknown.
        rejected: inputs with wrong outputs; no answer gives one of them.
    """

    text: str
    examples: tuple[InputOutput, ...] = ()
    arguments: Mapping[str, str] | None = None
    returns: str | None = None
    rejected: tuple[InputOutput, ...] = ()

    @classmethod
    def of(
        cls,
        text: str,
        examples: Iterable[ExampleLike] = (),
        arguments: Mapping[str, str] | None = None,
        returns: str | None = None,
        rejected: Iterable[ExampleLike] = (),
    ) -> "Task":
        """Make a task; an example may also be a pair of inputs and output."""
        shown, wrong = (
            tuple(e if isinstance(e, InputOutput) else InputOutput(*e) for e in some)
            for some in (examples, rejected)
        )
        return cls(text, shown, arguments, returns, wrong)

    def check(self) -> None:
        """Refuse what no model could answer; no model is needed.

        Raises:
            SynthesisError: the text is no specification, the examples are not of one program, or
                no program can have the types.
        """
        check_text(self.text)
        with _refusals(self):
            _check_types(_declared(self), self.returns)


# What no text of a specification may be, whatever the model; needs neither a model nor torch.

MAX_TOKENS: Final = 400
"""The longest published text has 164 tokens; far beyond that a specification is a mistake."""

LONGEST_WORD: Final = 100
"""Letters of a word, names included: the network would read more of them letter by letter."""

NO_WORD: Final = "the specification has no word in it: say in English what the program should do"

_SHOWN: Final = 30


def check_text(text: str) -> None:
    """Refuse what is no specification.

    Raises:
        SynthesisError: the text has no word, or too many, or one that is too long, or it
            contradicts itself.
    """
    tokens = normalise_typing(text).split()
    if not any(token.isalnum() for token in tokens):
        raise SynthesisError(NO_WORD, text)
    if len(tokens) > MAX_TOKENS:
        raise SynthesisError(
            f"the specification has {len(tokens)} words, but at most {MAX_TOKENS} are read: "
            "describe a single task",
            text,
        )
    longest = max(re.findall(r"\w+", text), key=len, default="")
    if len(longest) > LONGEST_WORD:
        raise SynthesisError(
            f"the word '{longest[:_SHOWN]}...' has {len(longest)} letters, but a word may have at "
            f"most {LONGEST_WORD}: give a value as an input or in an example, and a name in "
            "the text",
            text,
        )
    if (fault := contradiction(text)) is not None:
        raise SynthesisError(fault, text)


# What a person calls things, and the letters that a model knows them by.

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Names:
    """Which letter stands for which name, and which for a literal of the text.

    Attributes:
        letter_of: name to letter, only where they differ.
        name_of: letter to name, of the names that a program can have.
        kept: letter to name, of the names that no program can have: those keep their letters.
        stand_ins: letter to the literal that it stands for, as the language writes it. To the model
            these letters are arguments, in the answer they are numbers and strings.
        named: letters that the person gave a name to, be it the letter itself.
    """

    letter_of: Mapping[str, str] = field(default_factory=dict)
    name_of: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()

    @classmethod
    def of(cls, reading: Reading) -> "Names":
        """Take the letters of a reading."""
        possible = {letter for letter, name in reading.names.items() if can_be_argument(name)}
        return cls(
            {name: letter for letter, name in reading.names.items()},
            {letter: name for letter, name in reading.names.items() if letter in possible},
            {letter: name for letter, name in reading.names.items() if letter not in possible},
            reading.stand_ins,
            reading.named,
        )

    @property
    def stand_in_values(self) -> dict[str, Value]:
        """The values that letters stand for, by letter."""
        found = {letter: constant(literal) for letter, literal in self.stand_ins.items()}
        return {letter: known[0] for letter, known in found.items() if known}

    @property
    def stand_in_types(self) -> dict[str, str]:
        """The types of the literals that letters stand for, by letter."""
        found = {letter: constant(literal) for letter, literal in self.stand_ins.items()}
        return {letter: known[1] for letter, known in found.items() if known}

    def shown(self, symbol: str) -> str:
        """Return what the user calls a leaf of a program, or a word of a text."""
        return self.name_of.get(symbol) or self.stand_ins.get(symbol, symbol)

    def to_letters(self, named: Mapping[str, V]) -> dict[str, V]:
        """Return a mapping by letters for one by names."""
        return {self.letter_of.get(name, name): value for name, value in named.items()}

    def to_names(self, lettered: Mapping[str, V]) -> dict[str, V]:
        """Return a mapping by names for one by letters, without what stands for literals."""
        return {
            self.name_of.get(letter, letter): value
            for letter, value in lettered.items()
            if letter not in self.stand_ins
        }

    def rename(self, program: Node) -> Node:
        """Return a program with names and literals in place of their letters."""
        return program.renamed({**self.stand_ins, **self.name_of})

    def with_names_for(self, types: Mapping[str, str]) -> "Names":
        """Name the letters of a program's arguments that the text has no name for, by their types.

        Args:
            types: of the program's arguments, by letter.
        """
        taken = {*self.name_of.values(), *self.kept.values(), *types, *self.stand_ins}
        new: dict[str, str] = {}
        for letter, kind in types.items():
            if letter not in self.named and letter not in self.stand_ins:
                plain = _OPEN.sub("int", kind)
                usual = _USUAL_NAMES.get(
                    plain, _USUAL_NAMES["int[]" if kind.endswith("[]") else "int"]
                )
                further = (f"{usual[0]}{number}" for number in count(3))
                new[letter] = next(name for name in chain(usual, further) if name not in taken)
                taken.add(new[letter])
        return replace(self, name_of={**self.name_of, **new})


_OPEN: Final = re.compile(r"\b[A-Z]\b")
_USUAL_NAMES: Final = {
    "int": ("n", "m", "k"),
    "int[]": ("xs", "ys", "zs"),
    "string": ("s", "t", "u"),
    "string[]": ("words", "others"),
    "bool": ("p", "q"),
    "bool[]": ("flags", "others"),
    "int[][]": ("rows", "others"),
    "string[][]": ("rows", "others"),
}
"""What a person would call arguments of a type; none is a letter that a model knows."""

# Whether examples can be of one program, and what they say of its types.


class ExampleError(ValueError):
    """Examples are not of one program; the message says which, counted from 1, and why."""


def check_examples(examples: Sequence[InputOutput]) -> None:
    """Look for what no program can satisfy.

    Raises:
        ExampleError: an example has other arguments than the first one, two examples have the
            same inputs and another output, or a value is none of the language, or of another type
            than in the examples before.
    """
    seen: dict[str, int] = {}
    for number, example in enumerate(examples, start=1):
        _check_names(number, example, examples[0])
        key = json.dumps(dict(example.inputs), sort_keys=True, default=repr)
        first = seen.setdefault(key, number)
        if _shown(examples[first - 1].output) != _shown(example.output):
            raise ExampleError(
                f"examples {first} and {number} contradict each other: for {_shown(example.inputs)}"
                f" one gives {_shown(examples[first - 1].output)}, the other "
                f"{_shown(example.output)}; leave one out"
            )


def argument_types(examples: Sequence[InputOutput]) -> dict[str, str]:
    """Return the types of the arguments; "T[]" for one that is an empty array everywhere.

    Raises:
        ExampleError: see `check_examples`.
    """
    names = examples[0].inputs if examples else ()
    return {name: _type(f"argument {name}", [e.inputs[name] for e in examples]) for name in names}


def output_type(examples: Sequence[InputOutput]) -> str:
    """Return the type of the outputs.

    Raises:
        ExampleError: see `check_examples`.
    """
    return _type("the output", [example.output for example in examples])


def is_open(kind: str) -> bool:
    """Whether a type has a variable, as that of an empty array has."""
    return any(character.isupper() for character in kind)


def _check_names(number: int, example: InputOutput, first: InputOutput) -> None:
    if not isinstance(example.inputs, Mapping):
        raise ExampleError(f"the inputs of example {number} are not an object of arguments by name")
    if set(example.inputs) != set(first.inputs):
        raise ExampleError(
            f"example {number} has the arguments {_names(example)}, but example 1 has "
            f"{_names(first)}; give all examples the same arguments"
        )


def _names(example: InputOutput) -> str:
    return ", ".join(example.inputs) or "none"


def _type(of: str, values: Sequence[Value]) -> str:
    known: list[Value] = []
    for number, value in enumerate(values, start=1):
        try:
            type_of_value(value)
        except AlgoLispError as error:
            raise ExampleError(f"{of} in example {number}: {error}") from error
        known.append(value)
        try:
            kind = type_of_value(known)
        except AlgoLispError as error:
            before = type_of_value(known[:-1])
            assert isinstance(before, Array)
            raise ExampleError(
                f"{of} is of type {before.element} in example 1 and "
                f"{type_of_value(value)} in example {number}; no program takes or gives both"
            ) from error
    assert isinstance(kind, Array)
    return str(kind.element)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task as a search takes it.

    Attributes:
        task: as it was given.
        reading: its text for the model.
        names: letters of its arguments, and of numbers that the model has no label for.
        request: what is known of the program, by letters.
        deadline: of the clock `monotonic`; from then on no program is run on an example.
    """

    task: Task
    reading: Reading
    names: Names
    request: Request
    deadline: float = inf


def prepare(task: Task, vocabulary: Vocabulary, symbols: SymbolTable) -> Prepared:
    """Read a task.

    Raises:
        SynthesisError: the text is no specification, the examples are not of one program, or no
            program can have the types.
    """
    task.check()
    with _refusals(task):
        declared = _declared(task)
        leaves = frozenset(label.symbol for label in symbols.labels if not label.arity)
        reading = read_english(task.text, vocabulary, declared, leaves)
        if not reading.text:
            raise SynthesisError(NO_WORD, task.text)
        declared = declared or dict(reading.declared)
        names = Names.of(reading)
        _check_letters(declared, names, leaves)
        request = _request(task, declared, reading, names)
        check_request(symbols, request)
    return Prepared(task, reading, names, request)


def as_shown(prepared: Prepared) -> Task | None:
    """Return a task with the examples that its text seems to show; None where it shows none.

    They have to fit the arguments that are declared. Where none is, the names are those of the
    text, if they are as many as the inputs of the first example.
    """
    task, reading = prepared.task, prepared.reading
    if task.examples or not reading.examples:
        return None
    first, _ = reading.examples[0]
    try:
        kinds = [str(type_of_value(value)) for value in first]
    except AlgoLispError:
        return None  # "[1, 'a'] -> 2"
    names = list(task.arguments or reading.declared)
    if not names:
        names = [reading.names.get(letter, letter) for letter in sorted(reading.named)]
        if len(names) != len(first):
            free = (one for one in LETTERS if one not in {*reading.named, *reading.stand_ins})
            types = dict(zip(free, kinds, strict=False))
            named = prepared.names.with_names_for(types).name_of
            names = [named[letter] for letter in types]
    shown = tuple(
        InputOutput(dict(zip(names, given, strict=True)), output)
        for given, output in reading.examples
        if len(given) == len(names)
    )
    return replace(task, examples=shown) if shown else None


@contextmanager
def _refusals(task: Task) -> Iterator[None]:
    """Refuse the task for what is wrong with its examples or types."""
    try:
        yield
    except ExampleError as error:
        raise SynthesisError(str(error), task.text, code="examples") from error
    except RequestTypeError as error:
        raise SynthesisError(str(error), task.text, code="types") from error


def _declared(task: Task) -> dict[str, str]:
    """Return the types that are known apart from the text, by the user's names."""
    declared = dict(task.arguments or {})
    if not task.examples:
        spelled = types_in_code(task.text)
        return declared or (spelled if all(map(can_be_argument, spelled)) else {})
    check_examples(task.examples)
    shown = argument_types(task.examples)
    strange = [name for name in declared if name not in shown]
    if strange:
        raise ExampleError(
            f"argument {strange[0]} is declared, but the examples have no value for it: they have "
            f"{', '.join(shown) or 'none'}"
        )
    stated = declared_types(task.text)
    for name, kind in shown.items():
        settled = stated.get(name.lower(), "int[]") if is_open(kind) else kind
        declared.setdefault(name, settled)
    _check_values(task.examples, declared)
    return declared


def _check_values(examples: tuple[InputOutput, ...], declared: Mapping[str, str]) -> None:
    """Refuse a value that is not of its declared type, where both are plain."""
    shown = argument_types(examples)
    for name, kind in declared.items():
        if name in shown and _differ(shown[name], kind):
            raise ExampleError(
                f"argument {name} is declared as {kind}, but the examples give it {shown[name]}"
            )


def _differ(one: str, other: str) -> bool:
    """Whether two plain types are not the same; `float` and `int` are to the language."""
    return not is_open(one + other) and parse_type(one) != parse_type(other)


def _check_types(declared: Mapping[str, str], returns: str | None) -> None:
    """Look at types by the user's names; a name that the language reserves is no fault here."""
    seen: dict[str, str] = {}
    for name, kind in declared.items():
        if name.lower() in seen:
            raise RequestTypeError(
                f"arguments {seen[name.lower()]} and {name} differ only in case; rename one",
                "declaration",
            )
        seen[name.lower()] = name
        RequestedTypes.read(Request({"a" if is_reserved(name) else name: kind}))
        if "->" in kind:
            raise RequestTypeError(
                f"argument {name} cannot be of type {kind}: a program is given numbers, strings, "
                "truth values, and arrays and dictionaries of these",
                "impossible-type",
            )
    RequestedTypes.read(Request(None, returns))


def _check_letters(declared: Mapping[str, str], names: Names, leaves: Container[str]) -> None:
    """Refuse arguments that the model has no label for, since no program of its could use them."""
    left = [name for name in declared if names.letter_of.get(name, name) not in leaves]
    if left:
        raise RequestTypeError(
            f"argument {left[0]} is one too many: the model has letters for only "
            f"{len(declared) - len(left)} of the {len(declared)} declared arguments; leave out "
            "those that the task does not need",
            "declaration",
        )


def _request(task: Task, declared: Mapping[str, str], reading: Reading, names: Names) -> Request:
    literals = names.stand_in_values
    examples = tuple(
        InputOutput(names.to_letters(example.inputs) | literals, example.output)
        for example in task.examples
    )
    returns = task.returns
    if examples:
        shown = output_type(examples)
        if returns is None and not is_open(shown):
            returns = shown
        elif returns is not None and _differ(shown, returns):
            raise ExampleError(f"the result is declared as {returns}, but the outputs are {shown}")
    types = names.to_letters(declared)
    if not declared and not examples and literals:
        # Any argument may occur; each has a type variable of its own.
        types = {letter: letter.upper() for letter in ARGUMENTS}
    return Request(
        {**types, **names.stand_in_types} or None,
        returns or reading.returns,
        examples,
        spare=frozenset(literals),  # a number of the text may be of its context
        literals=literals,
    )
