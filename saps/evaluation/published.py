"""What was published of other systems on AlgoLisp, to be shown beside a report, never in it."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """Shares of the published test set, in per cent.

    Attributes:
        system: by its authors' name.
        full: on all tasks; None where none was given.
        cleaned: on the tasks that the authors kept, each by their own rule; None likewise.
        unstated: on a set that was not stated.
        measure: what was counted.
    """

    system: str
    full: float | None
    cleaned: float | None
    unstated: float | None = None
    measure: str = "accuracy by tests"


PUBLISHED: Final = (
    PublishedFigure("Attentional Seq2Seq (2018)", 54.1, None),
    PublishedFigure("Attentional Seq2Seq + search (2018)", 72.3, None),
    PublishedFigure("Seq2Tree (2018)", 61.0, None),
    PublishedFigure("Seq2Tree + search (2018)", 85.8, None),
    PublishedFigure("LSTM2LSTM + attention (2019)", 67.54, 76.83),
    PublishedFigure("SAPSpre VH Att (256)", 83.80, 92.98),
    PublishedFigure("TP-N2F", 84.02, 93.48),
    PublishedFigure("SketchAdapt", None, 95.80),
    PublishedFigure("TokPair-150, beam 10", None, 99.24),
    PublishedFigure("SAPS VH Att", None, None, 92.36, measure="exact match"),
    PublishedFigure("CodeTrans MT-TF-small", 90.31, None, measure="text match"),
)
