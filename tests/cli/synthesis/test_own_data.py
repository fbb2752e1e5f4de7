"""A table's columns as the arguments of a program: what is declared, and what is made of rows.

The model is left out: a test says which program it writes.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from saps import Synthesis, parse
from saps.cli.asking import Asking
from saps.lang import infer_signature, to_python
from tests.cli.conftest import Outcome, RunSaps

SALES = 'region,price,unit count,paid\n"North, ""A""",3,2,true\nSouth,4.5,1,FALSE\nEast,,7,true\n'
Answer = Callable[..., Outcome]


@pytest.fixture
def asked() -> list[tuple[str, dict[str, str]]]:
    """What the model was asked: texts and declared types."""
    return []


@pytest.fixture
def answer(
    saps: RunSaps,
    asked: list[tuple[str, dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Answer:
    """Run the command where the model writes a given program."""
    monkeypatch.chdir(tmp_path)
    Path("sales.csv").write_text(SALES)

    def run(program: str, *arguments: str, stdin: bytes = b"") -> Outcome:
        def synthesize(asking: Asking, text: str) -> Synthesis:
            asked.append((text, asking.arguments))
            node = parse(program)
            leaves = {leaf.symbol for leaf in node.preorder()}
            used = {name: kind for name, kind in asking.arguments.items() if name in leaves}
            signature = infer_signature(node, used)
            types = {name: str(kind) for name, kind in signature.arguments.items()}
            result = str(signature.result)
            python = to_python(node, types, result)
            return Synthesis(text, node, types, result, 0.0, python)

        monkeypatch.setattr(Asking, "synthesize", synthesize)
        return saps("synthesize", *arguments, stdin=stdin)

    return run


def test_columns_that_the_text_names_are_declared_and_the_program_runs_on_them(
    answer: Answer, asked: list[tuple[str, dict[str, str]]]
) -> None:
    done = answer("(reduce prices 0 +)", "the sum of prices", "--csv", "sales.csv")
    assert (done.status, asked) == (0, [("the sum of prices", {"prices": "int[]"})])
    assert done.out.endswith("\nvalue:   7.5\n")
    assert "sales.csv: 3 rows; prices: int[]\n" in done.err
    assert "1 of 3 rows lack prices: they are left out" in done.err


def test_a_name_of_several_words_becomes_one(
    answer: Answer, asked: list[tuple[str, dict[str, str]]]
) -> None:
    done = answer("(len Unit_Count)", "how many Unit Count", "--csv", "sales.csv", "--json")
    assert asked == [("how many Unit_Count", {"Unit_Count": "int[]"})]
    assert json.loads(done.out)["value"] == 3


def test_a_column_may_be_given_for_an_argument(
    answer: Answer, asked: list[tuple[str, dict[str, str]]]
) -> None:
    done = answer("(len n)", "the length of n", "--csv", "sales.csv", "--column", "unit count=n")
    assert asked[0][1] == {"n": "int[]"}
    assert "value:   3" in done.out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.jsonl", '{"n": 3}\n{"n": 4}\n'),
        ("t.json", '[{"n": 3}, {"n": 4}]'),
        ("t.json", '{"n": [3, 4]}'),
        ("t.csv", "\ufeffn;m\r\n3;1\r\n4;1\r\n"),
        ("-", "n,m\n3,1\n4,1\n"),
        ("-", '{"n": 3}\n{"n": 4}\n'),
    ],
)
def test_tables_of_all_forms_are_read(answer: Answer, name: str, data: str) -> None:
    if name != "-":
        Path(name).write_text(data, encoding="utf-8")
    done = answer("(reduce n 0 +)", "sum of n", "--csv", name, "--json", stdin=data.encode())
    assert json.loads(done.out)["value"] == 7


def test_each_row_gets_its_value_and_the_rest_of_it_is_kept(answer: Answer) -> None:
    text = "price times unit count"
    done = answer("(* price unit_count)", text, "--csv", "sales.csv", "--apply", "out.csv")
    assert done.status == 0
    assert "wrote out.csv: 3 rows" in done.err
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row.pop("result") for row in rows] == ["6", "4.5", ""]
    with Path("sales.csv").open(encoding="utf-8", newline="") as file:
        assert rows == list(csv.DictReader(file))


