"""A task made ready for the search: read, its types known, its arguments named by letters."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from saps.data.symbols import ARGUMENTS, SymbolTable
from saps.decoding.asked_truth import asks_for_truth
from saps.decoding.constraint import check_request
from saps.decoding.declarations import declared_types, opening_types
from saps.decoding.english import Reading, Vocabulary, read_english
from saps.decoding.example_check import (
    ExampleError,
    argument_types,
    check_examples,
    is_open,
    output_type,
)
from saps.decoding.naming import Names
from saps.decoding.request import InputOutput, Request
from saps.decoding.requested_types import RequestedTypes, RequestTypeError
from saps.decoding.said_numbers import said_numbers
from saps.decoding.synthesis import SynthesisError
from saps.decoding.task import Task
from saps.decoding.text_check import NO_WORD, check_text
from saps.lang.scope import RESERVED


@dataclass(frozen=True, slots=True)
class Prepared:
    """A task as a search takes it.

    Attributes:
        task: as it was given.
        reading: its text for the model.
        names: letters of its arguments, and of numbers that the model has no label for.
        request: what is known of the program, by letters.
    """

    task: Task
    reading: Reading
    names: Names
    request: Request


def prepare(task: Task, vocabulary: Vocabulary, symbols: SymbolTable) -> Prepared:
    """Read a task.

    Raises:
        SynthesisError: the text is no specification, the examples are not of one program, or no
            program can have the types.
    """
    check_text(task.text)
    try:
        declared = _declared(task)
        _check_types(declared, task.returns)
        leaves = frozenset(label.symbol for label in symbols.labels if not label.arity)
        reading = read_english(task.text, vocabulary, declared, leaves)
        if not reading.text:
            raise SynthesisError(NO_WORD, task.text)
        names = Names.of(reading, declared)
        _check_letters(declared, names, leaves)
        request = _request(task, declared, reading, names)
        check_request(symbols, request)
    except ExampleError as error:
        raise SynthesisError(str(error), task.text, code="examples") from error
    except RequestTypeError as error:
        raise SynthesisError(str(error), task.text, code="types") from error
    return Prepared(task, reading, names, request)


def _declared(task: Task) -> dict[str, str]:
    """Return the types that are known apart from the text, by the user's names."""
    declared = dict(task.arguments or {})
    if not task.examples:
        return declared
    check_examples(task.examples)
    shown = argument_types(task.examples)
    strange = [name for name in declared if name not in shown]
    if strange:
        raise ExampleError(
            f"argument {strange[0]} is declared, and the examples have no value for it: they have "
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
        if name in shown and not is_open(shown[name]) and not is_open(kind) and shown[name] != kind:
            raise ExampleError(
                f"argument {name} is declared as {kind}, and the examples give it {shown[name]}"
            )


def _check_types(declared: Mapping[str, str], returns: str | None) -> None:
    """Look at types by the user's names; a name that the language reserves is no fault here."""
    seen: dict[str, str] = {}
    for name, kind in declared.items():
        if name.lower() in seen:
            raise RequestTypeError(
                f"arguments {seen[name.lower()]} and {name} differ in case alone; rename one",
                "declaration",
            )
        seen[name.lower()] = name
        RequestedTypes.read(Request({"a" if name in RESERVED else name: kind}))
        if "->" in kind:
            raise RequestTypeError(
                f"argument {name} can not be of type {kind}: a program is given numbers, strings, "
                "truth values, and arrays and dictionaries of such",
                "impossible-type",
            )
    RequestedTypes.read(Request(None, returns))


def _check_letters(declared: Mapping[str, str], names: Names, leaves: Container[str]) -> None:
    """Refuse arguments that the model has no label for, since no program of its could use them."""
    left = [name for name in declared if names.letter_of.get(name, name) not in leaves]
    if left:
        raise RequestTypeError(
            f"argument {left[0]} is one too many: the model has letters for "
            f"{len(declared) - len(left)} of the {len(declared)} that are declared; leave out "
            "those that the task does not need",
            "declaration",
        )


def _request(task: Task, declared: Mapping[str, str], reading: Reading, names: Names) -> Request:
    numbers = names.stand_in_values
    examples = tuple(
        InputOutput(names.to_letters(example.inputs) | numbers, example.output)
        for example in task.examples
    )
    returns = task.returns
    if examples:
        shown = output_type(examples)
        if returns is None and not is_open(shown):
            returns = shown
        elif returns is not None and not is_open(shown + returns) and shown != returns:
            raise ExampleError(f"the result is declared as {returns}, the outputs are {shown}")
    types = names.to_letters(declared)
    spare: frozenset[str] = frozenset()
    if declared and not examples:
        stated = declared_types(reading.text)
        spare = frozenset(stated.keys() - types.keys())
        types = {**stated, **types}
    elif not declared and not examples:
        stated = opening_types(reading.text)
        types = stated if stated.keys() - numbers.keys() else {}
        if numbers and not types:
            # Any argument may occur; each has a type variable of its own.
            types = {letter: letter.upper() for letter in ARGUMENTS}
    if returns is None and asks_for_truth(reading.text):
        returns = "bool"
    said = said_numbers(reading.text)
    return Request({**types, **names.stand_in_types} or None, returns, examples, spare, said)
