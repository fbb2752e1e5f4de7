"""What came of each row under each seed, of rows compared two by two, and of the whole."""

import json
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

import saps
from saps.evaluation.ablation.ablation_folder import RowState, Stage, identity, state_of
from saps.evaluation.ablation.ablation_settings import SPLITS, AblationError, Row, Settings
from saps.evaluation.ablation.making import check_run, train_config
from saps.evaluation.compare_reports import PairedCounts, Run, compare_runs, load_run
from saps.evaluation.metrics import Rate, Spread
from saps.evaluation.report import Report, ReportError, load_report, plain

SCHEMA_VERSION: Final = 1
"""Raised whenever a reader of the older ablation.json would misread the new one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What reports say of a row's model on one split, or of its models under several seeds.

    Attributes:
        accuracy: the program passes all tests; where tests guided the search, all others.
        is_holdout: whether tests guided the search.
        exact_match_where_siblings_differ: of the tasks whose target has two siblings that differ.
        examples_per_s: tasks written and judged in a second.
        exact_match_over_seeds: its mean and interval; None for one seed.
    """

    exact_match: Rate
    accuracy: Rate
    is_holdout: bool
    exact_match_where_siblings_differ: Rate
    examples_per_s: float
    exact_match_over_seeds: Spread | None = None
    accuracy_over_seeds: Spread | None = None

    @classmethod
    def of(cls, reports: Sequence[Report]) -> "Judgement":
        """Return what one report says, or the mean of several on the same tasks."""
        full = [report.full for report in reports]
        exact = [measures.exact_match for measures in full]
        accuracy = [measures.holdout_accuracy or measures.accuracy for measures in full]
        over_seeds = (
            Spread.of([rate.value or 0.0 for rate in rates]) if len(rates) > 1 else None
            for rates in (exact, accuracy)
        )
        return cls(
            _mean(exact),
            _mean(accuracy),
            full[0].holdout_accuracy is not None,
            _mean([_where_siblings_differ(report) for report in reports]),
            statistics.median(report.timing.examples_per_s for report in reports),
            *over_seeds,
        )


def _mean(rates: Sequence[Rate]) -> Rate:
    return Rate(statistics.mean(rate.count for rate in rates), rates[0].n)


def _where_siblings_differ(report: Report) -> Rate:
    rows = [row for part in report.slices if part.name == "siblings" for row in part.rows]
    return next((row.exact_match for row in rows if row.label == "two differ"), Rate(0, 0))


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a row under one seed: reports by the splits that were judged.

    `n_train` counts the tasks that its model was trained on, None before there is one.
    """

    state: RowState
    reports: Mapping[str, Report]
    n_train: int | None

    @classmethod
    def read(cls, settings: Settings, row: Row) -> "RunResult":
        """Read it; one whose run is not what is asked for, or was moved away, has failed."""
        state, run = state_of(settings, row), settings.row(row.runs_in)
        try:
            check_run(settings, run, train_config(settings, run))
        except AblationError as error:
            state = replace(state, stage=Stage.FAILED, reason=str(error))
        reports, n_train = {}, None
        for split in SPLITS if state.stage is not Stage.FAILED else ():
            with suppress(ReportError):  # it is not there; a damaged one is judged again
                reports[split] = load_report(settings.report_file(row, split))
        with suppress(OSError, ValueError, KeyError, TypeError):
            text = (settings.model_folder(row) / "config.json").read_text(encoding="utf-8")
            n_train = int(json.loads(text)["info"]["data"]["train"])
        return cls(state, reports, n_train)

    @property
    def minutes(self) -> float | None:
        """Of training, validation included; None where nothing was trained."""
        return sum(seconds) / 60 if (seconds := self.state.each("seconds")) else None


def judged(runs: Sequence[RunResult], split: str) -> Judgement | None:
    """Return what the reports of runs say of a split; None where one has no report."""
    reports = [run.reports[split] for run in runs if split in run.reports]
    return Judgement.of(reports) if len(reports) == len(runs) else None


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of a row: of its run under each seed. Figures are of all seeds or of none."""

    row: Row
    runs: tuple[RunResult, ...]

    @property
    def stage(self) -> Stage:
        """That of the run which is least far; failed if one has."""
        left = [run.state.stage for run in self.runs if run.state.stage is not Stage.DONE]
        return Stage.FAILED if Stage.FAILED in left else next(iter(left), Stage.DONE)

    @property
    def reason(self) -> str:
        """Why it failed; empty if it did not."""
        failed = [run.state for run in self.runs if run.state.stage is Stage.FAILED]
        told = "seed {}: {}" if len(self.runs) > 1 else "{1}"
        return "; ".join(told.format(state.row.seed, state.reason) for state in failed)

    @property
    def validation(self) -> Judgement | None:
        return judged(self.runs, "dev")

    @property
    def test(self) -> Judgement | None:
        return judged(self.runs, "test")

    @property
    def parameters(self) -> int | None:
        """Trained weights; None before the model is judged."""
        reports = self.runs[0].reports.values()
        return next((report.provenance.model.n_parameters for report in reports), None)

    @property
    def examples_per_s(self) -> float | None:
        """Training examples a second, the median epoch's; None where nothing was trained."""
        speeds = [speed for run in self.runs for speed in run.state.each("examples_per_s")]
        return statistics.median(speeds) if speeds else None

    @property
    def minutes(self) -> float | None:
        """Of training under one seed, on average; None where nothing was trained."""
        minutes = [run.minutes for run in self.runs if run.minutes is not None]
        return statistics.mean(minutes) if minutes else None


