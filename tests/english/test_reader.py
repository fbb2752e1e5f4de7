"""A specification, read: letters for arguments and literals, the rest left to the network."""

import pytest

from saps.english import Reading, Vocabulary, read_english

VOCABULARY = Vocabulary(
    frozenset(
        ["count", "the", "numbers", "above", "of", "list", "sum", "scores", "price", "number"]
    )
)


def _read(text: str, **arguments: str) -> Reading:
    return read_english(text, VOCABULARY, arguments)


def test_declared_arguments_stand_in_front() -> None:
    reading = _read("count the numbers of xs above k", xs="int[]", k="int")
    assert reading.text == ("given array of numbers a , number b , count the numbers of a above b")
    assert reading.names == {"a": "xs", "b": "k"}


def test_a_name_that_says_something_keeps_its_word() -> None:
    reading = _read("the sum of the scores", scores="int[]")
    assert reading.text == "given array of numbers scores a , the sum of the scores a"


def test_names_of_several_words_are_mentioned_apart() -> None:
    reading = _read("the total cost of it", total_cost="int")
    assert reading.text.endswith("the total cost a of it")


def test_articles_are_no_arguments() -> None:
    reading = _read("a number above a", a="int")
    assert reading.text == "given number a , number above a"


def test_nested_and_truth_types_are_declared_in_words() -> None:
    reading = _read("sum", m="int[][]", p="bool", f="bool[]")
    assert reading.text.startswith(
        "given array of arrays of numbers a , truth value b , array of truth values c ,"
    )


def test_numbers_are_literals_with_a_letter() -> None:
    reading = _read("count the numbers above 17 and 2", xs="int[]")
    assert reading.text.endswith("count the numbers above 17 b and 2")
    assert reading.stand_ins == {"b": "17"}


@pytest.mark.parametrize(
    ("written", "literal", "changes"),
    [
        ("１２", "12", ()),
        ("٣", "3", ()),
        ("1’000", "1000", ()),
        ("½", "0.5", ()),
        ("1e3", "1000", ()),
        ("1 000", "1000", (("1 000", "1000"),)),
        ("3/4", "0.75", (("3/4", "0.75"),)),
        ("5k", "5000", (("5k", "5000"),)),
        ("50%", "50", (("50%", "50, a hundred times the share"),)),
    ],
)
def test_numbers_as_people_write_them(
    written: str, literal: str, changes: tuple[tuple[str, str], ...]
) -> None:
    text = f"given an array of numbers a , count the numbers above {written}"
    for reading in (_read(text), _read(f"count the numbers of a above {written}", a="int[]")):
        assert dict(reading.stand_ins) == {"b": literal}
        assert reading.changes == changes


def test_a_k_that_is_an_argument_is_no_thousand() -> None:
    reading = _read("the sum of xs and 2k", xs="int[]", k="int")
    assert (reading.stand_ins, reading.changes) == ({}, ())


def test_one_letter_for_one_literal() -> None:
    reading = _read("17 of 17 'x'", xs="int[]")
    assert reading.stand_ins == {"b": "17", "c": '"x"'}


def test_what_nobody_declared_is_found_by_its_looks() -> None:
    reading = _read("the sum of xs above `limit` in total_cost")
    assert reading.names == {"a": "xs", "b": "limit", "c": "total_cost"}
    assert not reading.text.startswith("given")


@pytest.mark.parametrize("word", ["whether", "if", "why", "something about how"])
def test_a_function_word_after_say_is_no_name(word: str) -> None:
    assert _read(f"Say {word} a number m is even.").names == {"a": "m"}


def test_a_noun_is_no_name() -> None:
    assert _read("the sum of the prices").names == {}


@pytest.mark.parametrize(
    "text", ["[x * x for x in xs if x > 2]", "xs.map(x => x * x)", "map(lambda x: x * x, xs)"]
)
def test_variables_that_code_binds_are_no_arguments(text: str) -> None:
    assert list(_read(text).names.values()) == ["xs"]


def test_a_bound_variable_never_reads_as_an_argument() -> None:
    reading = _read("[a * a for a in xs]")
    assert reading.names == {"a": "xs"}
    assert reading.text == "[ x * x for x in a ]"


def test_a_signature_declares() -> None:
    reading = _read("def f(xs: list[int]) -> int:  # the sum")
    assert reading.declared == {"xs": "int[]"}
    assert reading.returns == "int"
    assert reading.text == "given array of numbers a , the sum"


