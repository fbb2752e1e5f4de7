import pytest

from saps.cli.console import excerpt


def test_excerpt_marks_the_place() -> None:
    assert excerpt("(+ 1 true)", 5) == "  (+ 1 true)\n       ^"


def test_excerpt_marks_the_end_of_the_text() -> None:
    assert excerpt("(+ 1", 4) == "  (+ 1\n      ^"


def test_excerpt_shows_only_the_line_in_question() -> None:
    assert excerpt("(+\n  1\n  true)", 9) == "    true)\n    ^"


@pytest.mark.parametrize("start", [0, 30, 100, 170, 199])
def test_excerpt_of_a_long_line_still_marks_the_place(start: int) -> None:
    text = "".join(chr(ord("a") + i % 26) for i in range(200))
    line, carets = excerpt(text, start).split("\n")
    assert len(line) < 90
    assert line[carets.index("^")] == text[start]
