"""Notation becomes words, and English without notation stays as it is."""

import random
from pathlib import Path

import pytest

from saps.data import read_examples
from saps.decoding.english import Vocabulary, read_english
from saps.decoding.english.notation import in_words

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = [example.text for example in read_examples(ROOT / "data" / "sample.jsonl")][:300]
TYPES = {
    "xs": "int[]", "v": "int[]", "s": "string", "words": "string[]",
    "n": "int", "k": "int", "lo": "int", "hi": "int", "start": "int",
}  # fmt: skip

CASES = [
    # Parts of arrays and strings.
    ("find xs[0]", "find the first element of xs"),
    ("find xs[1]", "find the second element of xs"),
    ("find xs[3]", "find the element of xs at index 3"),
    ("find v[i]", "find the element of v at index i"),
    ("find v[i + 1]", "find the element of v at index i + 1"),
    ("find the v[-1]", "find the last element of v"),
    ("find v[len(v) - 1]", "find the last element of v"),
    ("find v[len(v) // 2]", "find the middle element of v"),
    ("find s[i]", "find the character of s at index i"),
    ("find s[0]", "find the first character of s"),
    ("find s[1]", "find the character of s at index 1"),
    ("Given a string t, find t[-1]", "Given a string t, find the last character of t"),
    ("Given a list ys, find ys[-1]", "Given a list ys, find the last element of ys"),
    ("find words[0][0]", "find the first character of the first element of words"),
    ("find xs[xs[k]]", "find the element of xs at index the element of xs at index k"),
    ("find v[i:]", "find the elements of v from index i till the end"),
    ("find v[1:]", "find all elements of v except the first one"),
    ("find v[:n]", "find the first n elements of v"),
    ("find v[0:n]", "find the first n elements of v"),
    ("find v[-k:]", "find the last k elements of v"),
    ("find v[:-1]", "find all elements of v except the last one"),
    ("find v[1:-1]", "find all elements of v excluding both ends"),
    ("find v[i:j]", "find the elements of v from index i to index j exclusive"),
    ("find v[i:j + 1]", "find the elements of v from index i to index j inclusive"),
    ("find v[:k + 1]", "find the elements of v up to index k inclusive"),
    ("find s[1:]", "find all characters of s except the first one"),
    ("find v[::-1]", "find the reverse of v"),
    ("find v[1::2]", "find the elements of v at odd indices"),
    ("find v[:len(v) // 2]", "find the first half of v"),
    # Calls.
    ("find len(xs)", "find the length of xs"),
    ("find xs.length", "find the length of xs"),
    ("find max(a, b)", "find the maximum of a and b"),
    ("find max(a, b, k)", "find the maximum of numbers a, b and k"),
    ("find the max(xs)", "find the maximum of xs"),
    ("find sum(v[:n])", "find the sum of the first n elements of v"),
    ("find max(sum(xs), sum(v))", "find the maximum of the sum of xs and the sum of v"),
    ("find floor(sqrt(n))", "find the square root of n rounded down"),
    ("find floor(n / k)", "find n divided by k rounded down"),
    ("find sorted(xs)", "find sorted xs"),
    ("find sorted(xs)[k]", "find the element of sorted xs at index k"),
    ("find reversed(sorted(xs))", "find xs sorted in descending order"),
    ("find reversed(xs)", "find the reverse of xs"),
    ("find range(n)", "find the integers from 0 to n exclusive"),
    ("find range(a, b)", "find the integers from a to b exclusive"),
    ("find range(1, n + 1)", "find the integers from 1 to n inclusive"),
    ("find square(k)", "find the square of k"),
    ("find foo(x) and foo(xs[0])", "find foo(x) and foo(xs[0])"),
    ("find |n| and |xs|", "find the absolute value of n and the length of xs"),
    # Arithmetic.
    ("find x^2", "find the square of x"),
    ("find x**2", "find the square of x"),
    ("find x²", "find the square of x"),
    ("find n³", "find n * n * n"),
    ("find 2^k", "find 2 to the power of k"),
    ("below 10^9", "below 1000000000"),
    ("find (a + b)^2", "find the square of the sum of a and b"),
    ("find x^2 + y^2", "find x squared plus y squared"),
    ("find n!", "find the factorial of n"),
    ("find (n - k)!", "find the factorial of the difference of n and k"),
    ("find the digits of start!", "find the digits of the factorial of start"),
    ("find n! / k!", "find the result of dividing the factorial of n by the factorial of k"),
    ("find n // k", "find n divided by k rounded down"),
    ("find (a + b) // 2", "find the result of dividing a + b by 2"),
    ("find n % k", "find n modulo k"),
    ("find n mod k", "find n modulo k"),
    ("find a × b", "find a * b"),
    ("find 2n + 1", "find 2 * n + 1"),
    ("find a * (b + k)", "find the product of a and the sum of b and k"),
    ("find xs[0] + k", "find the sum of the first element of xs and k"),
    ("the length of xs - xs[0]", "the length of xs minus the first element of xs"),
    ("find total - xs[0] * 2", "find total - the first element of xs * 2"),
    ("find a − 1", "find a - 1"),
    ("find ∑ xs", "find the sum of xs"),
    ("find Σ xs", "find the sum of xs"),
    (r"find $\sum xs$", "find $the sum of xs$"),
    # Comparisons and intervals.
    ("elements of xs with x <= k", "elements of xs with x less than or equal to k"),
    ("elements of xs > k", "elements of xs greater than k"),
    ("elements that are ≥ 3", "elements that are greater than or equal to 3"),
    ("elements that ≠ k", "elements that are not equal to k"),
    ("words whose length == n", "words whose length is equal to n"),
    ("if a < b return a", "if a is less than b return a"),
    ("return a < b", "return whether a is less than b"),
    ("k such that k % 2 == 0", "k such that k is even"),
    ("x such that x % k != 0", "x such that x is not divisible by k"),
    ("elements where number % 3 == 0", "elements where number is divisible by 3"),
    ("for 1 <= k < n", "for k from 1 to n exclusive"),
    ("for 1 ≤ k ≤ n", "for k from 1 to n inclusive"),
    ("for 0 < k < n", "for k greater than 0 and less than n"),
    ("elements of xs in [lo, hi]", "elements of xs between lo and hi inclusive"),
    ("the integers in [a, b)", "the integers from a to b exclusive"),
    ("in the range [lo, hi]", "in the range from lo to hi inclusive"),
    ("elements x of xs with x < k", "elements of xs that are less than k"),
    ("all numbers x in xs such that x % 2 == 0", "all numbers in xs that are even"),
    # Ellipses.
    ("print 1, 2, ..., n", "print the integers from 1 to n inclusive"),
    ("print 0, 1, …, n - 1", "print the integers from 0 to n exclusive"),
    ("the numbers 1..n", "the numbers from 1 to n inclusive"),
    ("for i = 0..n", "for i from 0 to n inclusive"),
    ("find 1 + 2 + ... + n", "find the sum of the integers from 1 to n inclusive"),
    ("the sum 1 + 2 + ... + n", "the sum of the integers from 1 to n inclusive"),
    ("the product of 1 * 2 * ... * n", "the factorial of n"),
    (
        "the sum of squares 1² + 2² + ... + n²",
        "the sum of the squares of integers from 1 to n inclusive",
    ),
    ("find 1 * 2 * ... * n", "find the factorial of n"),
    ("find n * (n - 1) * ... * 1", "find the factorial of n"),
    ("find 1² + 2² + … + n²", "find the sum of the squares of integers from 1 to n inclusive"),
    ("find xs[1], xs[3], xs[5], ...", "find the elements of xs at odd indices"),
    ("find xs[0] + xs[2] + ...", "find the sum of the elements of xs at even indices"),
    ("find xs[0], xs[1], ..., xs[n-1]", "find the first n elements of xs"),
    ("those at indices 1, 3, 5, ...", "those at odd indices"),
    ("1/2 + 1/3 + ... + 1/n", "1/2 + 1/3 and so on up to 1/n"),
    ("a, b, k, ...", "a, b, k and so on"),
    ("Well... find k", "Well, find k"),
    # Asides.
    ("Reverse the digits of n, e.g. 371 gives 173.", "Reverse the digits of n."),
    ("Reverse n (e.g. 371 -> 173) and print it.", "Reverse n and print it."),
    ("Reverse n (so 120 turns into 21), e.g. 371 gives 173.", "Reverse n."),
    ("Reverse n (like 371 to 173) and print it.", "Reverse n and print it."),
    ("Given n, for example 371, find its reverse", "Given n, find its reverse"),
    ("For example, [1, 2] gives 3. Add up xs.", "Add up xs."),
    ("Add up xs. Example: [1, 2] -> 3", "Add up xs."),
    ("Add up numbers such as 1, 2 and 3", "Add up numbers"),
    ("the limit, i.e. the largest of xs", "the limit, the largest of xs"),
    ("letters, digits, etc. of s", "letters, digits and so on of s"),
    ("a list xs (possibly empty) of numbers", "a list xs, possibly empty, of numbers"),
    ("find the largest (of all).", "find the largest, of all."),
    ("find the element(s) of xs", "find the elements of xs"),
    ("a limit (k)", "a limit k"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_notation_is_told_in_words(text: str, expected: str) -> None:
    assert in_words(text, TYPES).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "Stop! Find the sum of a and b!",
        "Reverse xs!",
        "Add up all the elements of v!",
        "Add k and n!",
        "What is the sum of a? Print it!",
        "the segment with ends at coordinates ( a , b ) and ( c , d )",
        "the segment from (a, b) to (c, d)",
        "the range from 0 to n ( inclusive )",
        "the range from 0 to n (exclusive)",
        "the a - th element of xs , with 1 - based index a",
        "the (n - 1)-th element of xs",
        "the 2nd element of a 2d list, 50% of the 1st",
        "xs: list[int], n: int -> int[]",
        "find a * b , a / b and a - b + c",
        "for example the largest of all",
        "numbers such as primes",
        "f(x) = g(x, y)",
        "the elements at indices 1 , 3 , 5 and so on ( zero - based )",
        "numbers x and y , return all numbers x with x",
        "a well-known, non-negative number",
    ],
)  # fmt: skip
def test_english_without_notation_stays(text: str) -> None:
    assert in_words(text, TYPES).text == text


