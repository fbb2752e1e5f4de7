"""One evaluation, from its configuration to its report folder."""

import logging
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from omegaconf import DictConfig
from rich.console import Console
from rich.text import Text

import saps
from saps.data.algolisp import find_split, read_examples
from saps.data.example import Example
from saps.evaluation.confusions import count_confusions
from saps.evaluation.digest import file_digest
from saps.evaluation.failures import count_failures
from saps.evaluation.folder import check_folder, write_folder
from saps.evaluation.judging import Clock, Judge
from saps.evaluation.metrics import Result, cleaned, measure
from saps.evaluation.model import Model, check_symbols, load_model
from saps.evaluation.report import DataSource, Provenance, Report, Timing
from saps.evaluation.rewording import REWORDINGS
from saps.evaluation.robustness import RobustnessRow, robustness_row
from saps.evaluation.settings import Settings
from saps.evaluation.slices import by_family, hardest, slice_all
from saps.evaluation.table import show_report
from saps.evaluation.typed_text import lettered

_N_CONFUSIONS: Final = 20
_N_FAMILIES: Final = 20
_MIN_FAMILY: Final = 5

logger = logging.getLogger(__name__)


def evaluate(cfg: DictConfig, model: Model | None = None) -> Report:
    """Judge a model as conf/evaluate.yaml describes; show the report and write its folder.

    Args:
        cfg: the composed configuration.
        model: to judge; None for the one that `cfg.checkpoint` names.

    Raises:
        EvaluationError, ReportError: the configuration or the report folder will not do.
        DataError, BundleError: the tasks or the model can not be read.
    """
    settings = Settings.read(cfg)
    check_folder(settings.out, overwrite=settings.overwrite)
    data, examples = _load_tasks(settings)
    model = model or load_model(settings)
    check_symbols(model, [lettered(e) if settings.as_typed else e.program for e in examples])
    _check_holdout(model, examples)
    judge = Judge(
        model.predictor,
        settings.batch_size,
        settings.limits,
        settings.workers,
        model.request,
        model.n_writers,
        settings.as_typed,
    )
    clock = Clock()
    results = judge.results(examples, clock)
    report = make_report(
        _provenance(settings, data, model),
        clock.timing(len(examples)),
        results,
        _robustness(judge, results, model.n_seen_tests) if settings.robustness else (),
    )
    write_folder(settings.out, report, results, overwrite=settings.overwrite)
    show_report(report, Console())
    Console(stderr=True).print(Text(f"report: {settings.out}"), soft_wrap=True)
    return report


def make_report(
    provenance: Provenance,
    timing: Timing,
    results: Sequence[Result],
    robustness: tuple[RobustnessRow, ...] = (),
) -> Report:
    """Count everything that a report says about results."""
    n_seen = provenance.n_seen_tests
    return Report(
        provenance=provenance,
        timing=timing,
        full=measure(results, n_seen),
        cleaned=measure(cleaned(results), n_seen),
        slices=slice_all(results),
        hardest_families=hardest(by_family(results), _N_FAMILIES, _MIN_FAMILY),
        failures=count_failures(results),
        confusions=count_confusions(results, _N_CONFUSIONS),
        robustness=robustness,
    )


def _load_tasks(settings: Settings) -> tuple[DataSource, list[Example]]:
    file = find_split(settings.data_path, settings.split)
    examples = list(islice(read_examples(file), settings.limit))
    source = DataSource(
        name=settings.data_name,
        file=str(file),
        sha256=file_digest(file),
        split=settings.split,
        limit=settings.limit,
    )
    return source, examples


def _check_holdout(model: Model, examples: Sequence[Example]) -> None:
    """Warn where the search is shown so many tests that none is left to judge by."""
    n_without = sum(len(example.tests) <= model.n_seen_tests for example in examples)
    if model.n_seen_tests and n_without:
        logger.warning(
            "decoding.n_examples=%d shows the search every test of %d of %d tasks; these do not "
            "count for the holdout accuracy, a smaller number would leave tests for it",
            model.n_seen_tests,
            n_without,
            len(examples),
        )


def _provenance(settings: Settings, data: DataSource, model: Model) -> Provenance:
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        saps_version=saps.__version__,
        command=_command(),
        data=data,
        model=model.source,
        decoding=settings.decoding,
        limits=asdict(settings.limits),
        n_seen_tests=model.n_seen_tests,
        as_typed=settings.as_typed,
    )


def _command() -> str:
    """Return the command line as one would type it again; nothing outside of Hydra."""
    from hydra.core.hydra_config import HydraConfig

    if not HydraConfig.initialized():
        return ""
    return shlex.join(["saps", "evaluate", *HydraConfig.get().overrides.task])


def _robustness(
    judge: Judge, plain: Sequence[Result], n_seen_tests: int
) -> tuple[RobustnessRow, ...]:
    """Judge the model again on each kind of rewording, where it applies to some task."""
    rows = []
    for rewording in REWORDINGS:
        reworded = [(result, rewording.apply(result.example)) for result in plain]
        pairs = [(result, example) for result, example in reworded if example is not None]
        if pairs:
            before = [result for result, _ in pairs]
            results = judge.results([example for _, example in pairs])
            rows.append(robustness_row(rewording.kind, before, results, n_seen_tests))
    return tuple(rows)
