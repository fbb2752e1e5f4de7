import pytest

from saps.data.example import Example, Test
from saps.data.tokenizer import normalise_text
from saps.lang import parse


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


def _priced(text: str, program: str, **arguments: str) -> Example:
    inputs = dict.fromkeys(arguments, 1)
    return Example(text, arguments, "int", parse(program), (Test(inputs, 2),))


def test_arguments_get_letters_that_are_no_words_of_the_text() -> None:
    task = _priced(
        "given a price and the total _ tax , add b to price",
        "(+ price b)",
        price="int",
        total_tax="int",
        b="int",
    )
    found = task.anonymised()
    assert found.text == "given a c and the d , add b to c"
    assert list(found.arguments) == ["c", "d", "b"]
    assert str(found.program) == "(+ c b)"
    assert found.tests[0].inputs == {"c": 1, "d": 1, "b": 1}
    assert found.anonymised() is found


def test_a_capital_is_the_letter_that_the_text_has_for_it() -> None:
    found = _priced("given a number a , find a + 1", "(+ A 1)", A="int").anonymised()
    assert (found.text, str(found.program)) == ("given a number a , find a + 1", "(+ a 1)")
