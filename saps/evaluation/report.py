"""The report of one evaluation, and its form as JSON: see docs/report-schema.md."""

import csv
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from saps.evaluation.judge import shown
from saps.evaluation.metrics import (
    Confusion,
    FailureKind,
    Measures,
    Outcome,
    Rate,
    Result,
    Slice,
    SliceRow,
    measure,
)

# The measures on rewordings that keep the meaning, and the drop against the plain texts.


@dataclass(frozen=True, slots=True)
class RobustnessRow:
    """One kind of rewording, on the tasks that it applies to.

    `plain` are the rates on their texts as they are. The holdout accuracy is that by the tests
    which the search has not seen, None without search.
    """

    kind: str
    plain_exact_match: Rate
    exact_match: Rate
    plain_accuracy: Rate
    accuracy: Rate
    plain_holdout_accuracy: Rate | None = None
    holdout_accuracy: Rate | None = None


def robustness_row(
    kind: str, plain: Sequence[Result], reworded: Sequence[Result], n_seen_tests: int = 0
) -> RobustnessRow:
    """Compare results on the same tasks, plain and reworded, in the same order.

    The first `n_seen_tests` tests of each task guided the search.
    """
    assert len(plain) == len(reworded), f"{len(plain)} tasks, {len(reworded)} rewordings"
    before, after = measure(plain, n_seen_tests), measure(reworded, n_seen_tests)
    return RobustnessRow(
        kind,
        plain_exact_match=before.exact_match,
        exact_match=after.exact_match,
        plain_accuracy=before.accuracy,
        accuracy=after.accuracy,
        plain_holdout_accuracy=before.holdout_accuracy,
        holdout_accuracy=after.holdout_accuracy,
    )


SCHEMA_VERSION: Final = 1
"""Raised whenever a reader of the older form would misread the new one."""

REPORT: Final = "report.json"
PREDICTIONS: Final = "predictions.jsonl"
_N_NAMED: Final = 10
_NOT_FINITE: Final = ("inf", "-inf", "nan")
"""How a report writes the numbers that JSON has no word for, such as `limits.seconds=inf`."""


class ReportError(ValueError):
    """A report cannot be read or written; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """The tasks that were judged: the first `limit` of a file, whose bytes have this digest."""

    name: str
    file: str
    sha256: str
    split: str
    limit: int | None


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The model that was judged: its folder, that folder's digest, and its trained weights."""

    checkpoint: str
    sha256: str
    n_parameters: int | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall time in seconds, without that of loading; runs of target programs are in `judging_s`."""

    predicting_s: float
    judging_s: float
    total_s: float
    examples_per_s: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it takes to make the report again.

    `created` is UTC, ISO 8601; `command` is empty where the evaluation was called from Python. The
    first `n_seen_tests` of each task guided the search.
    """

    created: str
    saps_version: str
    command: str
    data: DataSource
    model: ModelSource
    decoding: Mapping[str, Any]
    limits: Mapping[str, float]
    n_seen_tests: int
    as_typed: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one evaluation: see docs/report-schema.md.

    The measures are over all tasks, and `cleaned` over those whose own program passes their tests.
    Families, failures and confusions come the hardest or most frequent first; `robustness` is empty
    unless asked for.
    """

    provenance: Provenance
    timing: Timing
    full: Measures
    cleaned: Measures
    slices: tuple[Slice, ...]
    hardest_families: tuple[SliceRow, ...]
    failures: tuple[FailureKind, ...]
    confusions: tuple[Confusion, ...]
    robustness: tuple[RobustnessRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `report.json` holds."""
        return {"schema_version": SCHEMA_VERSION, **plain(self)}

    @classmethod
    def from_json(cls, content: Any) -> "Report":
        """Read what `to_json` gave.

        Raises:
            ReportError: the content is no report, or one of another schema version.
        """
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version is None:
            raise ReportError("is not a report of `saps evaluate`: it has no schema_version")
        if version != SCHEMA_VERSION:
            raise ReportError(
                f"is a report of schema version {version!r}, this SAPS reads {SCHEMA_VERSION}: "
                "evaluate again, or use the SAPS that wrote it"
            )
        rest = {key: value for key, value in content.items() if key != "schema_version"}
        try:
            report = typed(cls, rest)
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            raise ReportError(f"is a damaged report: {error!r}; evaluate again") from error
        assert isinstance(report, Report)
        return report


def load_report(path: Path) -> Report:
    """Read a `report.json`, or the one in a report folder.

    Raises:
        ReportError: there is none, or it is damaged or of another version.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); give a folder that `saps evaluate` wrote"
        raise ReportError(f"{file} {reason}{_reports_inside(path)}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{file} is not JSON ({error}); evaluate again") from error
    try:
        return Report.from_json(content)
    except ReportError as error:
        raise ReportError(f"{file} {error}") from error


def _reports_inside(folder: Path) -> str:
    """Name the reports of a folder that is none itself: an ablation's, or one of many reports."""
    for pattern in ("rows/*/test", "*"):
        found = sorted(str(file.parent) for file in folder.glob(f"{pattern}/{REPORT}"))
        if found:
            more = f" and {len(found) - _N_NAMED:,} more" if len(found) > _N_NAMED else ""
            return f", such as those inside: {', '.join(found[:_N_NAMED])}{more}"
    return ""