def test_the_published_form_declares_itself() -> None:
    text = "given an array of numbers b and a number a , find the sum of b"
    reading = _read(text)
    assert reading.declared == {"b": "int[]", "a": "int"}
    assert reading.text == "given array of numbers a and number b , find the sum of a"


def test_an_unclosed_quote_is_noted() -> None:
    assert ('"', "a quote that is never closed") in _read('the sum of "xs').changes


def test_slips_are_mended_and_noted() -> None:
    reading = _read("count the nubmers")
    assert reading.text == "count the numbers"
    assert ("nubmers", "numbers") in reading.changes


def test_what_was_never_read_is_named() -> None:
    assert _read("the zyxwv of the list").unknown == ("zyxwv",)


def test_letters_run_out_without_an_error() -> None:
    text = " ".join(str(number) for number in range(100, 130))
    assert len(_read(text).stand_ins) == 12


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("teh sum", "the sum"),
        ("numebrs of lists", "numbers of list"),
        ("nmber", "number"),
        ("abov", "above"),
        ("cuont", "count"),
        ("rpice", "rpice"),  # few mistype the first letter of a long word
    ],
)
def test_slips_of_the_keyboard_are_read_as_the_word(typed: str, meant: str) -> None:
    assert _read(typed).text.removeprefix("the ") == meant.removeprefix("the ")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("count the letters a-z", "count the letters"),
        ("is it a capital letter (A-Z)?", "is it capital letter ?"),
        ("count all but [a-z0-9]", "count all but letters and digits"),
        ("keep the digits 0-9 of the list", "keep the digits of the list"),
        ("count a - z", "count a - b"),
        ("compute x = a-z", "compute a = b - c"),
    ],
)
def test_a_range_of_characters_is_no_literal(text: str, read: str) -> None:
    reading = _read(text)
    assert reading.text == read
    assert not reading.stand_ins


def test_the_difference_of_declared_arguments_is_no_range() -> None:
    assert _read("the sum of a-z", a="int", z="int").text.endswith("sum of a - b")


def test_for_example_is_no_name() -> None:
    reading = _read("count the numbers, e.g. 6, i.e. all")
    assert reading.text == "count the numbers , for example 6 a , that is all"
    assert not reading.names


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("count i < j where xs[i] == xs[j]", {"xs"}),
        ("is xs[i + 1] > xs[i] for all i", {"xs"}),
        ("swap xs[i] and xs[j], i and j given", {"xs", "i", "j"}),
        ("f(xs, k) = count of i with xs[i] > k", {"xs", "k"}),
    ],
)
def test_a_place_in_an_array_is_no_argument(text: str, named: set[str]) -> None:
    reading = _read(text)
    assert {reading.names.get(letter, letter) for letter in reading.named} == named


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("count the vowels (a, e, i, o, u)", "count the vowels"),
        ("count a, e, i, o and u of the list", "count vowels of the list"),
        ("count the numbers. ty <3", "count the numbers . ty"),
        ("count the numbers <3", "count the numbers < 3 a"),
        ("Homework week 9. Count the numbers", "count the numbers"),
    ],
)
def test_what_people_write_around_a_request_is_no_name_and_no_number(text: str, read: str) -> None:
    reading = _read(text)
    assert reading.text == read
    assert not reading.names


@pytest.mark.parametrize(
    ("text", "named", "literals"),
    [
        ("can u count the numbers, u know", set(), set()),
        ("i've a list of numbers", set(), set()),
        ("say true if the sum of p and q is even", {"p", "q"}, set()),
        ("the price with a comma", set(), {'","'}),
        ("three numbers p, q and r: is the third one above them", {"p", "q", "r"}, set()),
        ("three numbers p, q and three", {"p", "q"}, {"3"}),
        ("coins are 1,2,5,10,20,50,100 and 200", set(), {"5", "20", "50", "100", "200"}),
        ("the sum of 12,34,567", set(), {"1234567"}),
        ("shift every letter k places on", {"k"}, set()),
    ],
)
def test_words_that_look_like_names_and_numbers(
    text: str, named: set[str], literals: set[str]
) -> None:
    reading = _read(text)
    assert {reading.names.get(letter, letter) for letter in reading.named} == named
    assert set(reading.stand_ins.values()) == literals
