"""benchmarks/fit_confidence.py: factors that follow what is right, and requests spread evenly."""

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from saps.synthesis.faults import Factors, Faults

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))
from benchmarks import fit_confidence as fitting  # noqa: E402 - a script's folder


def asked(n: int, *, is_right_without: bool) -> list[Any]:
    """Texts with two candidates each: the likelier one lacks a step."""
    rng = Random(0)
    found = []
    for _ in range(n):
        likelier = rng.uniform(-2, -0.5)
        lacking = fitting.Option(likelier, Faults(step=1), 5, is_right_without)
        whole = fitting.Option(likelier - 1, Faults(), 7, not is_right_without)
        found.append(fitting.Asked("f", 0.0, (lacking, whole)))
    return found


def test_what_is_wrong_without_a_step_gets_a_factor_and_loses() -> None:
    texts = asked(60, is_right_without=False)
    factors = fitting.fit_factors(texts)
    assert factors.step > 1.5
    assert factors.argument < factors.step
    assert all(one.best(factors).is_right for one in texts)
    assert not any(one.best(fitting.FREE).is_right for one in texts)


def test_what_is_right_without_a_step_loses_hardly_anything() -> None:
    factors = fitting.fit_factors(asked(60, is_right_without=True))
    assert factors.step < 0.5


def test_where_nothing_tells_the_usual_factors_stay() -> None:
    alone = fitting.Asked("f", 0.0, (fitting.Option(-1.0, Faults(), 3, True),))
    assert fitting.fit_factors([alone]) == Factors()


def test_at_most_one_in_twenty_of_what_is_kept_back_is_right() -> None:
    low = [(0.015, False)] * 60
    assert fitting.least([*low, (0.035, True), *[(0.5, True)] * 50]) == 0.1
    assert fitting.least([*low, *[(0.035, True)] * 4, *[(0.5, True)] * 50]) == 0.03
    assert fitting.least([(0.005, True), (0.5, True)]) == 0.0


ONE = {"text": "the sum", "args": {}, "tests": []}


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text('{"text": "the sum", "types": {}}', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"f\.jsonl: a line has no 'args'"):
        fitting.spread(file, 3)


@pytest.mark.parametrize(("most", "expected"), [(3, [0, 3, 6]), (9, list(range(9))), (20, None)])
def test_requests_are_spread_over_the_file(
    tmp_path: Path, most: int, expected: list[int] | None
) -> None:
    file = tmp_path / "f.jsonl"
    file.write_text("".join(json.dumps(ONE | {"id": i}) + "\n" for i in range(9)), encoding="utf-8")
    found = [request["id"] for request in fitting.spread(file, most)]
    assert found == (list(range(9)) if expected is None else expected)
