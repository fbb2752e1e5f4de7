"""Whether the tasks of a file do what their tests say, and files of those that do.

The papers' "cleaned" set is what `clean` keeps: the tasks of which the interpreter reproduces
every test.
"""

import json
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from saps.data.algolisp import parse_example, read_examples
from saps.data.example import Example
from saps.data.files import DataError, Progress, read_lines, sole_writer, write_lines
from saps.data.symbols import ARGUMENTS
from saps.lang import AlgoLispError, Limits, compile_program, values_equal
from saps.pool import Loss, checked_workers, in_order, map_isolated

logger = logging.getLogger(__name__)

# A busy machine must not change what a report says: steps decide, the wall time is only a net.
LIMITS = Limits(seconds=10.0)
_TIMEOUT_S = 300.0  # of a task; it catches what the interpreter's own limits do not

Item = TypeVar("Item")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """A line that is no task, or a task that its tests contradict.

    Attributes:
        line: counted from 1.
        kind: "unreadable", "contradicts-tests", "crashed" or "timed out" where the interpreter's
            process did, or the code of the interpreter's error.
        reason: what happened, with the number of the test.
    """

    line: int
    kind: str
    reason: str


@dataclass
class Verification:
    """What became of the lines of a file.

    Attributes:
        programs: hashes of the programs, to find those that several splits have.
    """

    path: Path
    examples: int = 0
    failures: list[Failure] = field(default_factory=list)
    programs: set[bytes] = field(default_factory=set, repr=False)

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
            "failures": [asdict(failure) for failure in self.failures],
        }


def verify(
    path: str | Path, *, workers: int | None = None, progress: Progress | None = None
) -> Verification:
    """Run every task of a file on its tests, in processes of their own.

    A file that breaks off counts as one failure more, at the place.

    Raises:
        DataError: the file cannot be opened, or is empty.
    """
    verification = Verification(Path(path))
    for _ in _verified(verification, workers, progress):
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
        DataError: the file cannot be opened, or is empty.
        FolderInUseError: another command writes `out`.
    """
    out = Path(out)
    verification = Verification(Path(path))
    out.parent.mkdir(parents=True, exist_ok=True)
    with sole_writer(out):
        kept = _verified(verification, workers, progress)
        write_lines(out, (line.rstrip(b"\r\n") for line in kept))
        report = json.dumps(verification.to_json(), indent=2, ensure_ascii=False)
        write_lines(out.with_name(f"{out.name}.report.json"), [report])
    return verification


def cleaned_examples(path: Path) -> list[Example]:
    """Return the tasks of a file that do what their tests say, and log how many are dropped."""
    kept, dropped = [], Counter[str]()
    for example in read_examples(path):
        failure = reproduces(example)
        if failure is None:
            kept.append(example)
        else:
            dropped[failure.kind] += 1
    reasons = ", ".join(f"{n} {kind}" for kind, n in dropped.most_common()) or "none"
    logger.info("%s: %d tasks kept; dropped: %s", path, len(kept), reasons)
    return kept


def leaks(verifications: Sequence[Verification]) -> dict[tuple[Path, Path], int]:
    """Return how many programs each two files have in common, where there are any.

    A program that a model has learned says little about it in a test.
    """
    pairs = [(a, b) for i, a in enumerate(verifications) for b in verifications[i + 1 :]]
    shared = {(a.path, b.path): len(a.programs & b.programs) for a, b in pairs}
    return {paths: n for paths, n in shared.items() if n}


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


def checked(
    check: Callable[[Item], T | Failure], items: Iterable[Item], workers: int | None, *, chunk: int
) -> Iterator[tuple[Item, T | Failure]]:
    """Yield each item with what a check gives of it, in order, from processes of their own.

    Where an item ends its process, a failure says so.
    """
    handed: deque[Item] = deque()  # that a worker has, or that wait for an earlier one

    def taken() -> Iterator[Item]:
        for item in items:
            handed.append(item)
            yield item

    n_workers = checked_workers(workers)
    results = map_isolated(check, taken(), n_workers=n_workers, timeout_s=_TIMEOUT_S, chunk=chunk)
    for result in in_order(results):
        if isinstance(result, Loss):
            result = Failure(0, result.cause, f"the interpreter's process: {result.message}")
        yield handed.popleft(), result


def _short(value: object) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _verified(
    verification: Verification, workers: int | None, progress: Progress | None
) -> Iterator[bytes]:
    """Yield the lines that verify, and note the others."""
    faults: list[Failure] = []  # of the file itself: it ends there

    def lines() -> Iterator[tuple[int, bytes]]:
        try:
            yield from read_lines(verification.path)
        except DataError as error:
            if error.line is None:  # nothing could be read at all
                raise
            faults.append(Failure(error.line, "unreadable", error.reason))

    check = partial(_check_line, verification.path)
    for (number, line), result in checked(check, lines(), workers, chunk=50):
        verification.examples += 1
        if isinstance(result, Failure):
            verification.failures.append(replace(result, line=number))
        else:
            verification.programs.add(result)
            yield line
        if progress is not None:
            progress(1)
    verification.examples += len(faults)
    verification.failures += faults


def _check_line(path: Path, numbered: tuple[int, bytes]) -> Failure | bytes:
    """Return why a line does not verify, or else a hash of its program."""
    number, line = numbered
    try:
        example = parse_example(line, path, number)
    except DataError as error:
        field_name = "" if error.field is None else f"field '{error.field}': "
        return Failure(number, "unreadable", field_name + error.reason)
    failure = reproduces(example)
    if failure is not None:
        return failure
    # Published and generated sets are split by programs with the letters that they have.
    has_letters = set(example.arguments) <= set(ARGUMENTS)
    program = str(example.program) if has_letters else example.canonical_program
    return blake2b(program.encode(), digest_size=12).digest()
