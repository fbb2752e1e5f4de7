"""A SELECT in a request: what it becomes gives the rows that a database would."""

from typing import Any

import pytest

from saps.lang import Value, compile_program
from saps.synthesis.sql_texts import select_types, sql_as_code
from tests.pretrained import synthesizer

WORDS: list[Value] = ["pear", "fig", "apple", "Egg", "fig"]
PEOPLE: dict[str, Value] = {"name": ["Ann", "Bob", "Cy", "Dee"], "age": [20, 15, 30, 15]}


@pytest.mark.parametrize(
    ("text", "inputs", "value"),
    [
        ("SELECT COUNT(*) FROM words WHERE LENGTH(word) BETWEEN lo AND hi", {"lo": 3, "hi": 4}, 4),
        ("select count(distinct word) from words;", {}, 4),
        ("SELECT word FROM words WHERE word LIKE 'f%'", {}, ["fig", "fig"]),
        ("SELECT word FROM words WHERE word NOT LIKE '%g'", {}, ["pear", "apple"]),
        (
            "SELECT word FROM words WHERE word LIKE '%p%' OR word = 'Egg'",
            {},
            ["pear", "apple", "Egg"],
        ),
        (
            "SELECT UPPER(word) FROM words WHERE word IN ('pear', 'fig') LIMIT 2",
            {},
            ["PEAR", "FIG"],
        ),
        ("SELECT word FROM words ORDER BY word DESC LIMIT 1", {}, ["pear"]),
        ("SELECT DISTINCT word FROM words ORDER BY word", {}, ["Egg", "apple", "fig", "pear"]),
        ("select words from words where word > 'f'", {}, ["pear", "fig", "fig"]),
        (
            "SELECT word FROM words ORDER BY LENGTH(word) -- ties stay",
            {},
            ["fig", "Egg", "fig", "pear", "apple"],
        ),
    ],
)
def test_a_table_of_one_column_is_an_array(
    text: str, inputs: dict[str, Value], value: Value
) -> None:
    assert _run(text, {"words": WORDS, **inputs}) == value


@pytest.mark.parametrize(
    ("text", "inputs", "value"),
    [
        ("SELECT name FROM people WHERE age >= least", {"least": 20}, ["Ann", "Cy"]),
        ("SELECT name FROM people WHERE age >= :least", {"least": 20}, ["Ann", "Cy"]),
        ("SELECT name FROM people WHERE age > 1 ORDER BY age", {}, ["Bob", "Dee", "Ann", "Cy"]),
        ("SELECT name FROM people p ORDER BY age DESC LIMIT 2", {}, None),
        ("SELECT name FROM people WHERE age > 0 ORDER BY age DESC LIMIT 2", {}, ["Cy", "Ann"]),
        ("SELECT AVG(age) FROM people WHERE name <> 'Cy'", {}, 50 / 3),
        ("SELECT COALESCE(MAX(age), 0) FROM people WHERE name = 'Zoe'", {}, 0),
        ("SELECT MAX(age) - MIN(age) FROM people WHERE name != 'Cy'", {}, 5),
    ],
)
def test_a_table_of_two_columns_is_two_arrays(
    text: str, inputs: dict[str, Value], value: Value
) -> None:
    if value is None:
        assert sql_as_code(text, None) == ("", frozenset())
    else:
        assert _run(text, {**PEOPLE, **inputs}) == pytest.approx(value)


def _run(text: str, inputs: dict[str, Value]) -> Any:
    answer = synthesizer().synthesize(text)
    assert (answer.confidence or 0.0) > 0.3
    assert set(answer.arguments) <= set(inputs)
    return compile_program(answer.program, answer.arguments)(
        {name: value for name, value in inputs.items() if name in answer.arguments}
    )


def test_columns_find_declared_arrays_by_their_plural() -> None:
    declared = {"names": "string[]", "ages": "int[]", "least": "int"}
    code, arrays = sql_as_code("SELECT name FROM people WHERE age > least", declared)
    assert (
        code
        == "[names[row_number] for row_number in range(len(names)) if ages[row_number] > least]"
    )
    assert arrays == {"names", "ages"}


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("SELECT city FROM t WHERE n < m", {"city": "string[]", "n": "int[]", "m": "int"}),
        ("SELECT SUM(v) FROM t WHERE label = 'a'", {"v": "int[]", "label": "string[]"}),
        ("SELECT COUNT(DISTINCT v) FROM t", {}),
        ("select the largest from xs", {}),
    ],
)
def test_types_come_from_signs_functions_and_names(text: str, types: dict[str, str]) -> None:
    assert select_types(text) == types


@pytest.mark.parametrize(
    "text",
    [
        "select the three largest numbers from the list",
        "select words from a list where the length is even",
        "select duplicates from xs",
        "SELECT a FROM t WHERE a > AVG(a)",
        "SELECT MAX(SUM(a)) FROM t",
        f"SELECT {'(' * 60}a{')' * 60} FROM t WHERE a > 1",
        "SELECT a, b FROM t",
        "SELECT dept, SUM(pay) FROM staff GROUP BY dept",
        "SELECT a FROM t WHERE a LIKE 'x%y'",
        "SELECT a FROM t JOIN u ON t.id = u.id",
        "DELETE FROM t",
    ],
)
def test_other_texts_are_left_to_the_model(text: str) -> None:
    assert sql_as_code(text, None) == ("", frozenset())


@pytest.mark.parametrize(
    ("text", "inputs", "value"),
    [
        ('=IF(a>=90,"A",IF(a>=75,"B","C")) - as a function of a', {"a": 80}, "B"),
        ("=IF(AND(a>0, b>0), a+b, 0)", {"a": 2, "b": -1}, 0),
        ("=MAX(a,b)-MIN(a,b)", {"a": 2, "b": 9}, 7),
        ("=MOD(n, 2)", {"n": 7}, 1),
    ],
)
def test_a_formula_of_a_spreadsheet_is_read_as_code(
    text: str, inputs: dict[str, Value], value: Value
) -> None:
    assert _run(text, inputs) == value
