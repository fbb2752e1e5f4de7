import gzip
import json
from pathlib import Path

import pytest

from saps.data import DataError, Example, Test, read_examples, write_examples
from saps.data.algolisp import format_example
from saps.data.verification import clean, leaks, reproduces, verify
from saps.lang import parse
from tests.misbehaviour import crash_at_line_2


def task(program: str, output: object, kind: str = "int[]", given: object = None) -> Example:
    inputs = {"a": [1, 2] if given is None else given}
    tests = (Test(inputs, output), Test(inputs, output))  # type: ignore[arg-type]
    return Example("find it", {"a": kind}, "int", parse(program), tests)


RIGHT = task("(reduce a 0 +)", 3)
FAULTS = [
    pytest.param(
        task("(reduce a 0 +)", 4), "contradicts-tests", "test 1: the program gives 3, not 4"
    ),
    pytest.param(task("(len a)", 2.0), "contradicts-tests", "gives 2, not 2.0", id="int-float"),
    pytest.param(task("(/ 1 0)", 1), "division-by-zero", "test 1: ", id="zero"),
    pytest.param(task("(deref a 5)", 1), "index", "test 1: ", id="index"),
    pytest.param(task("(lenn a)", 2), "unknown-symbol", "the program: ", id="symbol"),
    pytest.param(task("(len a a)", 2), "arity", "the program: ", id="arity"),
    pytest.param(
        task("(invoke1 (lambda1 (self arg1)) a)", 1, "int", 1),
        "recursion",
        "test 1: ",
        id="endless",
    ),
    pytest.param(task("(range 0 a)", 1, "int", 5_000), "range-too-long", "test 1: ", id="range"),
]


@pytest.mark.parametrize(("example", "kind", "reason"), FAULTS)
def test_reproduces_says_why_a_task_fails(example: Example, kind: str, reason: str) -> None:
    failure = reproduces(example)
    assert failure is not None
    assert failure.kind == kind
    assert reason in failure.reason


def test_reproduces_accepts_a_task_that_holds() -> None:
    assert reproduces(RIGHT) is None


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Six lines: right, wrong, broken, blank, right, undefined."""
    path = tmp_path / "mixed.jsonl"
    lines = [RIGHT, task("(len a)", 9), None, "", RIGHT, task("(/ 1 0)", 1)]
    texts = [format_example(line) if isinstance(line, Example) else (line or "") for line in lines]
    texts[2] = "{broken"
    path.write_text("\n".join(texts) + "\n")
    return path


@pytest.mark.parametrize("workers", [1, 2])
def test_verify_counts_and_places_every_failure(mixed: Path, workers: int) -> None:
    told: list[int] = []
    found = verify(mixed, workers=workers, progress=told.append)
    assert (found.examples, found.reproduced, sum(told)) == (5, 2, 5)
    places = [(failure.line, failure.kind) for failure in found.failures]
    assert places == [(2, "contradicts-tests"), (3, "unreadable"), (6, "division-by-zero")]
    assert found.to_json()["failures"][1] == {
        "line": 3,
        "kind": "unreadable",
        "reason": found.failures[1].reason,
    }


def test_verify_finds_many_chunks_of_tasks_right(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    write_examples(path, [RIGHT] * 600)
    found = verify(path, workers=1)
    assert (found.examples, found.failures) == (600, [])


def test_clean_keeps_the_right_lines_as_they_are(mixed: Path, tmp_path: Path) -> None:
    out = tmp_path / "cleaned" / "tasks.jsonl"
    found = clean(mixed, out, workers=1)
    lines = mixed.read_text().splitlines()
    assert out.read_text().splitlines() == [lines[0], lines[4]]
    report = json.loads((tmp_path / "cleaned" / "tasks.jsonl.report.json").read_text())
    assert report == found.to_json()
    assert report["kinds"] == {"contradicts-tests": 1, "unreadable": 1, "division-by-zero": 1}


def test_clean_keeps_what_stands_before_the_cut_of_a_gzip(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{format_example(RIGHT)}\n" for _ in range(2_000)).encode(), 0)
    path, out = tmp_path / "cut.jsonl.gz", tmp_path / "out.jsonl"
    path.write_bytes(whole[: len(whole) // 2])
    found = clean(path, out, workers=1)
    n_kept = sum(1 for _ in read_examples(out))
    assert 900 < n_kept < 1_000
    assert [(f.line, f.kind) for f in found.failures] == [(n_kept + 1, "unreadable")]


@pytest.mark.parametrize("work", [verify, lambda path, workers: clean(path, f"{path}.out")])
def test_a_file_that_is_missing_is_an_error(work: object, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        work(tmp_path / "nowhere.jsonl", workers=1)  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_ends_the_interpreter_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saps.data.verification._check_line", crash_at_line_2)
    write_examples(tmp_path / "tasks.jsonl", [RIGHT] * 3)
    found = clean(tmp_path / "tasks.jsonl", tmp_path / "out.jsonl", workers=1)
    assert [(f.line, f.kind) for f in found.failures] == [(2, "crashed")]
    assert "exit status 7" in found.failures[0].reason
    assert list(read_examples(tmp_path / "out.jsonl")) == [RIGHT] * 2


def test_verification_finds_programs_that_two_files_have(tmp_path: Path) -> None:
    write_examples(tmp_path / "train.jsonl", [RIGHT, task("(len a)", 2)])
    write_examples(tmp_path / "dev.jsonl", [task("(reduce a 1 *)", 2)])
    write_examples(tmp_path / "test.jsonl", [RIGHT, RIGHT, task("(len a)", 9)])
    found = [verify(tmp_path / f"{s}.jsonl", workers=1) for s in ("train", "dev", "test")]
    assert leaks(found) == {(found[0].path, found[2].path): 1}


def test_programs_whose_arguments_have_other_names_are_one(tmp_path: Path) -> None:
    for split, (first, second) in {"train": ("price", "tax"), "test": ("b2", "a2")}.items():
        task = {
            "text": f"{first} minus {second}",
            "args": {second: "int", first: "int"},
            "return_type": "int",
            "short_tree": ["-", first, second],
            "tests": [{"input": {first: 3, second: 1}, "output": 2}],
        }
        (tmp_path / f"{split}.jsonl").write_text(json.dumps(task) + "\n")
    found = [verify(tmp_path / f"{split}.jsonl", workers=1) for split in ("train", "test")]
    assert [verification.failures for verification in found] == [[], []]
    assert leaks(found) == {(found[0].path, found[1].path): 1}
