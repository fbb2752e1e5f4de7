"""What is told of an answer besides the answer."""

from dataclasses import replace

from saps.cli.answers import notes
from saps.english import Reading
from saps.lang import parse
from saps.synthesis.answer import Candidate, Outcome, Synthesis


def _answer(written: str, **numbers: str) -> Synthesis:
    """An answer whose text had numbers, by letter."""
    program = parse(written)
    candidate = Candidate(program, {}, "int", -0.5, "", written=program)
    answer = Synthesis("x", program, {}, "int", -0.5, "", (candidate,))
    return replace(answer, reading=Reading("x", {}, (), (), numbers))


def test_numbers_that_have_no_part_in_the_program_are_named() -> None:
    told = list(notes(_answer("(+ a c)", b="3", c="5", d="-7")))
    assert told == [
        "the number 3 is not used by the program",
        "the number -7 is not used by the program",
    ]
    assert list(notes(_answer("(+ a b)", b="3"))) == []


def test_a_number_that_may_have_been_meant_otherwise_is_told() -> None:
    changes = (("3/4", "0.75"), ("1.000", "1.0, not as 1000"), ("teh", "the one"))
    answer = replace(_answer("(+ a b)"), reading=Reading("x", {}, changes))
    assert list(notes(answer)) == ["'1.000' was read as 1.0, not as 1000"]


def test_arguments_that_the_program_has_not_and_types_that_the_text_has_otherwise_are_named() -> (
    None
):
    program = parse("(* s n)")
    answer = Synthesis("x", program, {"s": "int", "n": "int", "w": "bool"}, "int", -0.5, "")
    stated = {"s": "string", "n": "int", "xs": "int[]"}
    answer = replace(answer, reading=Reading("x", {}, declared=stated))
    assert list(notes(answer)) == [
        "the argument w is not used by the program",
        "the argument xs is not used by the program",
        "the text says that s is string, but the program takes int",
    ]
    fitting = replace(answer, arguments={"s": "string", "n": "int"})
    reading = Reading("x", {}, declared={"s": "string", "n": "int"})
    assert list(notes(replace(fitting, reading=reading))) == []


def test_unknown_words_are_cut_and_the_last_of_many_are_counted() -> None:
    unknown = ("q" * 5000, *(f"w{number}" for number in range(11)))
    answer = replace(_answer("a"), reading=Reading("x", {}, (), unknown))
    [told] = [note for note in notes(answer) if "never seen" in note]
    assert f"'{'q' * 39}…', 'w0', " in told
    assert "'w8' and 2 more; use another" in told


def _of_examples(program: str, *passed: bool) -> Candidate:
    outcomes = tuple(Outcome({"xs": [4]}, 4, 4 if p else 9, "", passed=p) for p in passed)
    return Candidate(parse(program), {"xs": "int[]"}, "int", -0.5, "", outcomes)


def test_an_example_that_leaves_several_programs_is_called_weak() -> None:
    best = _of_examples("(reduce xs 0 +)", True)
    answer = Synthesis("x", best.program, best.arguments, "int", -0.5, "", (best,), n_meanings=3)
    assert "the example is not enough to decide: 3 programs fit it" in list(notes(answer))
    two = replace(answer, candidates=(_of_examples("(reduce xs 0 +)", True, True),))
    assert "the examples are not enough to decide: 3 programs fit them" in list(notes(two))
    assert list(notes(replace(answer, n_meanings=1))) == []


def test_an_example_that_the_text_contradicts_is_told() -> None:
    best = _of_examples("(len xs)", True)
    by_text = _of_examples("(reduce xs 0 +)", False)
    answer = Synthesis("x", best.program, best.arguments, "int", -0.5, "", (best,), by_text=by_text)
    [told] = notes(answer)
    assert told == (
        'from the text alone it would be (reduce xs 0 +), which gives 9 for {"xs": [4]}; '
        "check the text and the example"
    )


def test_steps_that_are_lost_and_conventions_are_told() -> None:
    program = parse("(/ (reduce xs 0 +) (len xs))")
    answer = Synthesis("the average of the squares", program, {"xs": "int[]"}, "int", -0.5, "")
    answer = replace(answer, reading=Reading("the average of the squares of xs", {}))
    assert list(notes(answer)) == [
        "the word 'squares' is not used by the program",
        "division rounds down: 7 / 2 is 3, and -7 / 2 is -4 (see Conventions in docs/language.md)",
    ]
