"""Whether an answer to a request computes what its tests say."""

from saps.data.example import Example
from saps.decoding.synthesizer import Synthesis, SynthesisError
from saps.lang import AlgoLispError, values_equal


def passes(answer: Synthesis | SynthesisError, example: Example) -> bool:
    if isinstance(answer, SynthesisError):
        return False
    try:
        return all(values_equal(answer.run(t.inputs), t.output) for t in example.tests)
    except AlgoLispError:
        return False
