from random import Random
from typing import Any

import pytest

from saps.data.wordings.noise import SYNONYMS, Noise

TEXT = "given an array of numbers a and a number b , find the sum of elements in a"


def test_no_noise_changes_nothing() -> None:
    assert not Noise()
    assert Noise().spoil(TEXT, Random(1)) == TEXT


def test_dropped_leaves_out_about_as_many_words_as_asked() -> None:
    n_words = [len(Noise(dropped=0.3).spoil(TEXT, Random(i)).split()) for i in range(200)]
    assert sum(n_words) / 200 == pytest.approx(0.7 * len(TEXT.split()), rel=0.05)


def test_swapped_keeps_the_words() -> None:
    spoilt = Noise(swapped=0.5).spoil(TEXT, Random(1))
    assert spoilt != TEXT
    assert sorted(spoilt.split()) == sorted(TEXT.split())


def test_synonym_replaces_words_that_have_one() -> None:
    words = Noise(synonym=1.0).spoil(TEXT, Random(1)).split()
    for before, after in zip(TEXT.split(), words, strict=True):
        assert after in SYNONYMS.get(before, (before,))


def test_typo_spares_names_and_punctuation() -> None:
    words = Noise(typo=1.0).spoil(TEXT, Random(1)).split()
    pairs = list(zip(TEXT.split(), words, strict=True))
    assert all(after == before for before, after in pairs if len(before) < 3)
    assert sum(after != before for before, after in pairs) > 5


def test_spoil_never_leaves_nothing() -> None:
    assert Noise(dropped=1.0).spoil("sum", Random(1)) == "sum"


@pytest.mark.parametrize("rate", [-0.1, 1.1, "often"])
def test_noise_refuses_what_is_no_rate(rate: Any) -> None:
    with pytest.raises(ValueError, match=r"noise\.typo is .* expected a rate from 0 to 1"):
        Noise(typo=rate)
