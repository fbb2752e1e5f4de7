"""English in, a checked program out: what `from saps import Synthesizer` gives."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from saps.data.tokenizer import normalise_typing
from saps.decoding.declarations import settle_signature
from saps.decoding.prediction import Prediction
from saps.decoding.predictor import Predictor
from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    Value,
    compile_program,
    to_python,
)

MAX_TOKENS = 400
"""The longest published text has 164 tokens; far beyond that a specification is a mistake."""


class SynthesisError(ValueError):
    """A text gets no program; the message says why and what to do.

    Attributes:
        text: as it was given.
        program: what the model wrote, if it wrote something that does not type-check.
    """

    def __init__(self, reason: str, text: str, program: Node | None = None) -> None:
        super().__init__(reason, text, program)
        self.reason, self.text, self.program = reason, text, program

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Synthesis:
    """A program for a text.

    Attributes:
        text: as it was given.
        program: the tree; `str` gives the s-expression.
        arguments: name to type, alphabetically: what the program needs and the text says.
        return_type: type of the value.
        log_prob: of the tree under the model, natural log, at most 0.
        python: the same program as the text of a Python function.
    """

    text: str
    program: Node
    arguments: Mapping[str, str]
    return_type: str
    log_prob: float
    python: str

    def run(self, inputs: Mapping[str, Value], limits: Limits | None = None) -> Value:
        """Compute the program's value; inputs that the program does not use are passed over.

        Raises:
            AlgoLispError: an input is missing or of another type, or the program fails on it.
        """
        program = compile_program(self.program, self.arguments, limits or Limits())
        return program({name: inputs[name] for name in self.arguments if name in inputs})

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON takes them; the program in both written forms."""
        return {
            "text": self.text,
            "program": str(self.program),
            "short_tree": self.program.to_short_tree(),
            "args": dict(self.arguments),
            "return_type": self.return_type,
            "log_prob": self.log_prob,
            "python": self.python,
        }


class Synthesizer:
    """A trained model that turns specifications into programs."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    @classmethod
    def load(
        cls, path: str | Path | None = None, *, device: torch.device | str = "cpu"
    ) -> "Synthesizer":
        """Read a model folder (None: the bundled model).

        Raises:
            BundleError: the folder is missing, incomplete or damaged.
        """
        return cls(Predictor.load(path, device))

    def synthesize(self, text: str) -> Synthesis:
        """Return a program for a specification in English.

        Raises:
            SynthesisError: the text is empty or too long, or the program that the model wrote
                does not type-check.
        """
        answer = next(self.synthesize_many([text]))
        if isinstance(answer, SynthesisError):
            raise answer
        return answer

    def synthesize_many(
        self, texts: Iterable[str], *, batch_size: int = 64
    ) -> Iterator[Synthesis | SynthesisError]:
        """Answer specifications in order; one that fails gives its error, and the rest go on.

        Args:
            texts: read only as far as the answers are taken, a batch ahead.
            batch_size: texts that the network reads together.
        """
        remaining = iter(texts)
        while batch := list(islice(remaining, batch_size)):
            faults = [_fault(text) for text in batch]
            good = [text for text, fault in zip(batch, faults, strict=True) if fault is None]
            answers = iter(self.predictor.predict(good) if good else [])
            for text, fault in zip(batch, faults, strict=True):
                yield fault if fault is not None else _check(text, next(answers))


def _fault(text: str) -> SynthesisError | None:
    tokens = normalise_typing(text).split()
    if not any(token.isalnum() for token in tokens):
        reason = "the specification has no word in it: say in English what the program should do"
        return SynthesisError(reason, text)
    if len(tokens) > MAX_TOKENS:
        return SynthesisError(
            f"the specification has {len(tokens)} words, at most {MAX_TOKENS} are read: "
            "describe one task",
            text,
        )
    return None


def _check(text: str, prediction: Prediction | None) -> Synthesis | SynthesisError:
    if prediction is None:
        reason = "the model wrote no complete program; put the specification in other words"
        return SynthesisError(reason, text)
    program = prediction.program
    try:
        signature = settle_signature(program, text)
        arguments = {name: str(kind) for name, kind in signature.arguments.items()}
        result = str(signature.result)
        python = to_python(program, arguments, result)
    except AlgoLispError as error:
        return SynthesisError(
            f"the model's program does not type-check: {program}: {error}; "
            "put the specification in other words",
            text,
            program,
        )
    return Synthesis(text, program, arguments, result, prediction.log_prob, python)
