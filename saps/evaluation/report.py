"""The report of one evaluation, and its form as JSON: see docs/report-schema.md."""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from saps.evaluation.confusions import Confusion
from saps.evaluation.failures import FailureKind
from saps.evaluation.metrics import Measures, Rate
from saps.evaluation.robustness import RobustnessRow
from saps.evaluation.slices import Slice, SliceRow

SCHEMA_VERSION: Final = 1
"""Raised whenever a reader of the older form would misread the new one."""

_FILE: Final = "report.json"
_N_NAMED: Final = 10
_NOT_FINITE: Final = ("inf", "-inf", "nan")
"""How a report writes the numbers that JSON has no word for, such as `limits.seconds=inf`."""


class ReportError(ValueError):
    """A report can not be read or written; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """The tasks that were judged.

    Attributes:
        name: of the data set; figures on different data never share a column.
        file: that held the tasks.
        sha256: of the file's bytes.
        split: train, dev or test.
        limit: the first so many tasks were taken; None for all.
    """

    name: str
    file: str
    sha256: str
    split: str
    limit: int | None


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The model that was judged.

    Attributes:
        checkpoint: its folder.
        sha256: of the names and bytes of the folder's files.
        n_parameters: trained weights; None where the predictor does not say.
    """

    checkpoint: str
    sha256: str
    n_parameters: int | None


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall time in seconds.

    Attributes:
        predicting_s: the network and the decoding.
        judging_s: type checks and runs, of predictions and of target programs.
        total_s: both, without loading.
        examples_per_s: tasks over `total_s`.
    """

    predicting_s: float
    judging_s: float
    total_s: float
    examples_per_s: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What it takes to make the report again.

    Attributes:
        created: UTC, ISO 8601.
        saps_version: of the software.
        command: as typed; empty where the evaluation was called from Python.
        data: the tasks.
        model: the model.
        decoding: settings of the decoder, as configured.
        limits: of each run of a program on one test.
        n_seen_tests: tests of each task, the first ones, that guided the search.
        as_typed: whether texts were read as those that people type.
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
    """The report of one evaluation.

    Attributes:
        provenance: of what, by what, how.
        timing: how long it took.
        full: the measures over all tasks.
        cleaned: the same over the tasks whose own program passes their tests.
        slices: exact match and accuracy by what the tasks are like.
        hardest_families: solved least, hardest first.
        failures: by kind, most frequent first.
        confusions: between symbols, most frequent first.
        robustness: the measures on rewordings; empty unless asked for.
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
        return {"schema_version": SCHEMA_VERSION, **_plain_fields(self)}

    @classmethod
    def from_json(cls, content: Any) -> "Report":
        """Read what `to_json` gave.

        Raises:
            ReportError: the content is no report, or one of another schema version.
        """
        version = content.get("schema_version") if isinstance(content, dict) else None
        if version is None:
            raise ReportError("is no report of `saps evaluate`: it has no schema_version")
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
    file = path / _FILE if path.is_dir() else path
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"can not be read ({error.strerror}); give a folder that `saps evaluate` wrote"
        raise ReportError(f"{file} {reason}{_reports_inside(path)}") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{file} is no JSON ({error}); evaluate again") from error
    try:
        return Report.from_json(content)
    except ReportError as error:
        raise ReportError(f"{file} {error}") from error


def _reports_inside(folder: Path) -> str:
    """Name the reports of a folder that is none itself: an ablation's, or one of many reports."""
    for pattern in ("rows/*/test", "*"):
        found = sorted(str(file.parent) for file in folder.glob(f"{pattern}/{_FILE}"))
        if found:
            more = f" and {len(found) - _N_NAMED:,} more" if len(found) > _N_NAMED else ""
            return f", such as those inside: {', '.join(found[:_N_NAMED])}{more}"
    return ""


def _plain_fields(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    """Turn a value of the report into what JSON knows."""
    if isinstance(value, Rate):
        low, high = value.interval or (None, None)
        return {**_plain_fields(value), "value": value.value, "low": low, "high": high}
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


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
    hints = _hints(kind)
    wanted = [f for f in fields(kind) if f.name in value or f.default is MISSING]
    return kind(**{field.name: typed(hints[field.name], value[field.name]) for field in wanted})


def _checked(kind: Any, value: Any) -> Any:
    if kind is Any or type(value) is kind or (kind is float and type(value) is int):
        return value
    if kind is float and value in _NOT_FINITE:
        return float(value)
    raise TypeError(f"expected {kind.__name__}, found {value!r}")
