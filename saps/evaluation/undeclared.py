"""Judges answers to texts that do not say what their arguments are."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from saps.data.example import Example, Test
from saps.decoding.calibration import Answer
from saps.decoding.synthesis import Synthesis, SynthesisError
from saps.decoding.synthesizer import Synthesizer
from saps.evaluation.execution import Trial, judge_all
from saps.lang import Limits

_MOST_WAYS = 120


def answers_to_texts_alone(
    synthesizer: Synthesizer, examples: Sequence[Example], *, limits: Limits, n_workers: int
) -> list[Answer]:
    """Return how the answers to tasks fare that are given nothing but their texts.

    Where the answer names its arguments otherwise than the task, it is right if it computes the
    task's outputs with its arguments taken for those of the task in some way that fits their types.
    Only texts that give no arguments count (`saps.decoding.declaring.is_bare`), and of those the
    ones that get an answer.

    Args:
        synthesizer: of the model.
        examples: tasks with tests.
        limits: for each run of a program on one test.
        n_workers: processes at once.
    """
    bare = [example for example in examples if synthesizer.is_bare(example.as_typed)]
    found = list(synthesizer.synthesize_many([example.as_typed for example in bare]))
    right = are_right(found, bare, limits=limits, n_workers=n_workers)
    return [
        Answer(answer.log_prob, answer.program.size, is_right)
        for answer, is_right in zip(found, right, strict=True)
        if isinstance(answer, Synthesis)
    ]


def are_right(
    answers: Sequence[Synthesis | SynthesisError],
    examples: Sequence[Example],
    *,
    limits: Limits,
    n_workers: int,
) -> list[bool]:
    """Return whether each answer computes the outputs of its task, whatever it calls the arguments.

    Args:
        answers: an answer a task, in order; an error is not right.
        examples: tasks with tests.
        limits: for each run of a program on one test.
        n_workers: processes at once.
    """
    trials = [
        list(_trials(answer, example)) if isinstance(answer, Synthesis) else []
        for answer, example in zip(answers, examples, strict=True)
    ]
    flat = [trial for some in trials for trial in some]
    verdicts = iter(judge_all(flat, limits=limits, n_workers=n_workers))
    # All verdicts of a task are taken, also behind one that passes.
    return [sum(verdict.passes() for verdict in islice(verdicts, len(some))) > 0 for some in trials]


def _trials(answer: Synthesis, example: Example) -> Iterator[Trial]:
    """Yield a trial for each way to take the answer's arguments for the task's."""
    for names in islice(assignments(answer.arguments, example.arguments), _MOST_WAYS):
        tests = tuple(
            Test({own: test.inputs[name] for own, name in names.items()}, test.output)
            for test in example.tests
        )
        yield Trial(answer.program, answer.arguments, example.return_type, tests)


def assignments(own: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the ways to give each of `own` a name of `wanted`, all of them used, by type."""
    if own == wanted:
        yield {name: name for name in own}
        return
    if sorted(own.values()) != sorted(wanted.values()):
        return
    yield from _by_type(dict(own), dict(wanted))


def _by_type(own: dict[str, str], wanted: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the ways one after another, for there may be more than anybody wants to hold."""
    if not own:
        yield {}
        return
    (first, kind), *others = own.items()
    for name in [name for name in wanted if wanted[name] == kind]:
        rest = {other: wanted[other] for other in wanted if other != name}
        for way in _by_type(dict(others), rest):
            yield {first: name, **way}
