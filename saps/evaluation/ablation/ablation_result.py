"""What came of each row under each seed, of rows compared two by two, and of the whole."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
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
    def of(cls, report: Report) -> "Judgement":
        full = report.full
        rows = [row for part in report.slices if part.name == "siblings" for row in part.rows]
        differing = [row.exact_match for row in rows if row.label == "two differ"]
        return cls(
            exact_match=full.exact_match,
            accuracy=full.holdout_accuracy or full.accuracy,
            is_holdout=full.holdout_accuracy is not None,
            exact_match_where_siblings_differ=differing[0] if differing else Rate(0, 0),
            examples_per_s=report.timing.examples_per_s,
        )

    @classmethod
    def mean(cls, found: Sequence["Judgement"]) -> "Judgement":
        """Return the mean over seeds, which were judged on the same tasks."""
        if len(found) == 1:
            return found[0]
        names = ("exact_match", "accuracy", "exact_match_where_siblings_differ")
        rates: dict[str, list[Rate]] = {n: [getattr(one, n) for one in found] for n in names}
        exact, accuracy, differing = (
            Rate(statistics.mean(rate.count for rate in each), each[0].n) for each in rates.values()
        )
        over_seeds = (Spread.of([rate.value or 0.0 for rate in rates[name]]) for name in names[:2])
        speed = statistics.median(one.examples_per_s for one in found)
        return cls(exact, accuracy, found[0].is_holdout, differing, speed, *over_seeds)


@dataclass(frozen=True, slots=True)
class RunResult(RowState):
    """What came of a row under one seed.

    There are judgements of the splits that were judged. The number of trained weights is None
    before that, and `n_train`, of tasks that its model was trained on, before there is one.
    """

    judgements: Mapping[str, Judgement]
    parameters: int | None
    n_train: int | None

    @classmethod
    def read(cls, settings: Settings, row: Row) -> "RunResult":
        """Read it; one whose run is not what is asked for, or was moved away, has failed."""
        state, run = state_of(settings, row), settings.row(row.runs_in)
        try:
            check_run(settings, run, train_config(settings, run))
        except AblationError as error:
            state = replace(state, stage=Stage.FAILED, reason=str(error))
        found, parameters, n_train = {}, None, None
        for split in SPLITS if state.stage is not Stage.FAILED else ():
            with suppress(ReportError):  # it is not there; a damaged one is judged again
                report = load_report(settings.report_file(row, split))
                found[split] = Judgement.of(report)
                parameters = report.provenance.model.n_parameters
        with suppress(OSError, ValueError, KeyError, TypeError):
            text = (settings.model_folder(row) / "config.json").read_text(encoding="utf-8")
            n_train = int(json.loads(text)["info"]["data"]["train"])
        known = {field.name: getattr(state, field.name) for field in fields(state)}
        return cls(**known, judgements=found, parameters=parameters, n_train=n_train)

    @property
    def minutes(self) -> float | None:
        """Of training, validation included; None where nothing was trained."""
        return sum(seconds) / 60 if (seconds := self.each("seconds")) else None


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of a row: of its run under each seed. Figures are of all seeds or of none."""

    row: Row
    runs: tuple[RunResult, ...]

    @property
    def stage(self) -> Stage:
        """That of the run which is least far; failed if one has."""
        left = [run.stage for run in self.runs if run.stage is not Stage.DONE]
        return Stage.FAILED if Stage.FAILED in left else next(iter(left), Stage.DONE)

    @property
    def reason(self) -> str:
        """Why it failed; empty if it did not."""
        failed = [run for run in self.runs if run.stage is Stage.FAILED]
        told = "seed {}: {}" if len(self.runs) > 1 else "{1}"
        return "; ".join(told.format(run.row.seed, run.reason) for run in failed)

    @property
    def missing(self) -> list[int]:
        """Seeds under which the row is not made yet."""
        return [run.row.seed for run in self.runs if not run.stage.is_over]

    @property
    def validation(self) -> Judgement | None:
        return self._judged("dev")

    @property
    def test(self) -> Judgement | None:
        return self._judged("test")

    def _judged(self, split: str) -> Judgement | None:
        if any(split not in run.judgements for run in self.runs):
            return None
        return Judgement.mean([run.judgements[split] for run in self.runs])

    @property
    def parameters(self) -> int | None:
        return self.runs[0].parameters

    @property
    def examples_per_s(self) -> float | None:
        """Training examples a second, the median epoch's; None where nothing was trained."""
        speeds = [speed for run in self.runs for speed in run.each("examples_per_s")]
        return statistics.median(speeds) if speeds else None

    @property
    def minutes(self) -> float | None:
        """Of training under one seed, on average; None where nothing was trained."""
        minutes = [run.minutes for run in self.runs if run.minutes is not None]
        return statistics.mean(minutes) if minutes else None


