import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import pytest

from saps.cli.synthesize import line_answers


def in_batches_of(size: int) -> Any:
    """A synthesizer that reads `size` lines before it answers, and answers in upper case."""

    def synthesize_many(texts: Iterable[str]) -> Iterator[Any]:
        source = iter(texts)
        while batch := list(islice(source, size)):
            yield from (text.upper() for text in batch)

    return synthesize_many


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_answers_keep_the_order_of_the_lines(size: int) -> None:
    stream = io.BytesIO(b"a\n\xff\xfe\nb\n\n\x80\n\x81\nc")
    answers = list(line_answers(stream, in_batches_of(size)))
    texts = [text for text, _ in answers]
    assert texts == ["a", r"\xff\xfe", "b", "", r"\x80", r"\x81", "c"]
    assert [isinstance(result, Exception) for _, result in answers] == [
        False, True, False, False, True, True, False,
    ]  # fmt: skip
    results = [str(result) for _, result in answers if not isinstance(result, Exception)]
    assert results == ["A", "B", "", "C"]


def test_a_line_that_is_no_text_is_named_by_its_number() -> None:
    (_, error), *_ = line_answers(io.BytesIO(b"ab\xff\n"), in_batches_of(1))
    assert str(error) == "line 1 is not UTF-8 text: byte 3 is invalid"


def test_windows_line_ends_are_no_part_of_the_text() -> None:
    answers = line_answers(io.BytesIO(b"a\r\nb\r\n"), in_batches_of(1))
    assert [text for text, _ in answers] == ["a", "b"]


def test_a_byte_order_mark_is_no_part_of_the_first_text() -> None:
    stream = io.BytesIO(b"\xef\xbb\xbffirst\n\xef\xbb\xbfsecond\n")
    texts = [text for text, _ in line_answers(stream, in_batches_of(2))]
    assert texts == ["first", "\ufeffsecond"]


def test_lines_are_read_only_as_the_synthesizer_asks_for_them() -> None:
    stream = io.BytesIO(b"a\n" * 1000)
    next(line_answers(stream, in_batches_of(10)))
    assert stream.tell() == 10 * len(b"a\n")
