"""The Python of the how-to pages and of the start, done."""

import doctest
import re
from pathlib import Path

import pytest

from saps.data import load_split
from saps.data.generator.catalogue import default_catalogue
from saps.data.generator.family import Family, check_family
from saps.data.verification import verify
from tests.docs.console import ROOT


def python_of(page: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks: list[str] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (block,) = blocks
    return block


def test_own_data_are_written_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(python_of("docs/howto/own-data.md"), {})  # our own page
    verification = verify(tmp_path / "data/mine/train.jsonl", workers=1)
    assert (verification.examples, verification.reproduced) == (1, 1)


def test_the_line_that_is_shown_is_a_task(tmp_path: Path) -> None:
    page = (ROOT / "docs/howto/own-data.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^```json\n(.*?)^```$", page, re.M | re.S)
    (tmp_path / "test.jsonl").write_text(line)
    (task,) = load_split(tmp_path, "test")
    assert task.text == "given a number a , find a squared"
    assert str(task.program) == "(square a)"


def test_the_family_that_is_shown_is_new_and_sound() -> None:
    names: dict[str, object] = {}
    source = python_of("docs/howto/family.md").replace("Family(\n", "family = Family(\n", 1)
    exec(source, names)
    family = names["family"]
    assert isinstance(family, Family)
    check_family(family)
    assert family.template not in {known.template for known in default_catalogue().families}


def test_the_start_prints_what_it_shows() -> None:
    text = python_of("docs/start.md")
    session = doctest.DocTestParser().get_doctest(text, {}, "start.md", "start.md", 0)
    assert session.examples
    assert doctest.DocTestRunner().run(session).failed == 0
