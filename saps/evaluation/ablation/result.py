"""What came of each row, and of the whole."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from saps.evaluation.ablation.folder import identity, report_folder
from saps.evaluation.ablation.row import Row
from saps.evaluation.ablation.settings import Settings
from saps.evaluation.ablation.state import Epoch, Stage, has_report, n_train, state_of
from saps.evaluation.metrics import Rate
from saps.evaluation.report import Report, ReportError, load_report


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a report says of a row's model on one split.

    Attributes:
        exact_match: the predicted tree is the target tree.
        accuracy: the program passes all tests; where tests guided the search, all others.
        is_holdout: whether tests guided the search.
        differing: exact match among the tasks whose target has two siblings that differ.
        examples_per_s: tasks written and judged in a second.
    """

    exact_match: Rate
    accuracy: Rate
    is_holdout: bool
    differing: Rate
    examples_per_s: float

    @classmethod
    def of(cls, report: Report) -> "Judgement":
        full = report.full
        rows = [row for part in report.slices if part.name == "siblings" for row in part.rows]
        differing = [row.exact_match for row in rows if row.label == "two differ"]
        return cls(
            exact_match=full.exact_match,
            accuracy=full.holdout_accuracy or full.accuracy,
            is_holdout=full.holdout_accuracy is not None,
            differing=differing[0] if differing else Rate(0, 0),
            examples_per_s=report.timing.examples_per_s,
        )


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of a row.

    Attributes:
        row: which.
        stage: done, failed, or what it was at when the command ended.
        reason: why it failed; empty if it did not.
        validation: None where it was not judged.
        test: likewise.
        parameters: trained weights; None before it was judged.
        epochs: what metrics.csv of its run holds.
        n_train: tasks that its model was trained on; None before there is one.
    """

    row: Row
    stage: Stage
    reason: str
    validation: Judgement | None
    test: Judgement | None
    parameters: int | None
    epochs: tuple[Epoch, ...]
    n_train: int | None

    @property
    def examples_per_s(self) -> float | None:
        """Training examples a second, the median epoch's; None where nothing was trained."""
        speeds = [row["examples_per_s"] for row in self.epochs if "examples_per_s" in row]
        return statistics.median(speeds) if speeds else None

    @property
    def minutes(self) -> float | None:
        """Of training, validation included; None where nothing was trained."""
        seconds = [row["seconds"] for row in self.epochs if "seconds" in row]
        return sum(seconds) / 60 if seconds else None


@dataclass(frozen=True, slots=True)
class Ablation:
    """The whole.

    Attributes:
        settings: what was asked for.
        budget: what all rows had in common.
        command: as typed; empty where it was called from Python.
        created: UTC, ISO 8601.
        results: by the name of the row, in order.
    """

    settings: Settings
    budget: Mapping[str, Any]
    command: str
    created: str
    results: Mapping[str, RowResult]

    @classmethod
    def read(cls, settings: Settings, command: str = "") -> "Ablation":
        """Read what the files of all rows say; a row that is not made yet has no figures."""
        return cls(
            settings,
            identity(settings),
            command,
            datetime.now(UTC).isoformat(timespec="seconds"),
            {row.name: _result(settings, row) for row in settings.rows},
        )

    @property
    def best(self) -> RowResult | None:
        """The row with the highest exact match on validation, among those that saw no tests.

        None where none is right on any task.
        """
        judged = [
            result
            for result in self.results.values()
            if result.stage is Stage.DONE
            and result.validation is not None
            and not result.validation.is_holdout
            and result.validation.exact_match.count > 0
        ]
        return max(judged, key=_validation_exact_match, default=None)

    @property
    def failed(self) -> list[RowResult]:
        return [result for result in self.results.values() if result.stage is Stage.FAILED]


def _validation_exact_match(result: RowResult) -> float:
    assert result.validation is not None, "only judged rows are compared"
    return result.validation.exact_match.value or 0.0


def _result(settings: Settings, row: Row) -> RowResult:
    state = state_of(settings, row)
    reports = {split: _report(settings, row, split) for split in ("dev", "test")}
    judged = {split: Judgement.of(report) for split, report in reports.items() if report}
    known = [report.provenance.model.n_parameters for report in reports.values() if report]
    return RowResult(
        row=row,
        stage=state.stage,
        reason=state.reason,
        validation=judged.get("dev"),
        test=judged.get("test"),
        parameters=known[0] if known else None,
        epochs=state.epochs,
        n_train=n_train(settings, row),
    )


def _report(settings: Settings, row: Row, split: str) -> Report | None:
    if not has_report(settings, row, split):
        return None
    try:
        return load_report(report_folder(settings, row.name, split))
    except ReportError:
        return None
