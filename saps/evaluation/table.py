"""A report on a terminal."""

from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from saps.evaluation.layout import (
    CLEANED,
    MEASURES,
    OUTCOMES,
    Table,
    brief_robustness,
    caption,
    pace,
    tables,
)
from saps.evaluation.report import Report

# The rest is in report.md: a terminal shows what one looks for first.
_SHOWN: Final = (MEASURES, CLEANED, OUTCOMES, "By target depth, levels")


def show_report(report: Report, console: Console) -> None:
    """Draw the caption, the chief tables and the time."""
    console.print(Text(caption(report), style="bold"), soft_wrap=True)
    for table in tables(report):
        if table.title in _SHOWN:
            console.print(draw(table))
    for table in brief_robustness(report):
        console.print(draw(table))
    console.print(Text(pace(report)), soft_wrap=True)


def draw(table: Table) -> RenderableType:
    """Return a table as rich draws it: the first column to the left, numbers to the right."""
    drawn = RichTable(
        title=Text(table.title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for place, name in enumerate(table.header):
        drawn.add_column(Text(name), justify="left" if place == 0 else "right")
    for row in table.rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn
