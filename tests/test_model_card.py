"""docs/model-card.md and the bundled model agree."""

import re
from pathlib import Path

import pytest

from benchmarks.model_card import (
    FREE,
    MODEL,
    PAGE,
    ROOT,
    CardError,
    between,
    calibration,
    facts,
    failures,
    figures,
    replace_between,
    sections,
    write_page,
)
from saps.data.algolisp import read_examples
from saps.evaluation.digest import folder_digest
from saps.evaluation.folder import write_folder
from tests.evaluation.conftest import mixed_results
from tests.evaluation.test_report import make

TEXT = PAGE.read_text(encoding="utf-8")
MAKE_AGAIN = "the model has changed: python benchmarks/model_card.py --data data/short"


def test_facts_are_those_of_the_bundled_model() -> None:
    assert between(TEXT, "facts") == facts(), MAKE_AGAIN


def test_calibration_is_that_of_the_bundled_model() -> None:
    assert between(TEXT, "calibration") == calibration(), MAKE_AGAIN


def test_all_figures_are_of_the_bundled_model() -> None:
    named = re.findall(r"Model ([0-9a-f]{16}), data", between(TEXT, "figures"))
    assert named == [folder_digest(MODEL)[:16]] * len(sections("data/short")), MAKE_AGAIN


def test_a_part_is_replaced_between_its_marks_alone() -> None:
    changed = replace_between(TEXT, "failures", "none")
    assert between(changed, "failures") == "none"
    assert replace_between(changed, "failures", between(TEXT, "failures")) == TEXT


def test_a_lost_mark_is_named() -> None:
    with pytest.raises(CardError, match="lost its marks of figures"):
        replace_between("# A page", "figures", "")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for section in sections("data/x"):
        write_folder(tmp_path / section.name, make(), mixed_results(), overwrite=False)
    return tmp_path


def test_a_report_is_shown_with_counts_intervals_and_its_command(runs: Path) -> None:
    shown = figures(sections("data/x")[0], runs / "greedy")
    assert "$ saps evaluate data.path=data/x\n" in shown
    assert "| exact match | 20.00 % (3/15) | 7.05-45.19 % |" in shown
    assert "Model cdcdcdcdcdcdcdcd, data abababababababab, 2026-01-02" in shown
    (reworded_section,) = [s for s in sections("data/x", limit=300) if s.name == "robustness"]
    reworded = figures(reworded_section, runs / "robustness")
    assert "$ saps evaluate data.path=data/x limit=300 robustness=true" in reworded
    assert "Robustness to rewording" in reworded


def test_failures_are_shown_with_the_answer_and_never_a_task_that_passes(runs: Path) -> None:
    shown = failures(runs / "greedy")
    assert "find the sum of a: wanted `(reduce a 0 +)`, got `(reduce a 0 max)` (wrong)" in shown
    assert "(passed)" not in shown


def test_no_request_in_free_english_is_shown() -> None:
    typed = {example.text for example in read_examples(ROOT / FREE)}
    assert len(typed) == 60
    assert [text for text in typed if text in TEXT] == []


def test_a_page_is_written_and_written_again_the_same(runs: Path, tmp_path: Path) -> None:
    page = tmp_path / "card.md"
    page.write_text(TEXT, encoding="utf-8")
    write_page(page, sections("data/x"), runs, given="| 48 of 60 |")
    once = page.read_text(encoding="utf-8")
    assert "| exact match | 20.00 % (3/15) |" in between(once, "figures")
    assert between(once, "facts") == facts()
    assert between(once, "given") == "| 48 of 60 |"
    assert "got `(reduce a 0 max)` (wrong)" in between(once, "free failures")
    write_page(page, sections("data/x"), runs, given="| 48 of 60 |")
    assert page.read_text(encoding="utf-8") == once
