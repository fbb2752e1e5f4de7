"""What a request says of the arguments of a program."""

from saps.lang import parse
from saps.search.fallback import is_plausible
from saps.search.request import InputOutput, Request


def test_arguments_of_any_type_need_not_occur() -> None:
    assert Request({"a": "A", "b": "int", "c": "T[]"}).wanted_arguments() == {
        "b": "int",
        "c": "T[]",
    }
    assert Request().wanted_arguments() is None
    shown = Request(examples=(InputOutput({"a": [1]}, 1),))
    assert shown.wanted_arguments() == {"a": "int[]"}


def test_a_program_is_plausible_without_them_and_not_without_the_others() -> None:
    request = Request({"a": "A", "b": "int", "c": "C"})
    assert is_plausible(parse("(filter a (partial1 b >))"), request)
    assert not is_plausible(parse("(reduce a 0 +)"), request)


def test_what_the_text_alone_calls_by_a_letter_need_not_occur() -> None:
    request = Request({"a": "int", "b": "int"}, spare=frozenset("b"))
    assert request.wanted_arguments() == {"a": "int"}
    assert is_plausible(parse("(range 1 (- a 1))"), request)
    assert not is_plausible(parse("(range 1 b)"), request)
