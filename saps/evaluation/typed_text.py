"""Texts judged as a person's: read as `saps synthesize` reads them, before the model sees them."""

import re
from collections.abc import Sequence

from saps.data.example import Example
from saps.data.symbols import ARGUMENTS
from saps.decoding.prediction import Prediction
from saps.decoding.predictor import Predictor
from saps.decoding.request import NOTHING_KNOWN, Request
from saps.decoding.synthesis import SynthesisError
from saps.decoding.synthesizer import Synthesizer
from saps.decoding.task import Task
from saps.lang import Node

_CONTRACTION = re.compile(r"(?<=\w) ' (?=(?:s|t|d|m|re|ll|ve)\b)")


class TypedTextPredictor:
    """Answers texts in free English, with arguments of any names."""

    def __init__(self, predictor: Predictor) -> None:
        self.synthesizer = Synthesizer(predictor, predictor.search)
        self.batch_size = predictor.batch_size

    def predict(
        self, texts: Sequence[str], requests: Sequence[Request] | None = None
    ) -> list[Prediction | None]:
        """Return an answer a text, in order; None where `saps synthesize` would give an error."""
        known = requests or [NOTHING_KNOWN] * len(texts)
        tasks = [
            Task(_untokenised(text), request.examples, request.arguments, request.result)
            for text, request in zip(texts, known, strict=True)
        ]
        answers = self.synthesizer.synthesize_many(tasks, batch_size=self.batch_size)
        return [
            None if isinstance(found, SynthesisError) else Prediction(found.program, found.log_prob)
            for found in answers
        ]


def _untokenised(text: str) -> str:
    """Put together what the data's form of a text has taken apart: "what ' s" is "what's"."""
    return _CONTRACTION.sub("'", text)


def lettered(example: Example) -> Node:
    """Return the target program with letters for its arguments, as the model is to write it."""
    letters = dict(zip(example.arguments, ARGUMENTS, strict=False))
    return _renamed(example.program, letters)


def _renamed(program: Node, letters: dict[str, str]) -> Node:
    if not program.children:
        return Node(letters.get(program.symbol, program.symbol))
    return Node(program.symbol, tuple(_renamed(child, letters) for child in program.children))
