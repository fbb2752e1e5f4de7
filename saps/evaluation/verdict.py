"""What became of one program when it was checked and run on the tests of its task."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of a program. Of a set of programs, the counts of these sum to its size."""

    UNPARSABLE = "unparsable"
    """The model gave no tree."""
    ILL_TYPED = "ill-typed"
    """The tree does not type-check at the declared types, and does not pass all tests either."""
    ERROR = "error"
    """The first test that fails is one on which the program raises."""
    LIMIT = "limit"
    """The first test that fails is one on which the program uses up a limit."""
    WRONG = "wrong"
    """The first test that fails is one on which the program gives another value."""
    PASSED = "passed"
    """All tests pass."""


CRASH: Final = "crash"
"""Code of a program that ended the process it ran in."""
HANG: Final = "hang"
"""Code of a program that was still running long after its limits."""
INTERNAL: Final = "internal"
"""Code of a program on which the interpreter itself failed: a defect of SAPS."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one program.

    Attributes:
        outcome: of the whole.
        tests: of each test, in order: error, limit, wrong or passed. Nothing runs when there is
            no tree, or one that can not be compiled: then none is passed.
        well_typed: whether the program type-checks at the declared types; False also where a
            crash left that open.
        code: the kind of error behind `outcome`, a `code` of `saps.lang.errors` or one of this
            module; empty for wrong and passed.
    """

    outcome: Outcome
    tests: tuple[Outcome, ...]
    well_typed: bool
    code: str = ""

    @property
    def n_passed(self) -> int:
        return self.tests.count(Outcome.PASSED)

    def passes(self, first: int = 0) -> bool:
        """Whether the tests from `first` on all pass; False when there are none."""
        tests = self.tests[first:]
        return bool(tests) and all(test is Outcome.PASSED for test in tests)

    @classmethod
    def of_failure(cls, outcome: Outcome, n_tests: int, code: str) -> "Verdict":
        """Return the verdict on a program that ran on no test."""
        each = Outcome.LIMIT if outcome is Outcome.LIMIT else Outcome.ERROR
        return cls(outcome, (each,) * n_tests, well_typed=False, code=code)
