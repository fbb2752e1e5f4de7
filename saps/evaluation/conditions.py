"""The conditions that models were judged under, and those in which reports differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from saps.evaluation.report import Report

_ABSENT: Final = object()
"""Stands where a report has no such setting: it may have one that is null."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A setting in which reports differ.

    Attributes:
        name: as one gives it to `saps evaluate`, where one can.
        values: by the place of the report, spelled; None where a report has no such setting.
    """

    name: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class _Files:
    """Files that are the same wherever they lie.

    Attributes:
        identity: their hash; their name where there is none.
        name: of the file or folder.
    """

    identity: str
    name: str = field(compare=False)


def differing_conditions(reports: Sequence[Report]) -> tuple[Condition, ...]:
    """Return the settings in which reports on the same tasks differ.

    What changes no answer is left out, such as the time or the place of a file.
    """
    known = [dict(_conditions(report)) for report in reports]
    names = dict.fromkeys(name for conditions in known for name in conditions)
    rows = {name: [conditions.get(name, _ABSENT) for conditions in known] for name in names}
    return tuple(
        Condition(name, tuple(map(_spelled, row)))
        for name, row in rows.items()
        if any(value != row[0] for value in row)
    )


def _conditions(report: Report) -> Iterator[tuple[str, Any]]:
    provenance = report.provenance
    data, model = provenance.data, provenance.model
    yield "data", _Files(data.sha256 or data.file, data.file)
    yield "model", _Files(model.sha256 or model.checkpoint, model.checkpoint)
    yield "SAPS", provenance.saps_version
    yield "as_typed", provenance.as_typed
    yield "tests shown to the search", provenance.n_seen_tests
    yield from ((f"limits.{name}", value) for name, value in provenance.limits.items())
    # Last: what only one of two searches has comes after what both have.
    yield from _decoding("decoding", provenance.decoding)


def _decoding(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the settings of a search by their dotted names, its class as `decoding` itself."""
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        if key == "_target_":
            yield name, str(inner).rpartition(".")[2]
        else:
            yield from _decoding(f"{name}.{key}", inner)


def _spelled(value: Any) -> str | None:
    if value is _ABSENT:
        return None
    if isinstance(value, _Files):
        same = value.identity == value.name
        return value.name if same else f"{value.name} (sha256 {value.identity[:12]})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
