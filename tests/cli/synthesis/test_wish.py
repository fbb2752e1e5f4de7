"""Arguments and examples as a user types them, and as files have them."""

from pathlib import Path

import pytest

from saps.cli.failure import CommandError
from saps.cli.synthesis.wish import read_arguments, read_example, read_examples_file


def test_arguments_are_names_and_types() -> None:
    assert read_arguments(["a=int[]", " b = string "]) == {"a": "int[]", "b": "string"}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a"], "--arg 'a': expected a name and a type, such as a=int[]"),
        (["=int"], "expected a name and a type"),
        (["a="], "expected a name and a type"),
        (["a=int", "a=string"], "argument a is declared as int and as string"),
        (["x=int", "X=int"], "arguments x and X differ in case alone; rename one"),
        (["my xs=int[]"], "can not be named 'my xs': a name is one word, such as my_xs"),
        (["3=int"], "can not be named '3': that has a meaning already"),
        (["f=(int) -> int"], "argument f can not be of type (int) -> int: a program is given"),
    ],
)
def test_what_declares_nothing_is_refused(texts: list[str], told: str) -> None:
    with pytest.raises(CommandError) as caught:
        read_arguments(texts)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "example"),
    [
        ('{"a": [1, 2, 3]} -> 6', ({"a": [1, 2, 3]}, 6)),
        ('{"a": "x -> y"}->"->z"', ({"a": "x -> y"}, "->z")),
        ("{} -> [1.5, true]", ({}, [1.5, True])),
    ],
)
def test_an_example_is_inputs_and_output(text: str, example: object) -> None:
    assert read_example(text) == example


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1}', "has no '->' after the inputs"),
        ('{"a": [1} -> 2', "not JSON: Expecting ',' delimiter at character 9"),
        ('{"a": 1} -> x', "the output of"),
        ("[1] -> 1", "are no JSON object"),
    ],
)
def test_an_example_of_another_form_is_refused(text: str, told: str) -> None:
    with pytest.raises(CommandError) as caught:
        read_example(text)
    assert told in str(caught.value)


def test_examples_of_a_file_are_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text('{"input": {"a": 1}, "output": 2}\n\n{"input": {"a": 2}, "output": null}\n')
    assert read_examples_file(path) == [({"a": 1}, 2), ({"a": 2}, None)]


def test_examples_of_a_csv_have_a_column_for_each_argument(tmp_path: Path) -> None:
    path = tmp_path / "examples.csv"
    path.write_text('a,output,b\n"[1, 2]",3,word\n4, "true" ,"""5"""\n')
    assert read_examples_file(path) == [
        ({"a": [1, 2], "b": "word"}, 3),
        ({"a": 4, "b": "5"}, True),
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("e.jsonl", "", "has no example"),
        ("e.jsonl", '{"input": {}, "output": 1}\n{]', "e.jsonl, line 2: not JSON"),
        ("e.jsonl", '{"input": 1, "output": 1}', "line 1: expected"),
        ("e.jsonl", '{"input": {}}', 'line 1 has no "output"'),
        ("e.csv", "a,b\n1,2\n", "one column 'output'"),
        ("e.csv", "a,a,output\n1,2,3\n", "each once"),
        ("e.csv", "a,output\n1,2\n1,2,3\n", "line 3 has 3 values for 2 columns"),
        ("e.csv", "", "found nothing"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError) as caught:
        read_examples_file(tmp_path / name)
    assert told in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(b"a,output\n\xff,1\n")
    with pytest.raises(CommandError, match="is not UTF-8 text: byte 10"):
        read_examples_file(tmp_path / "e.csv")