@pytest.mark.parametrize("text", SAMPLE)
def test_text_in_the_form_of_the_data_stays(text: str) -> None:
    told = in_words(text, {})
    assert (told.text, told.changes) == (text, ())


@pytest.mark.parametrize("text", [expected for _, expected in CASES])
def test_words_are_not_told_again(text: str) -> None:
    again = in_words(text, TYPES).text
    assert in_words(again, TYPES).text == again


def test_changes_say_what_was_read_as_what() -> None:
    told = in_words("find n! and xs[0] + k (e.g. 3 + 4 = 7)", TYPES)
    assert told.changes == (
        ("(e.g. 3 + 4 = 7)", ""),
        ("n!", "the factorial of n"),
        ("xs[0] + k", "the sum of the first element of xs and k"),
    )


def test_any_string_of_signs_is_read() -> None:
    pieces = [*"abnx013()[]{}^!*+-/%<>=,.:|√∑²≤…×' `", "xs", "len(", "max(", " e.g. ", "i.e.",
              "...", "..", "**", "//", " and ", " the ", " indices ", "return "]  # fmt: skip
    draw = random.Random(1)
    for _ in range(400):
        text = "".join(draw.choices(pieces, k=draw.randrange(25)))
        assert isinstance(in_words(text, TYPES).text, str)


@pytest.mark.parametrize(
    "text", ["(" * 300, "a[" * 100, "√" * 300, "x^" * 200, "1 + " * 300 + "1", "max(" * 60]
)
def test_deep_or_long_formulas_are_no_error(text: str) -> None:
    assert in_words(text, TYPES).text


def test_specification_with_notation_reaches_the_model_in_words() -> None:
    vocabulary = Vocabulary.of_texts([*SAMPLE, "first element square"])
    reading = read_english("Find nums[0] + limit²", vocabulary, {"nums": "int[]", "limit": "int"})
    words = "find the sum of the first element of a and the square of b"
    assert reading.text.endswith(words)
    assert reading.changes[0] == (
        "nums[0] + limit²",
        "the sum of the first element of nums and the square of limit",
    )
