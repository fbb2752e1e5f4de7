"""Whether the tasks of a file do what their tests say, and files of those that do.

The papers' "cleaned" set is what `clean` keeps: the tasks of which the interpreter reproduces
every test.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from saps.data.algolisp import DataError, parse_example, read_lines, write_lines
from saps.data.example import Example
from saps.data.parallel import map_in_order
from saps.lang import AlgoLispError, Limits, compile_program, values_equal

# A busy machine must not change what a report says: steps decide, the wall time is only a net.
LIMITS = Limits(seconds=10.0)
_CHUNK = 250  # lines that a worker checks at a time

Line = tuple[int, bytes]
Progress = Callable[[int], None]
"""Told how many more lines are done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A line that is no task, or a task that its tests contradict.

    Attributes:
        line: counted from 1.
        kind: "unreadable", "contradicts-tests", or the code of the interpreter's error.
        reason: what happened, with the number of the test.
    """

    line: int
    kind: str
    reason: str


@dataclass
class Verification:
    """What became of the lines of a file."""

    path: Path
    examples: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def reproduced(self) -> int:
        return self.examples - len(self.failures)

    @property
    def kinds(self) -> dict[str, int]:
        """How many failures of each kind, the commonest first."""
        return dict(Counter(failure.kind for failure in self.failures).most_common())

    def to_json(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "examples": self.examples,
            "reproduced": self.reproduced,
            "kinds": self.kinds,
            "failures": [
                {"line": f.line, "kind": f.kind, "reason": f.reason} for f in self.failures
            ],
        }


def verify(
    path: str | Path, *, workers: int | None = None, progress: Progress | None = None
) -> Verification:
    """Run every task of a file on its tests.

    A file that breaks off counts as one failure more, at the place.

    Raises:
        DataError: the file can not be opened, or is empty.
    """
    verification = Verification(Path(path))
    for _ in _checked(verification, workers, progress):
        pass
    return verification


def clean(
    path: str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Write the lines that verify, as they are, to `out`, and a report to `out` + .report.json.

    Both appear when all is done. Of a file that breaks off, what came before is kept.

    Raises:
        DataError: the file can not be opened, or is empty.
    """
    out = Path(out)
    verification = Verification(Path(path))
    kept = _checked(verification, workers, progress)
    write_lines(out, (line.rstrip(b"\r\n").decode() for line in kept))
    report = json.dumps(verification.to_json(), indent=2, ensure_ascii=False)
    write_lines(out.with_name(f"{out.name}.report.json"), [report])
    return verification


def reproduces(example: Example) -> Failure | None:
    """Return why a task does not do what its tests say (at line 0), or None if it does."""
    try:
        program = compile_program(example.program, example.arguments, LIMITS)
    except AlgoLispError as error:
        return Failure(0, error.code, f"the program: {error}")
    for number, test in enumerate(example.tests, 1):
        try:
            found = program(test.inputs)
        except AlgoLispError as error:
            return Failure(0, error.code, f"test {number}: {error}")
        if not values_equal(found, test.output):
            reason = f"test {number}: the program gives {_short(found)}, not {_short(test.output)}"
            return Failure(0, "contradicts-tests", reason)
    return None


def _short(value: object) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _checked(
    verification: Verification, workers: int | None, progress: Progress | None
) -> Iterator[bytes]:
    """Yield the lines that verify, and note the others."""
    source = _Source(verification.path)
    check = partial(_check_chunk, verification.path)
    for chunk, failures in map_in_order(check, source.chunks(), workers):
        verification.examples += len(chunk)
        verification.failures += failures
        failed = {failure.line for failure in failures}
        yield from (line for number, line in chunk if number not in failed)
        if progress is not None:
            progress(len(chunk))
    if source.fault is not None:
        verification.examples += 1
        verification.failures.append(source.fault)


class _Source:
    """The lines of a file in chunks; a fault of the file itself ends them and is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault: Failure | None = None

    def chunks(self) -> Iterator[list[Line]]:
        lines = self._lines()
        while chunk := list(islice(lines, _CHUNK)):
            yield chunk

    def _lines(self) -> Iterator[Line]:
        try:
            yield from read_lines(self.path)
        except DataError as error:
            if error.line is None:  # nothing could be read at all
                raise
            self.fault = Failure(error.line, "unreadable", error.reason)


def _check_chunk(path: Path, chunk: list[Line]) -> tuple[list[Line], list[Failure]]:
    failures = []
    for number, line in chunk:
        failure = _check_line(path, number, line)
        if failure is not None:
            failures.append(Failure(number, failure.kind, failure.reason))
    return chunk, failures


def _check_line(path: Path, number: int, line: bytes) -> Failure | None:
    try:
        example = parse_example(line, path, number)
    except DataError as error:
        field_name = "" if error.field is None else f"field '{error.field}': "
        return Failure(number, "unreadable", field_name + error.reason)
    return reproduces(example)