@dataclass(frozen=True, slots=True)
class Ablation:
    """The whole: the results by the keys of their rows, and the command; empty if from Python."""

    settings: Settings
    command: str
    results: Mapping[str, RowResult]

    @classmethod
    def read(cls, settings: Settings, command: str = "") -> "Ablation":
        """Read what the files of all rows say; a row that is not made yet has no figures."""
        runs = [RunResult.read(settings, row) for row in settings.rows]
        groups = {
            key: tuple(found) for key, found in groupby(runs, lambda run: run.state.row.group)
        }
        results = {key: RowResult(found[0].state.row, found) for key, found in groups.items()}
        return cls(settings, command, results)

    @property
    def best(self) -> RowResult | None:
        """The row with the highest exact match on validation, among those that saw no tests.

        None where none is right on any task.
        """
        exact = {
            key: found.exact_match.value or 0.0
            for key, result in self.results.items()
            if result.stage is Stage.DONE
            and (found := result.validation) is not None
            and not found.is_holdout
        }
        first = max(exact, key=exact.__getitem__, default="")  # of rows that are as good
        return self.results[first] if exact.get(first) else None

    @property
    def failed(self) -> list[RowResult]:
        return [result for result in self.results.values() if result.stage is Stage.FAILED]


# Rows compared two by two on the same test tasks: what one thing more is worth.


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rows on the same test tasks, by their keys; `first` is what `second` is measured against.

    Both were trained under `seed`; it is None for the mean over all seeds.
    """

    first: str
    second: str
    seed: int | None
    exact_match: PairedCounts | Spread
    accuracy: PairedCounts | Spread


def differences(ablation: Ablation) -> tuple[Difference, ...]:
    """Compare the rows that the configuration names, and each section's rows with its first.

    Each pair is compared seed by seed; of several seeds the mean difference follows.
    """
    settings, found = ablation.settings, []

    def test_run(run: RunResult) -> Run | None:
        with suppress(ReportError):  # it is damaged
            if run.state.stage is Stage.DONE:
                return load_run(settings.report_file(run.state.row, "test").parent)
        return None

    runs = {key: [*map(test_run, result.runs)] for key, result in ablation.results.items()}
    for first, second in _pairs(settings):
        by_seed = []
        pairs = zip(settings.seeds, runs.get(first, ()), runs.get(second, ()), strict=False)
        for seed, one, other in pairs:
            if one is not None and other is not None:
                with suppress(ReportError):  # judged on other tasks
                    (it,) = compare_runs([one, other])
                    by_seed.append(Difference(first, second, seed, it.exact_match, it.accuracy))
        found += by_seed
        if len(by_seed) == len(settings.seeds) > 1:
            exact = Spread.of([item.exact_match.difference or 0.0 for item in by_seed])
            accuracy = Spread.of([item.accuracy.difference or 0.0 for item in by_seed])
            found.append(Difference(first, second, None, exact, accuracy))
    return tuple(found)


def _pairs(settings: Settings) -> list[tuple[str, str]]:
    named = [(first, second) for first, second in settings.choices.comparisons]
    pairs = [*named]
    for section, (first, *others) in settings.sections.items():
        # The published rows differ in several parts; their pairs are named in the configuration.
        if section != "models":
            pairs += [(first, other) for other in others if (other, first) not in named]
    return list(dict.fromkeys(pairs))


# The content of ablation.json: see docs/ablation.md.


def to_json(ablation: Ablation, found: Sequence[Difference]) -> dict[str, Any]:
    """Return what `ablation.json` holds, given the differences between its rows."""
    settings, best = ablation.settings, ablation.best
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "saps_version": saps.__version__,
        "command": ablation.command,
        "data": settings.data["name"],
        "budget": identity(settings),
        "seeds": list(settings.seeds),
        "sections": plain(settings.sections),
        "best": None if best is None else best.row.group,
        "rows": [plain(_row(result)) for result in ablation.results.values()],
        "differences": [
            {
                **{name: getattr(it, name) for name in ("first", "second", "seed")},
                "exact_match": it.exact_match.plain(),
                "accuracy": it.accuracy.plain(),
            }
            for it in found
        ],
    }


def _row(result: RowResult) -> dict[str, Any]:
    row, published = result.row, None
    if row.published is not None:
        published = asdict(row.published)
        published["parameters_millions"] = published.pop("parameters")
    return {
        "name": row.group,
        **{k: getattr(row, k) for k in ("title", "train", "evaluate", "starts_from", "model_of")},
        "n_train": result.runs[0].n_train,
        "stage": result.stage,
        "reason": result.reason or None,
        "validation": result.validation,
        "test": result.test,
        "parameters": result.parameters,
        "training_examples_per_s": result.examples_per_s,
        "training_minutes": result.minutes,
        "epochs": result.runs[0].state.epochs,
        "seeds": [
            {
                "seed": run.state.row.seed,
                "stage": run.state.stage,
                "reason": run.state.reason or None,
                "validation": judged([run], "dev"),
                "test": judged([run], "test"),
                "training_minutes": run.minutes,
            }
            for run in (result.runs if len(result.runs) > 1 else ())
        ],
        "published": published,
    }
