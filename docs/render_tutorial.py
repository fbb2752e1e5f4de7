"""Run docs/tutorial.py and write docs/tutorial.md: python docs/render_tutorial.py.

The page holds the cells, what they print, and how long all of it took. docs/tutorial.ipynb holds
the cells alone; `python docs/render_tutorial.py --notebook` writes it and runs nothing.
"""

import contextlib
import io
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SCRIPT, PAGE, NOTEBOOK = (HERE / f"tutorial.{kind}" for kind in ("py", "md", "ipynb"))
PICTURES = {
    "runs/tutorial/curves.png": "images/tutorial-curves.png",
    "runs/tutorial/attention.svg": "images/tutorial-attention.svg",
}
NOTE = "<!-- made by: python docs/render_tutorial.py -->\n\n"


def cells(script: str) -> list[tuple[bool, str]]:
    """Return the cells in order: whether each is text, and its content."""
    found = []
    for part in re.split(r"^# %%", script, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        is_text = "[markdown]" in head
        if is_text:
            body = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        found.append((is_text, body.strip("\n")))
    return found


def page_parts(script: str) -> Iterator[str]:
    """Yield what the page holds of the script, without what the cells print."""
    for is_text, body in cells(script):
        yield body if is_text else f"```python\n{body}\n```"


def notebook(script: str) -> str:
    """Return the cells as a notebook of format 4.5, without outputs."""
    made: list[dict[str, Any]] = [
        {
            "cell_type": "markdown" if is_text else "code",
            "id": f"cell-{number:02}",
            "metadata": {},
            **({} if is_text else {"execution_count": None, "outputs": []}),
            "source": body.splitlines(keepends=True),
        }
        for number, (is_text, body) in enumerate(cells(script))
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    form = {"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(form, indent=1, ensure_ascii=False) + "\n"


class _Both(io.StringIO):
    """Keeps what is printed, and shows it as well."""

    def write(self, text: str) -> int:
        sys.__stderr__.write(text)  # type: ignore[union-attr]  # a terminal or a log
        return super().write(text)


def _run() -> Iterator[str]:
    """Yield each part of the page with what its cell prints."""
    names: dict[str, Any] = {"__name__": "tutorial"}
    script = SCRIPT.read_text(encoding="utf-8")
    for (is_text, body), part in zip(cells(script), page_parts(script), strict=True):
        yield part
        if is_text:
            continue
        with contextlib.redirect_stdout(_Both()) as printed:
            exec(compile(body, str(SCRIPT), "exec"), names)  # our own script
        if shown := printed.getvalue().rstrip():
            yield f"```text\n{shown}\n```"


def _cost(seconds: float) -> str:
    spent = os.times()
    processor = spent.user + spent.system + spent.children_user + spent.children_system
    return (
        f"*All of this took {seconds / 60:.1f} minutes, with {processor / 60:.1f} minutes of"
        f" processor time, on a machine with {os.cpu_count()} cores (torch {version('torch')}).*"
    )


def main() -> None:
    """Make the page and its pictures in a temporary folder, then put them in place."""
    NOTEBOOK.write_text(notebook(SCRIPT.read_text(encoding="utf-8")), encoding="utf-8")
    if sys.argv[1:] == ["--notebook"]:
        return
    os.environ["COLUMNS"] = "100"
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        start = time.perf_counter()
        page = NOTE + "\n\n".join(_run())
        page += f"\n\n{_cost(time.perf_counter() - start)}\n"
        for source, target in PICTURES.items():
            shutil.copy(source, HERE / target)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
