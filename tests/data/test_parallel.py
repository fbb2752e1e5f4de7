from itertools import count, islice

import joblib
import pytest

from saps.pool import PoolError, map_in_order
from tests.misbehaviour import behave


@pytest.mark.parametrize("workers", [1, 2])
def test_map_in_order_keeps_the_order_without_end(workers: int) -> None:
    assert list(islice(map_in_order(abs, count(-2), workers), 5)) == [2, 1, 0, 1, 2]


def test_map_in_order_hands_over_what_a_worker_raised() -> None:
    answers = map_in_order(int, ["1", "one"], 2)
    assert next(answers) == 1
    with pytest.raises(ValueError, match="one"):
        next(answers)


def test_map_in_order_tells_of_a_process_that_ends() -> None:
    answers = map_in_order(behave, ["a", "crash", "b"], 2)
    assert next(answers) == "A"
    with pytest.raises(PoolError, match=r"exit status 7.*fewer workers"):
        next(answers)


def test_map_in_order_refuses_no_workers() -> None:
    with pytest.raises(ValueError, match="workers is 0, expected a whole number"):
        map_in_order(abs, [1], 0)


@pytest.mark.slow
def test_map_in_order_works_inside_a_worker_of_joblib() -> None:
    # whose way to start processes is not among Python's own: hydra/launcher=processes
    in_joblib = joblib.Parallel(n_jobs=2, backend="loky")
    work = joblib.delayed(lambda n: list(map_in_order(abs, [-n, n], 2)))
    assert in_joblib([work(1), work(2)]) == [[1, 1], [2, 2]]
