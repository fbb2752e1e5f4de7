import gzip
import json
import logging
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saps.data import DataError, Example, Test, load_split, read_examples, scan_examples
from saps.data.algolisp import MAX_WORDS, find_split, write_examples
from saps.data.files import write_lines
from saps.lang import parse

TASK: dict[str, Any] = {
    "text": ["given", "a", "number", "b", "and", "an", "array", "a", ",", "find", "`a`", "+", "b"],
    "args": {"b": "int", "a": "int[]"},
    "return_type": "int",
    "short_tree": ["+", ["reduce", "a", "0", "+"], "b"],
    "tests": [{"input": {"a": [1, 2], "b": 3}, "output": 6}],
    "nodes": ["l1_sum"],
    "tags": [],
    "funcs": [],
}
PROGRAM = parse("(+ (reduce a 0 +) b)")


def write(folder: Path, *tasks: object, name: str = "tasks.jsonl") -> Path:
    path = folder / name
    lines = [task if isinstance(task, str) else json.dumps(task) for task in tasks]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def read_one(folder: Path, task: object) -> Example:
    (example,) = read_examples(write(folder, task))
    return example


def without(*fields: str, **others: object) -> dict[str, Any]:
    return {name: value for name, value in TASK.items() if name not in fields} | others


def test_read_examples_reads_the_published_form(tmp_path: Path) -> None:
    example = read_one(tmp_path, TASK)
    assert example.text == "given a number b and an array a , find a + b"
    assert list(example.arguments.items()) == [("b", "int"), ("a", "int[]")]
    assert example.return_type == "int"
    assert example.program == PROGRAM
    assert example.tests == (Test({"a": [1, 2], "b": 3}, 6),)
    assert example.nodes == ("l1_sum",)


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(without(text=" ".join(TASK["text"])), id="text-as-one-string"),
        pytest.param(
            without(text=["given a number b and", "an array a, find `a`+b"]), id="clauses"
        ),
        pytest.param(without(args=[["b", "int"], ["a", "int[]"]]), id="args-as-pairs"),
        pytest.param(without("short_tree", code_tree=TASK["short_tree"]), id="code-tree"),
        pytest.param(without(code_tree=["len", "a"]), id="short-tree-wins"),
        pytest.param(
            without("short_tree", code_sequence=[*"(+(", "reduce", "a", "0", *"+)b)"]),
            id="code-sequence",
        ),
        pytest.param(
            without("short_tree", code_sequence="(+ (reduce a 0 +) b)"), id="code-as-one-string"
        ),
        pytest.param(without(short_tree=["+", ["reduce", "a", 0, "+"], "b"]), id="number-as-leaf"),
        pytest.param(without("tags", "funcs"), id="no-tags"),
    ],
)
def test_read_examples_reads_variants_alike(tmp_path: Path, variant: dict[str, Any]) -> None:
    assert read_one(tmp_path, variant) == read_one(tmp_path, TASK)


@pytest.mark.parametrize("nodes", [None, []])
def test_read_examples_does_without_nodes(tmp_path: Path, nodes: object) -> None:
    assert read_one(tmp_path, without(nodes=nodes)).nodes == ()
    assert read_one(tmp_path, without("nodes")).nodes == ()


def test_read_examples_keeps_large_integers(tmp_path: Path) -> None:
    test = {"input": {"a": [2**70], "b": 0}, "output": 2**70}
    assert read_one(tmp_path, without(tests=[test])).tests[0].output == 2**70


