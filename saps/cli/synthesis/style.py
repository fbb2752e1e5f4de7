"""Colours on a terminal, and none anywhere else."""

import os
import shutil
import sys

import typer

_WIDTH_WITHOUT_TERMINAL = 100


def coloured() -> bool:
    """Whether stdout takes colours: it is a terminal, and NO_COLOR is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def good(text: str) -> str:
    """Green: what passes."""
    return typer.style(text, fg="green") if coloured() else text


def bad(text: str) -> str:
    """Red: what does not."""
    return typer.style(text, fg="red") if coloured() else text


def strong(text: str) -> str:
    """Bold."""
    return typer.style(text, bold=True) if coloured() else text


def faint(text: str) -> str:
    """Dim: beside the point."""
    return typer.style(text, dim=True) if coloured() else text


def n_columns() -> int:
    """Return the width of the terminal."""
    return max(40, shutil.get_terminal_size((_WIDTH_WITHOUT_TERMINAL, 24)).columns)


def cut(text: str, width: int) -> str:
    """Return a text in at most `width` columns."""
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
