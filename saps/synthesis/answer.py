"""What a synthesizer answers: programs with their types, their Python, and what they compute."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Any, Final

from saps.english import Reading
from saps.english.vocabulary import word_set
from saps.lang import Limits, Node, Value, compile_program
from saps.lang.render import box_tree
from saps.resources import show_value
from saps.synthesis.faults import conventions, lost_steps

if TYPE_CHECKING:
    from saps.synthesis.explanation import Explanation

# Words by which a text shows that it is in another language; none is one of English tasks.
_OF_OTHER_LANGUAGES: Final = word_set(
    "der das und ist einer eines einem mit von zwei zahl zahlen alle aller les du une et dans pour "
    "de la le nombre nombres somme el los las del una lista suma numero mayor menor il di che "
    "della nella delle een het och att som"
)

# Colours come from the notebook, so that a dark theme stays one.
_TEMPLATE: Final = """\
<div class="saps" style="max-width: 60em">
<pre style="white-space: pre-wrap; margin: 0 0 .5em"><b>{{ program }}</b></pre>
<div>{{ signature }}{% if sure %} &middot; {{ sure }}{% endif %}</div>
{% if bar is not none %}<meter min="0" max="1" value="{{ bar }}" aria-label="confidence"></meter>
{% endif %}<pre>{{ python }}</pre>
{% if examples %}<table><caption>examples</caption>
<tr><th>input</th><th>expected</th><th>got</th><th></th></tr>
{% for input, expected, got, mark in examples %}<tr><td>{{ input }}</td><td>{{ expected }}</td>\
<td>{{ got }}</td><td>{{ mark }}</td></tr>
{% endfor %}</table>
{% endif %}{% if samples %}<table><caption>samples</caption>
<tr>{% for name in arguments %}<th>{{ name }}</th>{% endfor %}<th>value</th></tr>
{% for row in samples %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>
{% endif %}<details><summary>tree</summary><pre>{{ tree }}</pre></details>
</div>
"""
_LONGEST: Final = 200  # characters of a cell


class SynthesisError(ValueError):
    """There is no program for a text; the message says why and what to do.

    Attributes:
        text: as it was given.
        program: what the model wrote, if that does not type-check.
        code: "text" if the text is not a specification, "examples" if they contradict each other,
            "types" if no program can have them, "no-program" if the model wrote none,
            "ill-typed", or "unknown" if no program is likely enough.
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
    def signature(self) -> str:
        """The types: "(a: int[]) -> int"."""
        arguments = ", ".join(f"{name}: {kind}" for name, kind in self.arguments.items())
        return f"({arguments}) -> {self.return_type}"

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
class Sample:
    """One run of a program on a small input, such as a person would try."""

    inputs: Mapping[str, Value]
    output: Value

    def to_json(self) -> dict[str, Any]:
        return {"input": dict(self.inputs), "output": self.output}


@dataclass(frozen=True, slots=True)
class Question:
    """An input on which the two likeliest meanings of a text differ.

    Give the right output as an example, and the question is settled.

    Attributes:
        inputs: by the user's names.
        outputs: of the likeliest meaning and of the next one; both ran without an error.
        programs: of the two, with the user's names.
    """

    inputs: Mapping[str, Value]
    outputs: tuple[Value, Value]
    programs: tuple[Node, Node]

    def to_json(self) -> dict[str, Any]:
        return {
            "input": dict(self.inputs),
            "outputs": list(self.outputs),
            "programs": [str(program) for program in self.programs],
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
        samples: two or three runs on small inputs, which show what the program does.
        open_question: an input that settles which of two likely meanings is right; None if one is
            likely enough.
        by_text: the likeliest program for the text alone, if it fails the examples.
        n_meanings: how many of the programs found pass all examples and differ elsewhere; 0 without
            examples.
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
    samples: tuple[Sample, ...] = ()
    open_question: Question | None = None
    by_text: Candidate | None = None
    n_meanings: int = 0

    def __repr__(self) -> str:
        sure = _confidence_in_words(self)
        return f"<Synthesis {self.program} : {self.signature}{sure and f', {sure}'}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return _html(self)

    @property
    def signature(self) -> str:
        """The types: "(a: int[]) -> int"."""
        arguments = ", ".join(f"{name}: {kind}" for name, kind in self.arguments.items())
        return f"({arguments}) -> {self.return_type}"

    def question(self) -> Question | None:
        """Return the question to ask the user; None if nothing is in doubt."""
        return self.open_question

    @property
    def passes(self) -> bool:
        """Whether the program computes every example; true where there is none."""
        return all(candidate.passes for candidate in self.candidates[:1])

    def run(self, inputs: Mapping[str, Value], limits: Limits | None = None) -> Value:
        """Compute the program's value; inputs that the program does not use are ignored.

        An argument that keeps its letter (`letters`) may be given by its name too.

        Raises:
            AlgoLispError: an input is missing or of another type, or the program fails on it.
        """
        program = compile_program(self.program, self.arguments, limits or Limits())
        values = self.by_letter(inputs)
        return program({name: values[name] for name in self.arguments if name in values})

    @property
    def unused_numbers(self) -> tuple[str, ...]:
        """Numbers of the text that the program should use, and does not."""
        written = self.candidates[0].written if self.candidates else None
        if self.reading is None or written is None:
            return ()
        used = {node.symbol for node in written.preorder()}
        said = {**self.reading.stand_ins, **{number: number for number in self.reading.labelled}}
        return tuple(literal for symbol, literal in said.items() if symbol not in used)

    @property
    def lost_steps(self) -> tuple[str, ...]:
        """Words of the text that name an operation which the program lacks."""
        if self.reading is None:
            return ()
        symbols = {node.symbol for node in self.program.preorder()}
        return tuple(lost_steps(self.reading.text, symbols))

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the text says and the program leaves out, each with its kind."""
        return (
            *(f"the number {number}" for number in self.unused_numbers),
            *(f"the argument {name}" for name in self.unused_arguments),
            *(f"the word '{word}'" for word in self.lost_steps),
        )

    @property
    def conventions(self) -> tuple[str, ...]:
        """Conventions that the program relies on, which a user may not expect."""
        return tuple(conventions(self.program, self.return_type, self.text))

    @property
    def is_weakly_shown(self) -> bool:
        """Whether several of the programs found pass the examples."""
        return self.n_meanings > 1

    @property
    def unknown_share(self) -> float:
        """Share of the text's words, in [0, 1], that the model never read or took for others."""
        if self.reading is None:
            return 0.0
        words = [word for word in self.reading.text.split() if len(word) > 1 and word.isalpha()]
        strange = [w for w in words if w in self.reading.unknown or w in _OF_OTHER_LANGUAGES]
        taken = [old for old, new in self.reading.changes if old.isalpha() and new.isalpha()]
        return min(1.0, (len(strange) + len(taken) / 2) / max(1, len(words)))

    @property
    def stated_types(self) -> dict[str, str]:
        """Types of arguments as the text states them, by the names that the program has."""
        if self.reading is None:
            return {}
        letters = {name: letter for letter, name in self.letters.items()}
        return {letters.get(name, name): kind for name, kind in self.reading.declared.items()}

    @property
    def unused_arguments(self) -> tuple[str, ...]:
        """Declared arguments, in the text or beside it, that the program does not use."""
        used = {node.symbol for node in self.program.preorder()}
        known = dict.fromkeys([*self.arguments, *self.stated_types])
        return tuple(name for name in known if name not in used)

    def by_letter(self, inputs: Mapping[str, Value]) -> dict[str, Value]:
        """Return inputs, those of `letters` also by their letters."""
        return {**inputs, **{a: inputs[name] for a, name in self.letters.items() if name in inputs}}

    def to_json(self, explanation: "Explanation | None" = None) -> dict[str, Any]:
        """Return the fields as JSON takes them; programs in both written forms.

        Args:
            explanation: what `Synthesizer.explain` gives, to be put in too.
        """
        reading = self.reading
        fields = {
            "text": self.text,
            "program": str(self.program),
            "short_tree": self.program.to_short_tree(),
            "args": dict(self.arguments),
            "return_type": self.return_type,
            "log_prob": self.log_prob,
            "python": self.python,
            "confidence": self.confidence,
            "unknown_words": list(reading.unknown) if reading else [],
            "read_as": [list(pair) for pair in reading.changes] if reading else [],
            "letters": dict(self.letters),
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "samples": [sample.to_json() for sample in self.samples],
            "question": None if self.open_question is None else self.open_question.to_json(),
            "left_out": list(self.left_out),
            "conventions": list(self.conventions),
        }
        return fields if explanation is None else {**fields, "explanation": explanation.to_json()}


def _html(synthesis: Synthesis) -> str:
    """Return program, types, confidence, Python, examples, samples and tree as HTML.

    Whatever a person typed stands there as text: nothing of it is markup.
    """
    from jinja2 import Environment  # whoever shows no HTML need not wait for it

    outcomes = synthesis.candidates[0].outcomes if synthesis.candidates else ()
    return (
        Environment(autoescape=True)
        .from_string(_TEMPLATE)
        .render(
            program=str(synthesis.program),
            signature=synthesis.signature,
            sure=_confidence_in_words(synthesis),
            bar=synthesis.confidence,
            python=synthesis.python.rstrip(),
            examples=[
                (
                    _cell(dict(outcome.inputs)),
                    _cell(outcome.expected),
                    outcome.error or _cell(outcome.got),
                    "ok" if outcome.passed else "wrong",
                )
                for outcome in outcomes
            ],
            arguments=list(synthesis.samples[0].inputs) if synthesis.samples else [],
            samples=[
                [_cell(value) for value in (*sample.inputs.values(), sample.output)]
                for sample in synthesis.samples
            ],
            tree=box_tree(synthesis.program),
        )
    )


def _confidence_in_words(synthesis: Synthesis) -> str:
    """Return "probably right (92 %)" or "unsure (31 %)"; "" where the model is not calibrated."""
    if synthesis.confidence is None:
        return ""
    # No answer is called certain, for none is.
    percent = f"{min(99, max(1, round(100 * synthesis.confidence)))} %"
    return f"{'probably right' if synthesis.is_sure else 'unsure'} ({percent})"


def _cell(value: object) -> str:
    text = show_value(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
