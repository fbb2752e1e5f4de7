"""The files of an ablation's result: ablation.json, .md and .csv, curves, the best report."""

import csv
import io
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from saps.evaluation.ablation.curves import draw_curves, draw_sizes
from saps.evaluation.ablation.differences import Difference, differences
from saps.evaluation.ablation.document import to_json
from saps.evaluation.ablation.folder import TABLE, report_folder
from saps.evaluation.ablation.layout import caption, difference_table, tables
from saps.evaluation.ablation.notes import notes
from saps.evaluation.ablation.result import Ablation, Judgement
from saps.evaluation.ablation.settings import SIZES
from saps.evaluation.ablation.state import Stage
from saps.evaluation.markdown import escape, render_table

MARKDOWN: Final = "ablation.md"
CSV: Final = "ablation.csv"
CURVES: Final = "curves.png"
SIZE_CURVE: Final = "data_sizes.png"
REPORT: Final = "report"
_P_VALUES: Final = """\
In brackets the tasks that only one of the two solves: won, lost. Intervals are Agresti and Min's at
95 %, p is McNemar's exact test, of one training run each: another seed is not in them."""


def write_files(ablation: Ablation) -> None:
    """Write what there is to say, each file in one step; called again, it says more."""
    found = differences(ablation)
    for folder in (ablation.settings.out, ablation.settings.publish):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            _write_files(ablation, found, folder)


def _write_files(ablation: Ablation, found: Sequence[Difference], out: Path) -> None:
    curves = {
        result.row.title: result.epochs
        for result in ablation.results.values()
        if result.epochs and result.row.judged
    }
    draw_curves(curves, out / CURVES)
    sizes = _size_points(ablation)
    if len(sizes) > 1:
        draw_sizes(sizes, out / SIZE_CURVE)
    if ablation.best is not None:
        _copy_report(report_folder(ablation.settings, ablation.best.row.name, "test"), out / REPORT)
    else:  # what lies there told of an earlier best row
        shutil.rmtree(out / REPORT, ignore_errors=True)
    _write(out / CSV, _csv(ablation))
    _write(out / MARKDOWN, render_markdown(ablation, found))
    content = json.dumps(to_json(ablation, found), indent=2, ensure_ascii=False, allow_nan=False)
    _write(out / TABLE, content + "\n")


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _copy_report(source: Path, target: Path) -> None:
    draft = target.with_name(f".{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft)
    shutil.rmtree(target, ignore_errors=True)
    draft.replace(target)


def render_markdown(ablation: Ablation, found: Sequence[Difference]) -> str:
    """Return the tables as one Markdown document."""
    parts = ["# Ablation", escape(caption(ablation))]
    parts += [f"## {escape(table.title)}\n\n{render_table(table)}" for table in tables(ablation)]
    if found:
        table = difference_table(ablation, found)
        parts.append(f"## {table.title}\n\n{render_table(table)}\n\n{_P_VALUES}")
    told = "\n".join(f"- {escape(note)}" for note in notes(ablation))
    if told:
        parts.append(f"## Notes\n\n{told}")
    parts.append(f"![Exact match on validation, by epoch]({CURVES})")
    if len(_size_points(ablation)) > 1:
        parts.append(f"![Exact match by the number of training tasks]({SIZE_CURVE})")
    if ablation.best is not None:
        parts.append(
            f"The best row is {escape(ablation.best.row.title)}: [its report]({REPORT}/report.md)."
        )
    elif any(result.validation for result in ablation.results.values()):
        parts.append("No row is right on any validation task, so none is the best.")
    parts.append(f"Made by `{ablation.command}`." if ablation.command else "Made from Python.")
    return "\n\n".join(parts) + "\n"


def _size_points(ablation: Ablation) -> list[tuple[int, Judgement]]:
    """Return what models trained on fewer tasks reach, fewest first."""
    names = ablation.settings.sections.get(SIZES, ())
    results = [ablation.results[name] for name in names]
    return [
        (result.n_train, result.test)
        for result in results
        if result.n_train is not None and result.test and result.stage is Stage.DONE
    ]


def _csv(ablation: Ablation) -> str:
    text = io.StringIO()
    rows = list(_flat_rows(ablation))
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat_rows(ablation: Ablation) -> Iterator[dict[str, Any]]:
    """Yield one flat record a row: rates as counts, shares and interval ends."""
    for row in to_json(ablation, ())["rows"]:
        flat = {key: row[key] for key in ("name", "title", "stage", "reason")}
        for split in ("validation", "test"):
            for measure in ("exact_match", "accuracy"):
                rate = (row[split] or {}).get(measure, {})
                for key in ("count", "n", "value", "low", "high"):
                    flat[f"{split}_{measure}_{key}"] = rate.get(key)
            flat[f"{split}_is_holdout"] = (row[split] or {}).get("is_holdout")
        for key in ("parameters", "training_examples_per_s", "training_minutes"):
            flat[key] = row[key]
        for key in ("measure", "validation", "test", "parameters_millions"):
            flat[f"published_{key}"] = (row["published"] or {}).get(key)
        yield flat