@dataclass(frozen=True, slots=True)
class Ablation:
    """The whole: the results by the keys of their rows, and the budget that all had in common.

    `command` is empty where it was called from Python; `created` is UTC, ISO 8601.
    """

    settings: Settings
    budget: Mapping[str, Any]
    command: str
    created: str
    results: Mapping[str, RowResult]

    @classmethod
    def read(cls, settings: Settings, command: str = "") -> "Ablation":
        """Read what the files of all rows say; a row that is not made yet has no figures."""
        runs = [RunResult.read(settings, row) for row in settings.rows]
        groups = {key: tuple(found) for key, found in groupby(runs, lambda run: run.row.group)}
        created = datetime.now(UTC).isoformat(timespec="seconds")
        results = {key: RowResult(found[0].row, found) for key, found in groups.items()}
        return cls(settings, identity(settings), command, created, results)

    @property
    def best(self) -> RowResult | None:
        """The row with the highest exact match on validation, among those that saw no tests.

        None where none is right on any task.
        """
        # Of rows that are as good, the first one.
        judged = [
            (judgement.exact_match.value or 0.0, -place, result)
            for place, result in enumerate(self.results.values())
            if result.stage is Stage.DONE
            and (judgement := result.validation) is not None
            and not judgement.is_holdout
            and judgement.exact_match.count > 0
        ]
        return max(judged)[-1] if judged else None

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
    settings, seeds, found = ablation.settings, ablation.settings.seeds, []

    def test_run(run: RunResult) -> Run | None:
        with suppress(ReportError):  # it is damaged
            if run.stage is Stage.DONE:
                return load_run(settings.report_file(run.row, "test").parent)
        return None

    runs = {key: [*map(test_run, result.runs)] for key, result in ablation.results.items()}
    for first, second in dict.fromkeys(_pairs(ablation)):
        by_seed = []
        for seed, one, other in zip(seeds, runs.get(first, ()), runs.get(second, ()), strict=False):
            if one is not None and other is not None:
                with suppress(ReportError):  # judged on other tasks
                    (it,) = compare_runs([one, other])
                    by_seed.append(Difference(first, second, seed, it.exact_match, it.accuracy))
        found += by_seed
        if len(by_seed) == len(seeds) > 1:
            exact = Spread.of([item.exact_match.difference or 0.0 for item in by_seed])
            accuracy = Spread.of([item.accuracy.difference or 0.0 for item in by_seed])
            found.append(Difference(first, second, None, exact, accuracy))
    return tuple(found)


def _pairs(ablation: Ablation) -> Iterator[tuple[str, str]]:
    settings = ablation.settings
    named = [(first, second) for first, second in settings.choices.comparisons]
    yield from named
    for section, (first, *others) in settings.sections.items():
        # The published rows differ in several parts; their pairs are named in the configuration.
        if section != "models":
            pairs = ((first, other) for other in others)
            yield from (pair for pair in pairs if pair[::-1] not in named)


# The content of ablation.json: see docs/ablation.md.


def to_json(ablation: Ablation, found: Sequence[Difference]) -> dict[str, Any]:
    """Return what `ablation.json` holds, given the differences between its rows."""
    settings, best = ablation.settings, ablation.best
    return {
        "schema_version": SCHEMA_VERSION,
        "created": ablation.created,
        "saps_version": saps.__version__,
        "command": ablation.command,
        "data": settings.data["name"],
        "budget": ablation.budget,
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
        "epochs": result.runs[0].epochs,
        "seeds": [
            {
                "seed": run.row.seed,
                "stage": run.stage,
                "reason": run.reason or None,
                "validation": run.judgements.get("dev"),
                "test": run.judgements.get("test"),
                "training_minutes": run.minutes,
            }
            for run in (result.runs if len(result.runs) > 1 else ())
        ],
        "published": published,
    }
