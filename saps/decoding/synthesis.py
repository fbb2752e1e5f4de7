"""What a synthesizer answers: programs with their types, their Python, and what they compute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from typing import Any

from saps.decoding.declarations import declared_types
from saps.decoding.english import Reading
from saps.decoding.said_numbers import said_numbers
from saps.lang import Limits, Node, Value, compile_program


class SynthesisError(ValueError):
    """A text gets no program; the message says why and what to do.

    Attributes:
        text: as it was given.
        program: what the model wrote, if it wrote something that does not type-check.
        code: "text" for a text that is no specification, "examples" for examples that are not of
            one program, "types" for types that no program can have, "no-program" where the model
            wrote none, "ill-typed".
    """

    def __init__(
        self, reason: str, text: str, program: Node | None = None, code: str = "text"
    ) -> None:
        super().__init__(reason, text, program, code)
        self.reason, self.text, self.program, self.code = reason, text, program, code

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program did with one example.

    Attributes:
        inputs: of the example, by the user's names.
        expected: the output of the example.
        got: what the program computes; None if it fails.
        error: why it fails; empty if it does not.
        passed: whether it computes what is expected.
    """

    inputs: Mapping[str, Value]
    expected: Value
    got: Value | None
    error: str
    passed: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "inputs": dict(self.inputs),
            "expected": self.expected,
            "got": self.got,
            "error": self.error,
            "passed": self.passed,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the programs for a text.

    Attributes:
        program: the tree; arguments have the names that the text has for them.
        arguments: name to type: the declared ones, or those that the program needs.
        return_type: type of the value.
        log_prob: of the tree under the model, natural log, at most 0.
        python: the same program as the text of a Python function.
        outcomes: one for each example.
        written: the tree as the model wrote it, with letters for names and for numbers that it has
            no label for; None where no model did.
    """

    program: Node
    arguments: Mapping[str, str]
    return_type: str
    log_prob: float
    python: str
    outcomes: tuple[Outcome, ...] = ()
    written: Node | None = None

    @property
    def probability(self) -> float:
        """Of the tree under the model, in [0, 1]."""
        return min(1.0, exp(self.log_prob))

    @property
    def n_passed(self) -> int:
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def passes(self) -> bool:
        """Whether it computes every example; true where there is none."""
        return self.n_passed == len(self.outcomes)

    def run(self, inputs: Mapping[str, Value], limits: Limits | None = None) -> Value:
        """Compute the value; see `Synthesis.run`."""
        program = compile_program(self.program, self.arguments, limits or Limits())
        return program({name: inputs[name] for name in self.arguments if name in inputs})

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON takes them; the program in both written forms."""
        return {
            "program": str(self.program),
            "short_tree": self.program.to_short_tree(),
            "args": dict(self.arguments),
            "return_type": self.return_type,
            "log_prob": self.log_prob,
            "python": self.python,
            "examples": [outcome.to_json() for outcome in self.outcomes],
        }


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The best program for a text, and what else was found.

    Attributes:
        text: as it was given.
        program: the tree; arguments have the names that the text has for them.
        arguments: name to type: the declared ones, or those that the program needs.
        return_type: type of the value.
        log_prob: of the tree under the model, natural log, at most 0.
        python: the same program as the text of a Python function.
        candidates: the programs found, as many as were asked for; the first is this one.
        confidence: calibrated probability, in [0, 1], that the program does what the text says,
            judged by the text alone; None where the model is not calibrated.
        is_sure: whether the confidence reaches the threshold of the calibration; None without.
        reading: how the text was read: what was reworded, unknown words, letters for names and for
            numbers.
        names: letter to name, of arguments that the model knows by a letter and the program by
            name.
        letters: letter to name, of arguments that keep the letter, since their name means
            something in the language or can be no name in it.
    """

    text: str
    program: Node
    arguments: Mapping[str, str]
    return_type: str
    log_prob: float
    python: str
    candidates: tuple[Candidate, ...] = ()
    confidence: float | None = None
    is_sure: bool | None = None
    reading: Reading | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether the program computes every example; true where there is none."""
        return all(candidate.passes for candidate in self.candidates[:1])

    def run(self, inputs: Mapping[str, Value], limits: Limits | None = None) -> Value:
        """Compute the program's value; inputs that the program does not use are passed over.

        An argument that keeps its letter (`letters`) may be given by its name too.

        Raises:
            AlgoLispError: an input is missing or of another type, or the program fails on it.
        """
        program = compile_program(self.program, self.arguments, limits or Limits())
        values = self.by_letter(inputs)
        return program({name: values[name] for name in self.arguments if name in values})

    @property
    def unused_numbers(self) -> tuple[str, ...]:
        """Numbers of the text that its program should have, and has not."""
        written = self.candidates[0].written if self.candidates else None
        if self.reading is None or written is None:
            return ()
        used = {node.symbol for node in written.preorder()}
        labels = {label: label for label in sorted(said_numbers(self.reading.text))}
        numbers = {**self.reading.stand_ins, **labels}
        return tuple(literal for symbol, literal in numbers.items() if symbol not in used)

    @property
    def stated_types(self) -> dict[str, str]:
        """Types of arguments as the text states them, by the names that the program has."""
        if self.reading is None:
            return {}
        return {
            letter if letter in self.letters else self.names.get(letter, letter): kind
            for letter, kind in declared_types(self.reading.text).items()
            if letter not in self.reading.stand_ins
        }

    @property
    def unused_arguments(self) -> tuple[str, ...]:
        """Arguments that were declared, in the text or beside it, and the program has not."""
        used = {node.symbol for node in self.program.preorder()}
        known = dict.fromkeys([*self.arguments, *self.stated_types])
        return tuple(name for name in known if name not in used)

    def by_letter(self, inputs: Mapping[str, Value]) -> dict[str, Value]:
        """Return inputs, those of `letters` also by their letters."""
        return {**inputs, **{a: inputs[name] for a, name in self.letters.items() if name in inputs}}

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON takes them; programs in both written forms."""
        return {
            "text": self.text,
            "program": str(self.program),
            "short_tree": self.program.to_short_tree(),
            "args": dict(self.arguments),
            "return_type": self.return_type,
            "log_prob": self.log_prob,
            "python": self.python,
            "confidence": self.confidence,
            "unknown_words": [] if self.reading is None else list(self.reading.unknown),
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }
