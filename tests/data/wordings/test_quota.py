"""How often each kind of request is told."""

from collections import Counter
from collections.abc import Sequence

import pytest

from saps.data.example import Example
from saps.data.wordings.retelling import Quota
from saps.data.wordings.tables import Table
from saps.lang import parse

TABLE = Table.parse({"test.txt": "= maximum > filter\nnoun: the largest of {X} {post}"})


def _task(*nodes: str) -> Example:
    return Example("", {"a": "int[]"}, "int", parse("(len a)"), (), nodes)


def _told(quota: Quota, tasks: Sequence[Example]) -> Counter[str]:
    more = quota.missing(tasks)
    assert min(more) >= 0
    told: Counter[str] = Counter()
    for task, times in zip(tasks, more, strict=True):
        told[" > ".join(task.nodes)] += 1 + times
    return told


def test_each_family_alone_is_told_as_often_as_asked() -> None:
    tasks = [_task("sum")] * 3 + [_task("filter_even")] + [_task("length")] * 12
    assert _told(Quota(each_family=7), tasks) == {"sum": 7, "filter_even": 7, "length": 12}


def test_the_tasks_of_a_family_share_what_it_lacks() -> None:
    assert Quota(each_family=10).missing([_task("sum")] * 4) == [2, 2, 1, 1]


def test_a_pair_that_the_table_has_words_for_is_told_whatever_its_condition() -> None:
    tasks = [
        *[_task("maximum", "filter_even")] * 2,
        _task("maximum", "filter_prime"),
        _task("maximum", "reverse"),
        _task("filter_even", "maximum"),
    ]
    quota = Quota(each_pair=9, table=TABLE)
    assert quota.missing(tasks) == [2, 2, 2, 0, 0]


def test_what_has_no_names_of_families_or_many_is_left_alone() -> None:
    tasks = [_task(), _task("published"), _task("sum", "sort", "filter_even"), _task("sum")]
    assert Quota(each_family=5, each_pair=5).missing(tasks) == [0, 0, 0, 4]


def test_no_tasks_lack_nothing() -> None:
    assert Quota(each_family=5).missing([]) == []


@pytest.mark.parametrize("wrong", [-1, 1.5, True, "many", None])
def test_a_number_that_is_no_count_is_refused(wrong: object) -> None:
    for name in ("each_family", "each_pair"):
        with pytest.raises(ValueError, match=f"{name}={wrong}: must be a whole number from 0"):
            Quota(**{name: wrong})  # type: ignore[arg-type]