@pytest.mark.parametrize(
    ("task", "field", "reason"),
    [
        pytest.param("{", None, "not JSON, column 2", id="no-json"),
        pytest.param("[1]", None, "expected a JSON object, found a list", id="no-object"),
        pytest.param("[" * 100_000, None, "nested too deep", id="deep-json"),
        pytest.param(without("text"), "text", "is missing", id="no-text"),
        pytest.param(without(text=[]), "text", "expected 1 to 5,000 words, found 0", id="empty"),
        pytest.param(without(text="a " * 100_000), "text", "found 100,000", id="long-text"),
        pytest.param(without(text=[1]), "text", "expected words", id="text-of-numbers"),
        pytest.param(without(args={"a": "words[]"}), "args", "unknown type 'words[]'", id="type"),
        pytest.param(without(args={"a": 1}), "args", "name of a type, found 1", id="type-1"),
        pytest.param(without(args=["a", "b"]), "args", "list of pairs", id="no-pairs"),
        pytest.param(without(return_type="whole"), "return_type", "unknown type", id="result"),
        pytest.param(without("short_tree"), "short_tree", "is missing", id="no-program"),
        pytest.param(without(short_tree=[]), "short_tree", "not a program", id="empty-program"),
        pytest.param(
            without("short_tree", code_sequence="(+ a"), "code_sequence", "not a program", id="open"
        ),
        pytest.param(without(tests=[]), "tests", "found an empty list", id="no-tests"),
        pytest.param(without("tests"), "tests", "is missing", id="tests-missing"),
        pytest.param(without(tests=[{}]), "tests[0]", "expected {", id="half-a-test"),
        pytest.param(
            without(tests=[TASK["tests"][0], {"input": {"a": []}, "output": 0}]),
            "tests[1].input",
            "lacks argument b",
            id="argument-missing",
        ),
        pytest.param(without(nodes="sum"), "nodes", "expected a list", id="nodes"),
    ],
)
def test_read_examples_says_file_line_and_field(
    tmp_path: Path, task: object, field: str | None, reason: str
) -> None:
    path = write(tmp_path, TASK, "", task)
    with pytest.raises(DataError) as caught:
        list(read_examples(path))
    error = caught.value
    assert (error.path, error.line, error.field) == (path, 3, field)
    assert reason in error.reason
    assert str(error).startswith(f"{path}, line 3")


def test_read_examples_says_where_a_byte_is_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(json.dumps(TASK).encode() + b'\n{"text": "\xff"}\n')
    with pytest.raises(DataError, match="line 2: byte 11 is not UTF-8"):
        list(read_examples(path))


def test_scan_examples_goes_on_after_a_broken_line_7(tmp_path: Path) -> None:
    path = write(tmp_path, *[TASK] * 6, '{"text": ', *[TASK] * 3)
    found = list(scan_examples(path))
    assert [isinstance(item, DataError) for item in found] == [False] * 6 + [True] + [False] * 3
    assert str(found[6]).startswith(f"{path}, line 7: not JSON")


def test_read_examples_reads_what_comes_before_the_cut_of_a_line(tmp_path: Path) -> None:
    path = write(tmp_path, TASK)
    path.write_text(path.read_text() + json.dumps(TASK)[:50])
    examples = read_examples(path)
    assert next(examples).program == PROGRAM
    with pytest.raises(DataError, match="line 2: not JSON"):
        next(examples)


def test_read_examples_says_where_a_gzip_is_cut(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{json.dumps(TASK)}\n" for _ in range(3_000)).encode(), 0)
    path = tmp_path / "tasks.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    examples = read_examples(path)
    assert next(examples).program == PROGRAM
    with pytest.raises(DataError, match=r"line 1[45]\d\d: the gzip data is cut short"):
        list(examples)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        pytest.param(lambda path: None, "No such file", id="missing"),
        pytest.param(lambda path: path.mkdir(), "Is a directory", id="directory"),
        pytest.param(lambda path: path.touch(), "holds no task", id="empty"),
        pytest.param(lambda path: path.write_text("\n\n"), "holds no task", id="blank"),
    ],
)
def test_read_examples_says_what_is_wrong_with_a_file(
    tmp_path: Path, prepare: Callable[[Path], object], reason: str
) -> None:
    path = tmp_path / "tasks.jsonl"
    prepare(path)
    with pytest.raises(DataError, match=reason) as caught:
        list(read_examples(path))
    assert str(caught.value).startswith(f"{path}: ")


