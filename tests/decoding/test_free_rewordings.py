"""The bundled model on 60 requests in free English, which no model is trained on.

They are in `tests/data/free_rewordings.jsonl`, in the format of the data, written by hand: each a
text as a person may type it, declared arguments, a program, and tests that tell it from wrong ones.
Nothing may be tuned by them.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from saps.data.algolisp import read_examples
from saps.data.example import Example
from saps.decoding.synthesizer import Synthesis, Synthesizer
from saps.decoding.task import Task
from saps.lang import compile_program, infer_signature, values_equal
from tests.decoding.answers import passes
from tests.decoding.generated_wording import is_generated

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "data" / "free_rewordings.jsonl"
EXAMPLES = list(read_examples(FILE))
TYPED = [json.loads(line)["text"] for line in FILE.read_text(encoding="utf-8").splitlines()]
AT_LEAST_RIGHT = 45


def test_there_are_sixty_texts_of_many_kinds_and_a_third_nest_one_task_in_another() -> None:
    assert len({example.text for example in EXAMPLES}) == 60
    assert len({example.program for example in EXAMPLES}) == 60
    assert len(Counter(example.nodes[0] for example in EXAMPLES)) >= 10
    assert sum("nested" in example.nodes for example in EXAMPLES) == 20


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.text[:40] for example in EXAMPLES])
def test_a_reference_program_has_the_declared_types_and_passes_its_tests(example: Example) -> None:
    signature = infer_signature(example.program, example.arguments, example.return_type)
    assert {name: str(kind) for name, kind in signature.arguments.items()} == example.arguments
    program = compile_program(example.program, example.arguments)
    assert len(example.tests) >= 5
    assert len({json.dumps(test.output) for test in example.tests}) > 1
    for test in example.tests:
        assert values_equal(program(test.inputs), test.output)


def test_no_text_is_one_that_the_generator_writes() -> None:
    assert not [e.text for e in EXAMPLES if is_generated(e.text, e.return_type)]


def test_texts_of_the_generator_are_told() -> None:
    generated = list(read_examples(ROOT / "data" / "sample.jsonl"))[:20]
    assert [e.text for e in generated if not is_generated(e.text, e.return_type)] == []


@pytest.mark.slow
def test_the_bundled_model_computes_the_right_values_for_most() -> None:
    tasks = [
        Task.of(text, arguments=example.arguments, returns=example.return_type)
        for text, example in zip(TYPED, EXAMPLES, strict=True)
    ]
    answers = list(Synthesizer.load().synthesize_many(tasks))
    wrong = [
        f"{text} -> {answer.program if isinstance(answer, Synthesis) else answer}"
        for text, example, answer in zip(TYPED, EXAMPLES, answers, strict=True)
        if not passes(answer, example)
    ]
    assert len(EXAMPLES) - len(wrong) >= AT_LEAST_RIGHT, "\n".join(wrong)
