"""The Python of the how-to pages and of the start, done."""

import doctest
import re
from pathlib import Path

import pytest

from saps.data import load_split
from saps.data.tasks.family import check_family, default_catalogue, read_families
from saps.data.tasks.kinds import (
    CONDITION_FORMS,
    FUNCTION_FORMS,
    PARTS,
    REGISTERS,
    Kinds,
    people,
)
from saps.data.verification import verify
from saps.english.literals import implied, read_implied
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
    page = (ROOT / "docs/howto/family.md").read_text(encoding="utf-8")
    (entry,) = re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    (family,), _ = read_families({"family.md": entry})
    check_family(family)
    assert family.template not in {known.template for known in default_catalogue().families}


def test_the_kinds_that_are_shown_are_new_and_sound() -> None:
    page = (ROOT / "docs/howto/kind.md").read_text(encoding="utf-8")
    first, table, second = re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    shown = Kinds.parse({"kind.md": f"{first}\n{second}"})
    shown.check()
    known = people()
    assert not shown.kinds.keys() & known.kinds.keys()
    assert not shown.conditions.keys() & known.conditions.keys()
    assert not shown.functions.keys() & known.functions.keys()
    assert read_implied(table).items() <= implied().items()


def test_the_page_of_kinds_names_every_key() -> None:
    page = (ROOT / "docs/howto/kind.md").read_text(encoding="utf-8")
    keys = {*PARTS, *REGISTERS, *CONDITION_FORMS, *FUNCTION_FORMS} - {"ofs", "verbs"}
    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


def test_the_start_prints_what_it_shows() -> None:
    text = python_of("docs/start.md")
    session = doctest.DocTestParser().get_doctest(text, {}, "start.md", "start.md", 0)
    assert session.examples
    assert doctest.DocTestRunner().run(session).failed == 0