@pytest.mark.parametrize("target", ["-", "rowwise"])
def test_rows_on_stdout_stand_alone_there(answer: Answer, target: str) -> None:
    Path("t.csv").write_text("result;n\nx;1\ny;2\n")
    done = answer("(* n 2)", "twice n", "--csv", "t.csv", "--apply", target)
    assert done.out == "result;n;result2\nx;1;2\ny;2;4\n"
    assert "def program" in done.err


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("out.jsonl", '{"n": 1, "result": 2}\n{"n": 2, "result": 4}\n'),
        ("out.json", '[\n{"n": 1, "result": 2},\n{"n": 2, "result": 4}\n]\n'),
        ("out.tsv", "n\tresult\n1\t2\n2\t4\n"),
    ],
)
def test_the_name_says_the_form(answer: Answer, name: str, written: str) -> None:
    Path("t.csv").write_text("n\n1\n2\n")
    assert answer("(* n 2)", "twice n", "--csv", "t.csv", "--apply", name).status == 0
    assert Path(name).read_text() == written


def test_a_row_whose_program_fails_is_named_and_the_others_are_written(answer: Answer) -> None:
    Path("t.csv").write_text("x,y\n6,3\n5,0\n")
    done = answer("(/ x y)", "x divided by y", "--csv", "t.csv", "--apply", "out.csv")
    assert done.status == 1
    assert "1 of 2 rows got no value; the first is line 3: `/` divides by zero" in done.err
    assert Path("out.csv").read_text() == "x,y,result\n6,3,2\n5,0,\n"


def test_a_column_that_mixes_is_read_as_words_and_said_so(
    answer: Answer, asked: list[tuple[str, dict[str, str]]]
) -> None:
    Path("t.csv").write_text("n\n1\nn/a\n007\n")
    done = answer("(map n strlen)", "lengths of n", "--csv", "t.csv")
    assert asked[0][1] == {"n": "string[]"}
    assert "the column n mixes 2 words and 1 number (line 2: '1')" in done.err
    assert "value:   [1, 3, 3]" in done.out


def test_other_arguments_are_given_beside_the_table(answer: Answer) -> None:
    program = "(len (filter price (partial1 limit >)))"
    more = ("--arg", "limit=int")
    text = "how many price above limit"
    done = answer(program, text, "--csv", "sales.csv", *more, "--input", '{"limit": 3}')
    assert "value:   1" in done.out
    done = answer(program, text, "--csv", "sales.csv", *more)
    assert done.status == 1
    assert "needs a value for limit (int)" in done.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["sum of prises", "--csv", "sales.csv"], "the text names no column of sales.csv"),
        (["n", "--csv", "sales.csv", "--column", "prise=n"], "did you mean 'price'?"),
        (["n", "--csv", "sales.csv", "--column", "price"], "expected a column and an argument"),
        (["price", "--csv", "sales.csv", "--arg", "price=bool"], "declared as bool"),
        (["price", "--csv", "sales.csv", "--apply", "sales.csv"], "the file exists"),
        (["price", "--csv", "sales.csv", "--apply", "-", "--json"], "give one of them"),
        (["price", "--csv", "sales.csv", "--python"], "no --csv"),
        (["price", "--apply", "out.csv"], "give --csv FILE too"),
        (["price", "--column", "a=b"], "give --csv FILE too"),
        (["-", "--csv", "sales.csv"], "--csv needs a TEXT"),
        (["price", "--csv", "absent.csv"], "No such file"),
        (["price", "--csv", "-"], "stdin: holds no row"),
        (["price", "--csv", "ragged.csv"], "ragged.csv, line 3: has 3 values for 2 columns"),
        (["price", "--csv", "empty.csv"], "empty.csv has no rows"),
    ],
)
def test_what_can_not_be_is_one_message(answer: Answer, options: list[str], told: str) -> None:
    Path("ragged.csv").write_text("price,b\n1,2\n1,2,3\n")
    Path("empty.csv").write_text("price,b\n")
    done = answer("(+ 1 2)", *options)
    assert (done.status, done.out) == (1, "")
    assert told in done.err


def test_a_table_that_is_too_long_for_one_array_is_refused(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saps.cli.own_data._MOST_ROWS", 2)
    done = answer("(len price)", "how many price", "--csv", "sales.csv")
    assert "has more than 2 rows" in done.err
    done = answer("(* price 2)", "twice price", "--csv", "sales.csv", "--apply", "-")
    assert done.status == 0