def plain(value: Any) -> Any:
    """Turn a record into what JSON knows: a rate has its share and interval beside its counts."""
    if is_dataclass(value):
        known = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        if not isinstance(value, Rate):
            return known
        low, high = value.interval or (None, None)
        return {**known, "value": value.value, "low": low, "high": high}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


_hints = cache(get_type_hints)  # annotations may be texts, which dataclasses do not resolve


def typed(kind: Any, value: Any) -> Any:
    """Turn what JSON holds into a value of the declared type `kind`.

    Raises:
        KeyError, TypeError, ValueError: it is not of that type.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        inner = next(part for part in arguments if part is not NoneType)
        return None if value is None else typed(inner, value)
    if origin is tuple:
        if not isinstance(value, list):  # the letters of a string would do as well
            raise TypeError(f"expected a list, found {value!r}")
        return tuple(typed(arguments[0], item) for item in value)
    if origin is Mapping:
        if not isinstance(value, dict):
            raise TypeError(f"expected an object, found {value!r}")
        key_kind, item_kind = arguments
        items = {typed(key_kind, key): typed(item_kind, item) for key, item in value.items()}
        return MappingProxyType(items)
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return _checked(kind, value)


def _record(kind: Any, value: Any) -> Any:
    """Fill a dataclass; a field that came with a later release has a default."""
    if not isinstance(value, dict):
        raise TypeError(f"expected an object, found {value!r}")
    hints, found = _hints(kind), {}
    for field in fields(kind):
        if field.name in value:
            try:
                found[field.name] = typed(hints[field.name], value[field.name])
            except TypeError as error:
                raise TypeError(f"field '{field.name}': {error}") from error
        # Reports of earlier releases stay readable.
        elif field.default is MISSING:
            raise ValueError(f"lacks field '{field.name}'")
    return kind(**found)


def _checked(kind: Any, value: Any) -> Any:
    if kind is Any or type(value) is kind or (kind is float and type(value) is int):
        return value
    if kind is float and value in _NOT_FINITE:
        return float(value)
    raise TypeError(f"expected {kind.__name__}, found {value!r}")


# One line of predictions.jsonl: a task, the model's answer, and what became of it.


@dataclass(frozen=True, slots=True)
class FailingTest:
    """The first test that a program fails, counted from 1; values as JSON, long ones cut short.

    What the program `got` may be an error, or empty where nothing ran.
    """

    number: int
    input: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Record:
    """One task, judged.

    Programs are s-expressions. Where the model gave no tree, `predicted` and `log_prob` (natural)
    are None; so is `failing_test` where all pass, or in a file of an older version. `code` is the
    kind of error, if any, and `nodes` are task families, the outermost first.
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
    failing_test: FailingTest | None = None

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    @classmethod
    def of(cls, result: Result) -> "Record":
        example, verdict = result.example, result.verdict
        failing, pairs = None, zip(example.tests, verdict.tests, strict=False)
        for number, (test, outcome) in enumerate(pairs, 1):
            if outcome is not Outcome.PASSED:
                inputs, output = shown(dict(test.inputs)), shown(test.output)
                failing = FailingTest(number, inputs, output, verdict.got)
                break  # one is enough to see what is wrong, and predictions.jsonl stays small
        return cls(
            text=example.text,
            gold=str(example.program),
            predicted=None if result.predicted is None else str(result.predicted),
            log_prob=result.log_prob,
            exact=result.exact,
            outcome=verdict.outcome.value,
            code=verdict.code,
            n_passed=verdict.n_passed,
            n_tests=len(verdict.tests),
            gold_passes=result.gold.passes(),
            nodes=example.nodes,
            failing_test=failing,
        )


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
        raise ReportError(f"{path} cannot be read ({error.strerror}); evaluate again") from error


def _parse(line: bytes, path: Path, number: int) -> Record:
    try:
        record = typed(Record, json.loads(line.decode("utf-8").rstrip()))
        assert isinstance(record, Record)
        return record
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8"
    except json.JSONDecodeError as error:
        reason = f"not JSON, column {error.colno}: {error.msg}"
    except (ValueError, TypeError, RecursionError) as error:
        reason = str(error)
    raise ReportError(f"{path}, line {number} is damaged: {reason}; evaluate again")


# The epochs of the training run that made a model.

Epoch = Mapping[str, float]
"""What metrics.csv says of an epoch; what it leaves empty is not there."""


def read_metrics(run: Path) -> tuple[Epoch, ...]:
    """Read metrics.csv of a run folder; nothing where there is none, or a damaged one."""
    try:
        lines = (run / "metrics.csv").read_text(encoding="utf-8").splitlines()
        return tuple(
            {name: float(value) for name, value in row.items() if value}
            for row in csv.DictReader(lines)
        )
    except (OSError, ValueError, TypeError):
        return ()


# Hashes that say which files a report is about.


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_digest(folder: Path) -> str:
    """Return the SHA-256 over the names and hashes of a folder's own files, hidden ones left out.

    The same as `cd FOLDER && sha256sum * | LC_ALL=C sort -k 2 | sha256sum`.
    """
    files = sorted(
        (path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")),
        key=lambda path: path.name.encode(),
    )
    lines = "".join(f"{file_digest(path)}  {path.name}\n" for path in files)
    return hashlib.sha256(lines.encode()).hexdigest()
