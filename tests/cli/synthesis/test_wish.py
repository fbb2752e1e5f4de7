"""Arguments and examples as a user types them, and as files have them."""

import gzip
import json
import lzma
from pathlib import Path

import pytest

from saps.cli.asking import read_arguments, read_example, read_examples_file
from saps.cli.console import CommandError
from saps.data.files import DataError
from tests.cli.conftest import RunSaps


def test_arguments_are_names_and_types() -> None:
    assert read_arguments(["a=int[]", " b = string "]) == {"a": "int[]", "b": "string"}


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["a"], "--arg 'a': expected a name and a type, such as a=int[]"),
        (["=int"], "expected a name and a type"),
        (["a="], "expected a name and a type"),
        (["a=int", "a=string"], "argument a is declared as int and as string"),
        (["my xs=int[]"], "cannot be named 'my xs': a name is one word, such as my_xs"),
        (["xs=list[int]"], "argument xs: 'list[int]' is not a type; write int[]"),
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
        ("[1] -> 1", "are not a JSON object"),
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
    path.write_text('a,output,b\n"[1, 2]",3,word\n4, "true","""5"""\n')
    assert read_examples_file(path) == [
        ({"a": [1, 2], "b": "word"}, 3),
        ({"a": 4, "b": "5"}, True),
    ]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("e.jsonl", "", "e.jsonl: holds no example"),
        ("e.json", "[]", "e.json: holds no example"),
        ("e.csv", "a,output\n\n", "e.csv: holds no example"),
        ("e.jsonl", '{"input": {}, "output": 1}\n{]', "e.jsonl, line 2: not JSON"),
        ("e.jsonl", '{"input": 1, "output": 1}', "line 1: expected"),
        ("e.jsonl", '{"input": {}}', "line 1: expected a field 'output'"),
        ("e.csv", "a,b\n1,2\n", "line 2: expected a column 'output'"),
        ("e.csv", "a,a,output\n1,2,3\n", "line 1: names the column 'a' twice"),
        ("e.csv", "a,output\n1,2\n1,2,3\n", "line 3: has 3 values for 2 columns"),
        ("e.csv", "", "e.csv: holds no example"),
        ("e.csv", "\na,output", "line 1: has no header"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises((CommandError, DataError)) as caught:
        read_examples_file(tmp_path / name)
    assert told in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(b"a,output\n\xff,1\n")
    with pytest.raises(DataError, match="is not UTF-8"):
        read_examples_file(tmp_path / "e.csv")


def test_other_line_ends_than_that_of_the_system_may_stand_in_a_text(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes('s,output\r\n"a\u2028b\fc\r\nd",1\r\n'.encode())
    assert read_examples_file(tmp_path / "e.csv") == [({"s": "a\u2028b\fc\r\nd"}, 1)]
    (tmp_path / "e.jsonl").write_text('{"input": {"s": "a\u2028b\x85"}, "output": 1}\r\n')
    assert read_examples_file(tmp_path / "e.jsonl") == [({"s": "a\u2028b\x85"}, 1)]


LINE = '{"input": {"a": 1}, "output": 2}'


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(f"[{LINE},\n {LINE}]".encode(), id="array"),
        pytest.param(json.dumps([json.loads(LINE)] * 2, indent=2).encode(), id="pretty-array"),
        pytest.param(f"{LINE}\n{LINE}\n".encode("utf-16"), id="utf-16"),
        pytest.param(b"\xef\xbb\xbf" + f"{LINE}\n{LINE}".encode(), id="byte-order-mark"),
        pytest.param(gzip.compress(f"{LINE}\n{LINE}".encode()), id="gzip"),
        pytest.param(lzma.compress(f"{LINE}\n{LINE}".encode()), id="xz"),
        pytest.param(2 * b'{\n "input": {"a": 1},\n "output": 2\n}', id="pretty"),
    ],
)
def test_files_are_read_as_people_have_them(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "e.json").write_bytes(data)
    assert read_examples_file(tmp_path / "e.json") == [({"a": 1}, 2)] * 2


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b"PK\x03\x04....", "the zip data is cut short or damaged", id="zip"),
        pytest.param(gzip.compress(b" " * (65 << 20)), "is longer than 16,000,000", id="bomb"),
        pytest.param(gzip.compress(LINE.encode())[:-9], "the gzip data is cut short", id="cut"),
        pytest.param(b'{"input": {"a": "\\ud83d"}, "output": 1}', "surrogate pair", id="half"),
    ],
)
def test_a_file_that_can_not_be_read_says_what_to_do(
    tmp_path: Path, data: bytes, told: str
) -> None:
    (tmp_path / "e.json").write_bytes(data)
    with pytest.raises((CommandError, DataError), match=told):
        read_examples_file(tmp_path / "e.json")


def test_inputs_may_come_from_a_file_or_from_stdin(saps: RunSaps, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps({"a": list(range(100_000))}))
    outcome = saps("run", "(len a)", "--input", f"@{tmp_path}/in.json")
    assert (outcome.status, outcome.out) == (0, "100000\n")
    assert saps("run", "(len a)", "--input", "@-", stdin=b'{"a": [1]}').out == "1\n"
    outcome = saps("run", "(len a)", "--input", f"@{tmp_path}/none.json")
    assert outcome.err == (
        f"saps: error: {tmp_path}/none.json: cannot be read (No such file or directory); "
        "check the path\n"
    )
    (tmp_path / "in.json").write_text("[")
    told = saps("run", "(len a)", "--input", f"@{tmp_path}/in.json").err
    assert f"--input @{tmp_path}/in.json is not JSON: Expecting value at character 2" in told
