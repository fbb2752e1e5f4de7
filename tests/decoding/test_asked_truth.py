"""Texts that ask for a truth value, and texts that seem to."""

import pytest

from saps.decoding.asked_truth import asks_for_truth


@pytest.mark.parametrize(
    "text",
    [
        "is a even",
        "given numbers a and b , is the sum of a and b even",
        "given an array of numbers a , check if a is sorted",
        "your task is to find whether a can be found in b",
        "given an array of numbers a , are all of them positive",
        "tell me whether the string a is a palindrome , please",
        "given a list of numbers a , return true if any number is negative",
        "can a , b and c be the sides of a triangle",
        "do all words in a start with the same letter",
    ],
)
def test_asks_for_truth(text: str) -> None:
    assert asks_for_truth(text)


@pytest.mark.parametrize(
    "text",
    [
        "given numbers a and b , find their sum",
        "can you add a and b",
        "is a even , otherwise add 1 to it",
        "if a is even return a , else return b",
        "which integers between a and b , both included , are not prime",
        "given an array of numbers a , how many of them are even",
        "at which index , starting from 0 , does the maximum of a occur",
        "check if a is in b and return its position",
        "is a in b , count how often",
        "does a hold b , find where",
        "the words that are longer than a",
        "return a if b is true",
        "do the following , add a to each of b",
        "",
    ],
)
def test_asks_for_something_else(text: str) -> None:
    assert not asks_for_truth(text)
