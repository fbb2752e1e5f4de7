"""The tutorial: its page and its notebook are its script, and the notebook runs."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.console import ROOT

SCRIPT = ROOT / "docs" / "tutorial.py"
NOTEBOOK = SCRIPT.with_suffix(".ipynb")
# What a notebook does, without its server: one cell after the other, in one namespace.
RUN_CELLS = """
import json, sys
names = {"__name__": "__main__"}
for cell in json.load(open(sys.argv[1], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
"""


def test_the_page_holds_the_cells_of_the_script_in_order() -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    renderer = runpy.run_path(str(ROOT / "docs" / "render_tutorial.py"))
    place = 0
    for part in renderer["page_parts"](SCRIPT.read_text(encoding="utf-8")):
        assert part in page[place:], f"run python docs/render_tutorial.py: the page lacks\n{part}"
        place = page.index(part, place) + len(part)


def test_the_notebook_holds_the_cells_of_the_script() -> None:
    renderer = runpy.run_path(str(ROOT / "docs" / "render_tutorial.py"))
    made = renderer["notebook"](SCRIPT.read_text(encoding="utf-8"))
    assert NOTEBOOK.read_text(encoding="utf-8") == made, (
        "run python docs/render_tutorial.py --notebook"
    )
    cells = json.loads(made)["cells"]
    assert {cell["cell_type"] for cell in cells} == {"code", "markdown"}
    assert len({cell["id"] for cell in cells}) == len(cells)


@pytest.mark.slow
def test_the_notebook_runs_from_the_sentence_to_the_picture(tmp_path: Path) -> None:
    environment = {**os.environ, "SAPS_TUTORIAL_SHORT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUN_CELLS, str(NOTEBOOK)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in both train and test: 0\n" in done.stdout
    assert (tmp_path / "runs/tutorial/curves.png").is_file()
    assert (tmp_path / "runs/tutorial/attention.svg").is_file()
