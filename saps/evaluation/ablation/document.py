"""The content of ablation.json: see docs/ablation.md."""

from collections.abc import Sequence
from typing import Any, Final

import saps
from saps.evaluation.ablation.differences import Difference
from saps.evaluation.ablation.result import Ablation, Judgement, RowResult
from saps.evaluation.metrics import Rate

SCHEMA_VERSION: Final = 1
"""Raised whenever a reader of the older form would misread the new one."""


def to_json(ablation: Ablation, found: Sequence[Difference]) -> dict[str, Any]:
    """Return what `ablation.json` holds.

    Args:
        ablation: the whole.
        found: differences between its rows.
    """
    best = ablation.best
    return {
        "schema_version": SCHEMA_VERSION,
        "created": ablation.created,
        "saps_version": saps.__version__,
        "command": ablation.command,
        "data": ablation.settings.data["name"],
        "budget": ablation.budget,
        "sections": {name: list(rows) for name, rows in ablation.settings.sections.items()},
        "best": None if best is None else best.row.name,
        "rows": [_plain_row(result) for result in ablation.results.values()],
        "differences": [_plain_difference(difference) for difference in found],
    }


def _plain_row(result: RowResult) -> dict[str, Any]:
    row, published = result.row, result.row.published
    return {
        "name": row.name,
        "title": row.title,
        "train": list(row.train),
        "evaluate": list(row.evaluate),
        "starts_from": row.starts_from,
        "model_of": row.model_of,
        "n_train": result.n_train,
        "stage": result.stage.value,
        "reason": result.reason or None,
        "validation": _plain_judgement(result.validation),
        "test": _plain_judgement(result.test),
        "parameters": result.parameters,
        "training_examples_per_s": result.examples_per_s,
        "training_minutes": result.minutes,
        "epochs": [dict(epoch) for epoch in result.epochs],
        "published": published
        and {
            "measure": published.measure,
            "validation": published.validation,
            "test": published.test,
            "parameters_millions": published.parameters,
        },
    }


def _plain_judgement(judgement: Judgement | None) -> dict[str, Any] | None:
    if judgement is None:
        return None
    return {
        "exact_match": _plain_rate(judgement.exact_match),
        "accuracy": _plain_rate(judgement.accuracy),
        "is_holdout": judgement.is_holdout,
        "exact_match_where_siblings_differ": _plain_rate(judgement.differing),
        "examples_per_s": judgement.examples_per_s,
    }


def _plain_difference(difference: Difference) -> dict[str, Any]:
    return {
        "first": difference.first,
        "second": difference.second,
        "exact_match": difference.exact_match.plain(),
        "accuracy": difference.accuracy.plain(),
    }


def _plain_rate(rate: Rate) -> dict[str, float | int | None]:
    low, high = rate.interval or (None, None)
    return {"count": rate.count, "n": rate.n, "value": rate.value, "low": low, "high": high}
