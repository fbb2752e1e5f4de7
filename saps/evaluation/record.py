"""One line of predictions.jsonl: a task, the model's answer, and what became of it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, get_type_hints

from saps.evaluation.metrics import Result
from saps.evaluation.report import ReportError, typed


@dataclass(frozen=True, slots=True)
class Record:
    """One task, judged.

    Attributes:
        text: of the task.
        gold: the target program, as s-expression.
        predicted: the model's program; None where it gave no tree.
        log_prob: natural log; None where it gave no tree.
        exact: whether the two programs are one.
        outcome: of the predicted program.
        code: the kind of error, if any.
        n_passed: tests that the predicted program passes.
        n_tests: of how many.
        gold_passes: whether the target program passes all tests.
        nodes: task families, the outermost first.
    """

    text: str
    gold: str
    predicted: str | None
    log_prob: float | None
    exact: bool
    outcome: str
    code: str
    n_passed: int
    n_tests: int
    gold_passes: bool
    nodes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    @classmethod
    def of(cls, result: Result) -> "Record":
        return cls(
            text=result.example.text,
            gold=str(result.example.program),
            predicted=None if result.predicted is None else str(result.predicted),
            log_prob=result.log_prob,
            exact=result.exact,
            outcome=result.verdict.outcome.value,
            code=result.verdict.code,
            n_passed=result.verdict.n_passed,
            n_tests=len(result.verdict.tests),
            gold_passes=result.gold.passes(),
            nodes=result.example.nodes,
        )


_KINDS: Final = get_type_hints(Record)


def format_records(results: Iterable[Result]) -> Iterator[str]:
    """Yield one line of JSON a result, with its line end."""
    for result in results:
        yield json.dumps(asdict(Record.of(result)), ensure_ascii=False) + "\n"


def load_records(path: Path) -> list[Record]:
    """Read a predictions.jsonl.

    Raises:
        ReportError: the file is missing, or a line of it is damaged.
    """
    try:
        with path.open("rb") as file:
            return [_parse(line, path, number) for number, line in enumerate(file, 1)]
    except OSError as error:
        raise ReportError(f"{path} can not be read ({error.strerror}); evaluate again") from error


def _parse(line: bytes, path: Path, number: int) -> Record:
    try:
        return _record(json.loads(line.decode("utf-8").rstrip()))
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8"
    except json.JSONDecodeError as error:
        reason = f"no JSON, column {error.colno}: {error.msg}"
    except (ValueError, TypeError, RecursionError) as error:
        reason = str(error)
    raise ReportError(f"{path}, line {number} is damaged: {reason}; evaluate again")


def _record(content: Any) -> Record:
    if not isinstance(content, dict):
        raise TypeError(f"expected an object, found {type(content).__name__}")
    return Record(**{name: _value(content, name, kind) for name, kind in _KINDS.items()})


def _value(content: dict[str, Any], name: str, kind: Any) -> Any:
    if name not in content:
        raise ValueError(f"lacks field '{name}'")
    try:
        return typed(kind, content[name])
    except TypeError as error:
        raise TypeError(f"field '{name}': {error}") from error
