"""The bundled model on 239 requests in free English that serve its development.

They are in `tests/data/free_requests.jsonl`, in the format of the data: 120 programs of the
development split, then 119 as people might think of them, asked for by two hands that had not seen
the wordings of training. Unlike those of `free_rewordings.jsonl` they may be read, and the reading
of texts is tuned by them.
"""

from pathlib import Path

import pytest

from saps.data.algolisp import read_examples
from saps.decoding.synthesizer import Synthesizer
from saps.decoding.task import Task
from saps.lang import compile_program, values_equal
from tests.decoding.answers import passes

FILE = Path(__file__).parents[2] / "tests" / "data" / "free_requests.jsonl"
EXAMPLES = list(read_examples(FILE))
AT_LEAST_RIGHT = 196


def test_each_reference_program_passes_its_tests() -> None:
    assert len({example.text for example in EXAMPLES}) == 239
    for example in EXAMPLES:
        program = compile_program(example.program, example.arguments)
        assert all(values_equal(program(t.inputs), t.output) for t in example.tests)


def test_none_is_one_of_the_requests_that_are_held_out() -> None:
    held_out = {example.text for example in read_examples(FILE.with_name("free_rewordings.jsonl"))}
    assert not held_out & {example.text for example in EXAMPLES}


@pytest.mark.slow
def test_the_bundled_model_computes_the_right_values_for_most() -> None:
    tasks = [
        Task.of(example.as_typed, arguments=example.arguments, returns=example.return_type)
        for example in EXAMPLES
    ]
    answers = list(Synthesizer.load().synthesize_many(tasks))
    pairs = zip(answers, EXAMPLES, strict=True)
    assert sum(passes(*pair) for pair in pairs) >= AT_LEAST_RIGHT
