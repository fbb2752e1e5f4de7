"""A page a command, and each says what the command line says."""

import runpy
from typing import Any

import pytest

from tests.docs.console import ROOT

FOLDER = ROOT / "docs" / "commands"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "write_pages.py"))


def test_every_page_is_what_the_command_line_says(script: dict[str, Any]) -> None:
    stale = [
        name
        for name, reference in script["pages"]().items()
        if not (FOLDER / f"{name}.md").is_file()
        or (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition(script["MARK"])[2]
        != f"\n\n{reference}"
    ]
    assert stale == [], "run python docs/commands/write_pages.py"


def test_no_page_is_of_a_command_that_is_gone(script: dict[str, Any]) -> None:
    assert {page.stem for page in FOLDER.glob("*.md")} == {*script["pages"](), "index"}


def test_every_page_says_something_before_its_reference(script: dict[str, Any]) -> None:
    for page in FOLDER.glob("*.md"):
        title, _, said = (
            page.read_text(encoding="utf-8").partition(script["MARK"])[0].partition("\n")
        )
        assert title.startswith("# saps" if page.stem != "index" else "# ")
        assert said.strip(), f"{page.name} needs a sentence on what the command is for"


def test_every_command_is_in_the_list_of_commands(script: dict[str, Any]) -> None:
    index = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert [name for name in script["pages"]() if f"]({name}.md)" not in index] == []
