"""Searches by name."""

import pytest

from saps.decoding.choice import DECODINGS, choose_search
from saps.decoding.guided import GuidedSearch
from saps.decoding.plausible import PlausibleSearch
from saps.decoding.several import SeveralSearch


def test_more_programs_come_from_the_search_that_finds_one() -> None:
    assert type(choose_search(None)) is PlausibleSearch
    for decoding in (None, "plausible"):
        search = choose_search(decoding, top=3)
        assert isinstance(search, SeveralSearch)
        assert search.top == 3
    assert isinstance(choose_search(None, top=3, has_examples=True), GuidedSearch)


def test_a_search_stays_as_it_is_and_a_name_that_is_none_is_refused() -> None:
    search = PlausibleSearch()
    assert choose_search(search, top=3) is search
    with pytest.raises(ValueError, match="there is no decoding 'quux': it is one of plausible"):
        choose_search("quux")
    assert all(choose_search(name) for name in DECODINGS)
