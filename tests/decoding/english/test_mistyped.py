"""Common words with two letters swapped."""

import pytest

from saps.decoding.english.edits import Edited
from saps.decoding.english.mistyped import mistyped
from saps.decoding.english.notation import in_words


def mended(text: str, *names: str) -> str:
    return Edited(text).then(mistyped(text, names)).text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hwo many nubmers of teh lsit", "how many numbers of the list"),
        ("Fidn the smu", "Find the sum"),
        ("a tiems b", "a times b"),
        ("teh list, teh array", "the list, the array"),
    ],
)
def test_swapped_letters_of_a_common_word_are_put_right(typed: str, meant: str) -> None:
    assert mended(typed) == meant


@pytest.mark.parametrize(
    "text", ["the slit", "`teh`", '"teh"', "teh_list", "teh2", "hwo(3)", "pre-smu", "uncommno"]
)
def test_what_may_be_meant_stays(text: str) -> None:
    assert mended(text) == text


def test_a_declared_name_is_never_mended() -> None:
    assert mended("add teh to smu", "smu") == "add the to smu"
    assert in_words("add smu to the smu", {"Smu": "int"}).text == "add smu to the smu"


def test_kinds_are_mended_before_names_are_sought() -> None:
    assert in_words("given a nubmer n", {}).changes == (("nubmer", "number"),)
