"""What is said by showing its beginning, and what need not be said."""

import pytest

from saps.decoding.english.notation import in_words


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Keep xs[1], xs[3], xs[5] and so forth.", "Keep the elements of xs at odd indices."),
        ("Add v[0], v[2], ... up", "Add the elements of v at even indices up"),
        ("Keep xs[1], xs[2] and so on", None),
        ("only those at index 1, at index 3, and so on", "only those at odd indices"),
        ("those at index 0, index 2, index 4, etc.", "those at even indices"),
        ("those at index 1 and at index 2", "those at index 1 and at index 2"),
        ("Order names from Z to A.", "Order names in reverse alphabetical order."),
        ("Sort the words A-Z", "Sort the words in alphabetical order"),
        ("all numbers from a to z", "all numbers from a to z"),
        ("drop the first len(xs) // 2 entries", "drop the first half of xs"),
        ("drop the first len(xs) // 2 elements of xs", "drop the first half of xs"),
        ("(sum of xs)^2 minus 1", "the square of the sum of xs minus 1"),
        ("(the product of a)² is wanted", "the square of the product of a is wanted"),
        ("Find the longest word. If several tie, take the last.", "Find the longest word."),
        ("If several tie, find the longest word.", "If several tie, find the longest word."),
        ("What is the median? For an even count, the upper one. Double it.",
         "What is the median? Double it."),
        ("Split a in halves. If the length is odd, the middle belongs to the second.",
         "Split a in halves."),
        ("Sort a. If the length is odd, reverse it.", "Sort a. If the length is odd, reverse it."),
        ("Count a. If a is even, add 1.", "Count a. If a is even, add 1."),
        ("Given three numbers x, y and z, add", "Given numbers x, y and z, add"),
        ("given 2 arrays of ints p and q", "given arrays of ints p and q"),
        ("given two numbers x, y and z", "given two numbers x, y and z"),
        ("given two numbers, add them", "given two numbers, add them"),
        ("sort the two strings s and t", "sort the two strings s and t"),
        ("the k smallest numbers in xs", "the first k elements of sorted xs"),
        ("Find two lowest values of xs.", "Find the first 2 elements of sorted xs."),
        ("Given xs, return the 3 largest elements of xs in descending order",
         "Given xs, return the first 3 elements of xs sorted in descending order"),
        ("the k largest numbers in xs in ascending order",
         "the k largest numbers in xs in ascending order"),
        ("sum of the k smallest numbers in xs", "sum of the k smallest numbers in xs"),
        ("the second largest number in xs", "the second largest number in xs"),
    ],
)  # fmt: skip
def test_idioms(typed: str, told: str | None) -> None:
    found = in_words(typed, {"xs": "int[]", "names": "string[]"})
    if told is None:
        assert "indices" not in found.text
    else:
        assert found.text.strip() == told
        assert (found.text != typed) == bool(found.changes)
