"""Programs judged: type-checked and run on tests, many at once, each for itself.

Worker processes import this file, so it must not import torch.
"""

import functools
import json
import logging
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from saps.data.example import Example, Test
from saps.evaluation.metrics import CRASH, HANG, INTERNAL, Outcome, Verdict
from saps.lang import (
    AlgoLispError,
    Limits,
    Node,
    Program,
    compile_program,
    infer_signature,
    values_equal,
)
from saps.lang.errors import LimitError
from saps.pool import Cause, Loss, map_isolated
from saps.resources import jsonable

logger = logging.getLogger(__name__)

_LOST: Final = {
    Cause.RAISED: (Outcome.ERROR, INTERNAL),
    Cause.CRASHED: (Outcome.ERROR, CRASH),
    Cause.TIMED_OUT: (Outcome.LIMIT, HANG),
}
_ALL_PASSED: Final = (Outcome.PASSED, "", "")
# Characters of a value that a report shows.
_SHOWN: Final = 300
# How much longer than its limits allow a program may keep its process busy.
_SLACK: Final = 2.0
_START_S: Final = 10.0  # a process imports the language before its first program


@dataclass(frozen=True, slots=True)
class Trial:
    """A program and what it is judged by. `program` is None where the model gave no tree."""

    program: Node | None
    arguments: Mapping[str, str]
    return_type: str
    tests: tuple[Test, ...]

    @classmethod
    def of(cls, program: Node | None, example: Example) -> "Trial":
        return cls(program, example.arguments, example.return_type, example.tests)

    def key(self) -> bytes:
        """Bytes that are equal for trials that must have the same verdict."""
        tests = [(dict(test.inputs), test.output) for test in self.tests]
        return pickle.dumps((str(self.program), dict(self.arguments), self.return_type, tests))


def judge_all(
    trials: Sequence[Trial],
    *,
    limits: Limits,
    n_workers: int,
    progress: Callable[[int], None] | None = None,
) -> list[Verdict]:
    """Judge programs in worker processes, and return the verdicts in order.

    Trials that are alike are run once. A program that kills or blocks its process costs its own
    verdict only, and is logged. `progress` is told how many trials have just been done.
    """
    # Many texts ask for one program, and many answers are the target itself.
    alike: dict[bytes, list[int]] = {}
    for number, trial in enumerate(trials):
        alike.setdefault(trial.key(), []).append(number)
    groups = list(alike.values())
    distinct = [trials[numbers[0]] for numbers in groups]
    n_tests = max((len(trial.tests) for trial in distinct), default=0)
    verdicts: dict[int, Verdict] = {}
    for place, result in map_isolated(
        functools.partial(judge, limits=limits),
        distinct,
        n_workers=n_workers,
        timeout_s=_START_S + _SLACK * limits.seconds * n_tests,
    ):
        if isinstance(result, Loss):
            outcome, code = _LOST[result.cause]
            told = "the process that judged a program %s (%s); it counts as %s: %s"
            lost = distinct[place]
            logger.warning(told, result.cause, result.message, outcome, lost.program)
            result = Verdict.of_failure(outcome, len(lost.tests), code)
        verdicts.update(dict.fromkeys(groups[place], result))
        if progress is not None:
            progress(len(groups[place]))
    return [verdicts[number] for number in range(len(trials))]


def judge(trial: Trial, limits: Limits) -> Verdict:
    """Type-check a program at the declared types and run it on every test.

    A program that does not type-check is run all the same: accuracy asks for the values, whatever
    the form, and the checker may be stricter than the tests need.
    """
    if trial.program is None:
        return Verdict.of_failure(Outcome.UNPARSABLE, len(trial.tests), "")
    fault = static_fault(trial.program, trial.arguments, trial.return_type)
    try:
        program = compile_program(trial.program, trial.arguments, limits)
    except LimitError as error:
        return Verdict.of_failure(Outcome.LIMIT, len(trial.tests), error.code)
    except AlgoLispError as error:
        # What cannot be compiled has no value on any test.
        return Verdict.of_failure(Outcome.ILL_TYPED, len(trial.tests), fault or error.code)
    runs = [_run(program, trial.arguments, test) for test in trial.tests]
    outcome, code, got = next((run for run in runs if run[0] is not Outcome.PASSED), _ALL_PASSED)
    if fault and outcome is not Outcome.PASSED:
        outcome, code = Outcome.ILL_TYPED, fault
    return Verdict(outcome, tuple(run[0] for run in runs), not fault, code, got)


def static_fault(program: Node, arguments: Mapping[str, str], return_type: str) -> str:
    """Return the code of the error that the type checker finds, or nothing."""
    try:
        infer_signature(program, arguments, return_type)
    except AlgoLispError as error:
        return error.code
    return ""


def _run(program: Program, arguments: Mapping[str, str], test: Test) -> tuple[Outcome, str, str]:
    """Return the outcome of a test, the code of an error, and what a program that fails gave."""
    # Files may give values for names that the task does not declare.
    inputs = {name: test.inputs[name] for name in arguments if name in test.inputs}
    try:
        value = program(inputs)
    except LimitError as error:
        return Outcome.LIMIT, error.code, clipped(str(error))
    except AlgoLispError as error:
        return Outcome.ERROR, error.code, clipped(str(error))
    if values_equal(value, test.output):
        return Outcome.PASSED, "", ""
    return Outcome.WRONG, "", shown(value)


def shown(value: object) -> str:
    """Return a value of a test as JSON, as much of it as one would read."""
    return clipped(json.dumps(jsonable(value), ensure_ascii=False, default=str))


def clipped(text: str) -> str:
    """Return the beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."
