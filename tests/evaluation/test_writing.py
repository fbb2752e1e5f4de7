"""Programs written by several processes."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from saps.evaluation.answering import Batch, write_programs
from saps.lang import Node
from saps.pool import PoolError
from saps.search.interface import Prediction
from saps.search.request import Request
from tests.misbehaviour import interrupt

BATCHES = [Batch([f"text {number}", "another"], None) for number in range(8)]


class Echo:
    """Answers with the text and the process that it ran in."""

    def predict(
        self, texts: Sequence[str], requests: Sequence[Request] | None = None
    ) -> list[Prediction | None]:
        known = [Request()] * len(texts) if requests is None else requests
        pairs = zip(texts, known, strict=True)
        return [
            Prediction(Node(f"{text}, {request.result}"), float(os.getpid()))
            for text, request in pairs
        ]


class Crash(Echo):
    def predict(self, *_: object) -> list[Prediction | None]:
        os._exit(3)


class Fail(Echo):
    def predict(self, *_: object) -> list[Prediction | None]:
        raise ArithmeticError("no such depth")


class Hang(Echo):
    """Answers the shortest batches, which come first, and no other."""

    def predict(
        self, texts: Sequence[str], requests: Sequence[Request] | None = None
    ) -> list[Prediction | None]:
        if texts[0] != "text 0":
            time.sleep(3600)
        return super().predict(texts, requests)


def written(n_writers: int, batches: Sequence[Batch]) -> tuple[list[list[str]], set[float]]:
    """The symbols that are answered, by batch, and the processes that did so."""
    found = [list(answers) for answers in write_programs(Echo(), batches, n_writers)]
    symbols = [[a.program.symbol for a in answers if a is not None] for answers in found]
    return symbols, {a.log_prob for answers in found for a in answers if a is not None}


def test_processes_give_the_answers_of_one_in_order() -> None:
    several, processes = written(2, BATCHES)
    assert several == written(1, BATCHES)[0]
    assert several[3] == ["text 3, None", "another, None"]
    assert os.getpid() not in processes


def test_few_batches_are_answered_by_this_process() -> None:
    assert written(2, BATCHES[:7])[1] == {os.getpid()}


def test_requests_go_with_their_texts() -> None:
    batch = Batch(["sum", "join"], [Request(result="int"), Request(result="string")])
    assert written(1, [batch])[0] == [["sum, int", "join, string"]]


def test_a_process_that_ends_is_told_of() -> None:
    with pytest.raises(PoolError, match="workers=1"):
        list(write_programs(Crash(), BATCHES, 2))


def test_what_a_model_raises_in_a_process_is_raised_here() -> None:
    with pytest.raises(ArithmeticError, match="no such depth"):
        list(write_programs(Fail(), BATCHES, 2))


INTERRUPTED = """
from saps.evaluation.answering import write_programs
from tests.misbehaviour import report_interrupt
from tests.evaluation.test_writing import BATCHES, Hang

if __name__ == "__main__":
    with report_interrupt():
        for answers in write_programs(Hang(), BATCHES, 2):
            print(len(answers), flush=True)
"""


def test_ctrl_c_ends_the_processes_in_the_middle_of_a_batch(tmp_path: Path) -> None:
    # Two processes that share one queue could be left waiting for each other for ever.
    assert interrupt(INTERRUPTED, tmp_path, first="2\n") == ("interrupted\n", "", 0)