def test_read_examples_streams(tmp_path: Path) -> None:
    path = write(tmp_path, TASK, "broken")
    assert next(read_examples(path)).program == PROGRAM  # the second line is not looked at


@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.jsonl.gz"])
def test_write_examples_is_undone_by_read_examples(tmp_path: Path, name: str) -> None:
    example = read_one(tmp_path, TASK)
    assert write_examples(tmp_path / name, [example, example]) == 2
    assert list(read_examples(tmp_path / name)) == [example, example]


def test_write_examples_keeps_the_published_fields(tmp_path: Path) -> None:
    write_examples(tmp_path / "out.jsonl", read_examples(write(tmp_path, TASK)))
    written = json.loads((tmp_path / "out.jsonl").read_text())
    assert written == without(text=[word.strip("`") for word in TASK["text"]])


def test_write_examples_packs_the_same_tasks_to_the_same_bytes(tmp_path: Path) -> None:
    example = read_one(tmp_path, TASK)
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        write_examples(tmp_path / name, [example])
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()


def test_write_lines_leaves_the_old_file_when_interrupted(tmp_path: Path) -> None:
    path = write(tmp_path, "old")

    def interrupted() -> Any:
        yield "new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_lines(path, interrupted())
    assert path.read_text() == "old\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["dev.jsonl", "dev.jsonl.gz", "metaset3.dev.jsonl", "metaset3.dev.jsonl.gz"]
)
def test_load_split_finds_the_usual_names(tmp_path: Path, name: str) -> None:
    write_examples(tmp_path / name, [read_one(tmp_path, TASK)])
    assert len(load_split(tmp_path, "dev")) == 1
    assert find_split(tmp_path / name, "test") == tmp_path / name


def test_load_split_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no dev split; expected one of dev\.jsonl"):
        load_split(tmp_path, "dev")
    with pytest.raises(DataError, match="no such file or folder"):
        load_split(tmp_path / "nowhere", "dev")


def test_load_split_cleans_when_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong = without(tests=[{"input": {"a": [1, 2], "b": 3}, "output": 7}])
    write(tmp_path, TASK, wrong, TASK, name="train.jsonl")
    caplog.set_level(logging.INFO, logger="saps")
    assert len(load_split(tmp_path, "train")) == 3
    assert len(load_split(tmp_path, "train", cleaned=True)) == 2
    assert "2 tasks kept; dropped: 1 contradicts-tests" in caplog.text


def test_data_error_pickles() -> None:
    error = DataError("tasks.jsonl", "is odd", 7, "args")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "tasks.jsonl, line 7, field 'args': is odd"


def test_the_longest_published_text_is_well_within_the_limit() -> None:
    assert MAX_WORDS > 10 * 164


def test_a_text_that_is_one_string_is_kept_as_it_was_typed(tmp_path: Path) -> None:
    typed = read_one(tmp_path, without(text="What is A[0] + b?"))
    split = read_one(tmp_path, without(text=["What", "is", "A[0]", "+", "b?"]))
    assert typed.text == split.text == "what is a [ 0 ] + b ?"
    assert typed.as_typed == "What is A[0] + b?"
    assert split.as_typed == split.text
    assert typed == split
    assert replace(typed, text="other").as_typed == "other"


@pytest.mark.parametrize(
    ("task", "field"),
    [
        (without(text=["find", "\ud83d"]), "text"),
        (without(args={"a\udc00": "int[]"}), "args"),
        (without(**{"\ud800": 1}), "\\ud800"),
        (without(tests=[{"input": {"a": [], "b": "\udfff"}, "output": 0}]), "tests"),
    ],
)
def test_half_of_a_surrogate_pair_is_refused_wherever_it_is(
    task: dict[str, Any], field: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="half of a surrogate pair and no character") as caught:
        read_one(tmp_path, task)
    assert caught.value.field == field
    str(caught.value).encode()


def test_a_whole_surrogate_pair_is_a_character(tmp_path: Path) -> None:
    assert read_one(tmp_path, without(text="find \ud83e\udd8a")).text == "find 🦊"
