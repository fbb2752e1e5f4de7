"""benchmarks/strangers.py: what counts as right, and a ledger that is only added to."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saps.lang import parse
from saps.synthesis.answer import Question, Synthesis
from saps.synthesis.calibration import Calibration, Fit

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "benchmarks"))
import strangers  # type: ignore[import-not-found]  # noqa: E402 - a script's folder

TESTS = [{"input": {"x": 7, "ys": [1, 2]}, "output": 10}]
WANTED = {"x": "int", "ys": "int[]"}


def answer(program: str, arguments: Mapping[str, str]) -> Synthesis:
    return Synthesis("", parse(program), arguments, "int", -0.5, "", confidence=0.95)


@pytest.mark.parametrize(
    ("program", "arguments", "is_free", "is_right"),
    [
        ("(+ x (reduce ys 0 +))", WANTED, False, True),
        ("(+ n (reduce a 0 +))", {"n": "int", "a": "int[]"}, True, True),
        ("(+ n (reduce a 0 +))", {"n": "int", "a": "int[]"}, False, False),
        ("(+ n (reduce a 0 +))", {"n": "int", "a": "string[]"}, True, False),
        ("(+ n 3)", {"n": "int"}, True, True),  # the other argument is not needed
        ("(+ n 2)", {"n": "int"}, True, False),
        ("(/ n 0)", {"n": "int"}, True, False),
    ],
)
def test_right_is_what_computes_the_outputs_under_some_naming(
    program: str, arguments: Mapping[str, str], is_free: bool, is_right: bool
) -> None:
    found = strangers.computes(answer(program, arguments), WANTED, TESTS, is_free=is_free)
    assert found is is_right


def answered(is_right: bool, stated: float) -> Any:
    return strangers.Answered({"who": "me"}, "a", stated, is_right, 0.1)


def test_a_mode_is_a_line_of_the_ledger_behind_those_that_are_there(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.md"
    ledger.write_bytes((ROOT / "docs/ledger.md").read_bytes())
    before = ledger.read_text(encoding="utf-8")
    found = [answered(True, 0.95), answered(False, 0.9), answered(False, 0.2)]
    strangers.add_line(ledger, "mine (0123)", "text", found)
    added = ledger.read_text(encoding="utf-8").removeprefix(before)
    cells = [cell.strip() for cell in added.strip().strip("|").split("|")]
    assert cells[2:] == ["mine (0123)", "text", "1 of 3", "1 of 2"]
    told = strangers.summary("text", found)
    assert "right 1 of 3 (33.3 %, 6 to 79)" in told
    assert "stated 90 % or more: 2, of them wrong 1; mean stated 68.3 %" in told
    assert "by what is stated: 10% to 30% 0/1; 90% to 100% 1/2" in told


class Asking:
    """Takes the sum for meant, and learns of each example."""

    calibration = None

    def __init__(self, stated: float = 0.9) -> None:
        self.given: list[Any] = []
        self.stated = stated

    def synthesize(self, text: str, *, best: bool, examples: Sequence[Any] = ()) -> Synthesis:
        assert best
        self.given = [*examples]
        programs = ["(reduce a 0 +)", "(reduce a 0 max)", "(len a)"]
        left = programs[len(examples) :]
        found = answer(left[0], {"a": "int[]"})
        if len(left) == 1:
            return found
        asked = Question({"a": [1, 2]}, (3, 2), (parse(left[0]), parse(left[1])))
        return replace(found, open_question=asked, confidence=self.stated)


LENGTHS = {
    "text": "how many",
    "args": {"xs": "int[]"},
    "tests": [
        {"input": {"xs": xs}, "output": len(xs)} for xs in ([], [2], [5, 5], [0, 7], [1, 2, 3])
    ],
}


@pytest.mark.parametrize(("mode", "n_told"), [("text", 0), ("ask1", 1), ("ask2", 2), ("ask3", 2)])
def test_questions_are_answered_by_the_tests_that_tell_the_meanings_apart(
    mode: str, n_told: int
) -> None:
    asking = Asking()
    found = strangers.ask(asking, LENGTHS, mode)
    # By the names of the answer; a test that was told is not judged by.
    assert asking.given == [({"a": [5, 5]}, 2), ({"a": [2]}, 1)][:n_told]
    assert found.is_right is (n_told == 2)


def test_what_is_not_known_is_no_answer_and_its_guess_is_counted_apart() -> None:
    asking: Any = Asking(stated=0.02)
    asking.calibration = Calibration(Fit(1, 0, 0), 0.5, least=0.05)
    tests = [{"input": {"xs": [1, 2]}, "output": 3}]
    found = strangers.ask(asking, {**LENGTHS, "tests": tests}, "text")
    assert (found.is_right, found.right_guess, found.stated) == (False, True, 0.0)
    assert '"I do not know": 1, of the guesses right 1' in strangers.summary("text", [found])


@pytest.mark.parametrize("wrong", [["--mode", "ex2"], ["--set", "mine"], ["--ledger", "x"]])
def test_a_wrong_use_is_refused(wrong: list[str]) -> None:
    with pytest.raises(SystemExit):
        strangers.parse(["file.jsonl", *wrong])
