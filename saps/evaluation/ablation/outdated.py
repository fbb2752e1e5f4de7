"""Reports that are not what a command asks for: made with other settings, or of another model."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from saps.evaluation.ablation.configuration import evaluate_config, model_folder
from saps.evaluation.ablation.folder import report_folder, row_folder
from saps.evaluation.ablation.mismatch import first_mismatch, told
from saps.evaluation.ablation.row import Row
from saps.evaluation.ablation.settings import Settings
from saps.evaluation.ablation.state import SPLITS, is_trained, outdated_mark
from saps.evaluation.digest import folder_digest
from saps.evaluation.report import Report, ReportError, load_report
from saps.evaluation.settings import Settings as EvaluationSettings


def mark_outdated(settings: Settings) -> Iterator[str]:
    """Mark the reports that will not do, so that their rows are judged again; say of each row why.

    The reports themselves stay until others are there: with the former settings, they do again.
    """
    for row in settings.rows:
        if row.judged and row_folder(settings, row.name).exists():
            reasons = [_mark(settings, row, split) for split in SPLITS]
            reason = next((reason for reason in reasons if reason is not None), None)
            if reason is not None:
                yield f"{row.title} is judged again: {reason}"


def _mark(settings: Settings, row: Row, split: str) -> str | None:
    reason = why_outdated(settings, row, split)
    mark = outdated_mark(settings, row, split)
    if reason is None:
        mark.unlink(missing_ok=True)
    else:
        mark.touch()
    return reason


def why_outdated(settings: Settings, row: Row, split: str) -> str | None:
    """Tell why the report of a row on a split will not do; None if it will, or there is none."""
    folder = report_folder(settings, row.name, split)
    if not (folder / "report.json").exists():
        return None
    try:
        report = load_report(folder)
    except ReportError as error:
        return str(error)
    found = first_mismatch(_there(report), _asked(settings, row, split))
    if found is not None:
        return f"{found.name} was {told(found.there)} and is {told(found.here)} now"
    if not is_trained(settings, row):  # it will have another model
        return "its run is gone"
    if report.provenance.model.sha256 != folder_digest(model_folder(settings, row)):
        return "its model is another one now"
    return None


def _there(report: Report) -> dict[str, Any]:
    provenance = report.provenance
    return {
        "decoding": provenance.decoding,
        "limits": provenance.limits,
        "as_typed": provenance.as_typed,
        f"evaluation.{provenance.data.split}_limit": provenance.data.limit,
    }


def _asked(settings: Settings, row: Row, split: str) -> dict[str, Any]:
    asked = EvaluationSettings.read(evaluate_config(settings, row, split))
    return {
        "decoding": asked.decoding,
        "limits": asdict(asked.limits),
        "as_typed": asked.as_typed,
        f"evaluation.{split}_limit": asked.limit,
    }
