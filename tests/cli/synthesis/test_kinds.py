"""The kinds of tasks that are named when an answer is uncertain."""

from saps.cli.synthesis.kinds import closest_kinds


def test_the_nearest_kind_shares_the_rare_words() -> None:
    kinds = closest_kinds("find the median of a")
    assert len(kinds) == 3
    assert "median" in kinds[0].split()


def test_words_that_no_kind_has_get_none() -> None:
    assert closest_kinds("frobnicate wibbles") == []
