"""Literals of strings are found where they are meant, and nowhere else."""

import pytest

from saps.english.quoted import find_quoted, is_unclosed


def _values(text: str) -> list[str]:
    return [quoted.value for quoted in find_quoted(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("how often is 'e' in the word", ["e"]),
        ('joined by ", "', [", "]),
        ("count the letter e in s", ["e"]),
        ("split at the commas", [","]),
        ("put a dash between them", ["-"]),
        ("ends with an exclamation mark", ["!"]),
        ("what's the list's length", []),
        ("don't count the boys' scores", []),
        ("the empty string ''", [""]),
        ("use `xs` here", []),
    ],
)
def test_literals(text: str, values: list[str]) -> None:
    assert _values(text) == values


def test_a_literal_of_ten_thousand_letters() -> None:
    assert _values(f'starts with "{"x" * 10_000}"') == ["x" * 10_000]


def test_a_quote_that_is_never_closed_is_noticed() -> None:
    assert is_unclosed('the text "abc')
    assert not is_unclosed('the text "abc"')
    assert _values('the text "abc') == []
