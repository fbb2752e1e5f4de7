"""One evaluation, from its configuration to its report folder.

The folder is written whole or not at all, and never over another one by accident.
"""

import json
import logging
import os
import shlex
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig
from rich.console import Console
from rich.text import Text

import saps
from saps.data.algolisp import find_split, read_examples
from saps.data.example import Example
from saps.data.wordings.noise import REWORDINGS
from saps.evaluation.answering import Judge, Model, check_symbols, lettered, load_model
from saps.evaluation.evaluation_settings import Settings
from saps.evaluation.metrics import (
    Result,
    by_family,
    cleaned,
    count_confusions,
    count_failures,
    hardest,
    measure,
    slice_all,
)
from saps.evaluation.report import (
    PREDICTIONS,
    REPORT,
    DataSource,
    Provenance,
    Record,
    Report,
    ReportError,
    RobustnessRow,
    Timing,
    file_digest,
    format_records,
    robustness_row,
)
from saps.evaluation.report_page import find_learning_curve, render_page
from saps.evaluation.report_tables import render_markdown, show_report
from saps.resources import LOCK, held, made_folder

MARKDOWN: Final = "report.md"
PAGE: Final = "report.html"

_N_CONFUSIONS: Final = 20
_N_FAMILIES: Final = 20
_MIN_FAMILY: Final = 5  # of fewer tasks no interval is short enough to call a family hard

logger = logging.getLogger(__name__)


def evaluate(cfg: DictConfig, model: Model | None = None) -> Report:
    """Judge a model as conf/evaluate.yaml describes; show the report and write its folder.

    Without a `model`, it is the one that `cfg.checkpoint` names.

    Raises:
        EvaluationError, ReportError: the configuration or the report folder will not do.
        DataError, BundleError: the tasks or the model cannot be read.
    """
    settings = Settings.read(cfg)
    with claimed(settings.out, overwrite=settings.overwrite):
        report = _evaluated(settings, model)
    show_report(report, Console())
    Console(stderr=True).print(Text(f"report: {settings.out}"), soft_wrap=True)
    return report


def _evaluated(settings: Settings, model: Model | None) -> Report:
    """Load, judge, count, and write the report folder."""
    file = find_split(settings.data.path, settings.split)
    examples = list(islice(read_examples(file), settings.limit))
    model = model or load_model(settings)
    check_symbols(model, [lettered(e) if settings.as_typed else e.program for e in examples])
    _check_holdout(model, examples)
    judge = Judge(
        *(model, settings.batch_size, settings.limits, settings.n_workers, settings.as_typed)
    )
    # Rewordings are not timed: the speed is that of the plain texts.
    results, timing = judge.timed_results(examples)
    command = ""  # outside of Hydra
    if HydraConfig.initialized():
        command = shlex.join(["saps", "evaluate", *HydraConfig.get().overrides.task])
    provenance = Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        saps_version=saps.__version__,
        command=command,
        data=DataSource(
            *(settings.data.label, str(file), file_digest(file), settings.split, settings.limit)
        ),
        model=model.source,
        decoding=settings.decoding,
        limits=asdict(settings.limits),
        n_seen_tests=model.n_seen_tests,
        as_typed=settings.as_typed,
    )
    report = make_report(
        provenance,
        timing,
        results,
        _robustness(judge, results, model.n_seen_tests) if settings.robustness else (),
    )
    write_folder(settings.out, report, results, overwrite=settings.overwrite)
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


def _check_holdout(model: Model, examples: Sequence[Example]) -> None:
    """Warn where the search is shown so many tests that none is left to judge by."""
    n_without = sum(len(example.tests) <= model.n_seen_tests for example in examples)
    if model.n_seen_tests and n_without:
        logger.warning(
            "decoding.n_examples=%d shows the search every test of %d of %d tasks; these do not "
            "count for the holdout accuracy, a smaller number would leave tests for it",
            *(model.n_seen_tests, n_without, len(examples)),
        )


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


# The report folder.


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that a report may not be written to; meant for before the long work.

    Raises:
        ReportError: the folder is a file, holds something, or cannot be made or written to.
    """
    if folder.exists() and not folder.is_dir():
        raise ReportError(f"{folder} is a file; give out= another name")
    if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ReportError(
            f"{folder} cannot be written to; give another out=, or change its permissions"
        )
    is_taken = folder.is_dir() and any(path.name != LOCK for path in folder.iterdir())
    if is_taken and not overwrite:
        raise ReportError(
            f"{folder} holds something already; give out= another name, or overwrite=true to "
            f"replace the report in it"
        )
    nearest = next(place for place in folder.absolute().parents if place.exists())
    if not folder.exists() and not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        raise ReportError(f"{folder} cannot be made inside {nearest}; give another out=")


@contextmanager
def claimed(folder: Path, *, overwrite: bool) -> Iterator[None]:
    """Hold a folder for one command, from before its work until its report is written.

    Raises:
        ReportError: see `check_folder`.
        FolderInUseError: another command writes there.
    """
    check_folder(folder, overwrite=overwrite)
    with made_folder(folder.parent), held(folder):
        yield


def write_folder(
    folder: Path, report: Report, results: Sequence[Result], *, overwrite: bool
) -> None:
    """Write report.json, report.md, report.html and predictions.jsonl.

    A new folder appears when it is complete. With `overwrite` each file is replaced in one step,
    report.json last, and other files in the folder stay.

    Raises:
        ReportError: see `check_folder`.
    """
    check_folder(folder, overwrite=overwrite)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # On the same file system, so that what is ready can be moved into its place.
    beside = folder if folder.exists() else folder.parent
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=beside) as place:
        draft = Path(place) / "report"
        draft.mkdir()
        text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
        (draft / REPORT).write_text(text + "\n", encoding="utf-8")
        (draft / MARKDOWN).write_text(render_markdown(report), encoding="utf-8")
        curve = find_learning_curve(Path(report.provenance.model.checkpoint))
        page = render_page(report, [Record.of(result) for result in results], curve)
        (draft / PAGE).write_text(page, encoding="utf-8")
        with (draft / PREDICTIONS).open("w", encoding="utf-8") as file:
            file.writelines(format_records(results))
        if folder.exists():
            for name in (PREDICTIONS, MARKDOWN, PAGE, REPORT):
                (draft / name).replace(folder / name)
        else:
            draft.replace(folder)
