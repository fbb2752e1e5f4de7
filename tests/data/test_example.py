import pytest

from saps.data.example import normalise_text


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        pytest.param("Given an array A, find", "given an array a , find", id="case-and-comma"),
        pytest.param("the `a` and  b", "the a and b", id="backquotes-and-spaces"),
        pytest.param("a+b (or 10)", "a + b ( or 10 )", id="operators-and-numbers"),
        pytest.param("b-th\telement's\n", "b - th element ' s", id="hyphen-apostrophe-whitespace"),
        pytest.param("a1 2b", "a 1 2 b", id="digits-apart-from-letters"),
        pytest.param("x_y", "x _ y", id="underscore"),
        pytest.param("größe", "größe", id="letters-of-any-alphabet"),
        pytest.param(" \n", "", id="nothing"),
    ],
)
def test_normalise_text_splits_as_the_data_does(written: str, normal: str) -> None:
    assert normalise_text(written) == normal
    assert normalise_text(normal) == normal
