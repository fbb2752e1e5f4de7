"""The tutorial: its page is its script, and the script runs."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.console import ROOT

SCRIPT = ROOT / "docs" / "tutorial.py"


def test_the_page_holds_the_cells_of_the_script_in_order() -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    renderer = runpy.run_path(str(ROOT / "docs" / "render_tutorial.py"))
    place = 0
    for part in renderer["page_parts"](SCRIPT.read_text(encoding="utf-8")):
        assert part in page[place:], f"run python docs/render_tutorial.py: the page lacks\n{part}"
        place = page.index(part, place) + len(part)


@pytest.mark.slow
def test_the_script_runs_from_the_sentence_to_the_picture(tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent  # where `saps` is
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "SAPS_TUTORIAL_SHORT": "1",
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
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
