"""A report folder: written whole or not at all, and never over another one by accident."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from saps.evaluation.learning_curve import find_learning_curve
from saps.evaluation.markdown import render_markdown
from saps.evaluation.metrics import Result
from saps.evaluation.page import render_page
from saps.evaluation.record import Record, format_records
from saps.evaluation.report import Report, ReportError

REPORT: Final = "report.json"
MARKDOWN: Final = "report.md"
PAGE: Final = "report.html"
PREDICTIONS: Final = "predictions.jsonl"


def check_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that a report may not be written to; meant for before the long work.

    Raises:
        ReportError: the folder is a file, holds something, or can not be made or written to.
    """
    if folder.exists() and not folder.is_dir():
        raise ReportError(f"{folder} is a file; give out= another name")
    if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise ReportError(f"{folder} can not be written to; give another out=, or its permissions")
    if folder.is_dir() and any(folder.iterdir()) and not overwrite:
        raise ReportError(
            f"{folder} holds something already; give out= another name, or overwrite=true to "
            f"replace the report in it"
        )
    nearest = next(place for place in folder.absolute().parents if place.exists())
    if not folder.exists() and not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
        raise ReportError(f"{folder} can not be made inside {nearest}; give another out=")


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
    # A folder that is there may be all that can be written to, or a file system of its own.
    beside = folder if folder.exists() else folder.parent
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=beside) as place:
        draft = Path(place) / "report"
        draft.mkdir()
        _write_files(draft, report, results)
        if folder.exists():
            for name in (PREDICTIONS, MARKDOWN, PAGE, REPORT):
                (draft / name).replace(folder / name)
        else:
            draft.replace(folder)


def _write_files(folder: Path, report: Report, results: Sequence[Result]) -> None:
    text = json.dumps(report.to_json(), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / REPORT).write_text(text + "\n", encoding="utf-8")
    (folder / MARKDOWN).write_text(render_markdown(report), encoding="utf-8")
    curve = find_learning_curve(Path(report.provenance.model.checkpoint))
    page = render_page(report, [Record.of(result) for result in results], curve)
    (folder / PAGE).write_text(page, encoding="utf-8")
    with (folder / PREDICTIONS).open("w", encoding="utf-8") as file:
        file.writelines(format_records(results))
