"""`saps show`, `saps functions` and `saps repl`."""

from pathlib import Path

import pytest

from saps.cli.prompt import ProgramPrompt
from tests.cli.conftest import RunSaps


def test_show_draws_the_tree(saps: RunSaps) -> None:
    outcome = saps("show", "(reduce a 0 +)")
    assert (outcome.status, outcome.out) == (0, "reduce\n├── a\n├── 0\n└── +\n")
    assert saps("show", "(+ a 1)", "--dot").out.startswith("digraph program {")


def test_show_writes_a_picture(saps: RunSaps, tmp_path: Path) -> None:
    picture = tmp_path / "sum.svg"
    assert saps("show", "(reduce a 0 +)", "--svg", str(picture)).status == 0
    assert "<svg " in picture.read_text(encoding="utf-8")
    assert saps("show", "(reduce a 0 +)", "--svg", str(tmp_path / "sum.png")).status == 0
    assert (tmp_path / "sum.png").read_bytes().startswith(b"\x89PNG")
    refused = saps("show", "(reduce a 0 +)", "--svg", str(tmp_path / "sum.bmp"))
    assert (refused.status, "end its name in .svg or .png" in refused.err) == (1, True)
    failed = saps("show", "(reduce a 0 +)", "--svg", str(tmp_path / "none" / "sum.svg"))
    assert failed.status == 1
    assert "none is not a folder; create it, or choose another place" in failed.err


def test_functions_lists_and_describes(saps: RunSaps) -> None:
    assert "\nstrlen       string -> int      " in saps("functions").out
    outcome = saps("functions", "head")
    assert outcome.out.startswith("`T[] -> T`\n\nThe first element.")
    assert saps("functions", "--page", "functions").out.startswith("# Functions of AlgoLisp")
    assert saps("functions", "--page", "syntax").out.startswith("# Syntax of AlgoLisp")


def test_functions_names_similar_ones(saps: RunSaps) -> None:
    outcome = saps("functions", "redcue")
    assert outcome.status == 1
    assert outcome.err == "saps: error: there is no function 'redcue'; did you mean 'reduce'?\n"
    assert saps("functions", "--page", "poems").status == 2


def test_repl_answers_lines_of_a_pipe(saps: RunSaps) -> None:
    outcome = saps("repl", stdin=b":let a = [1, 2, 3]\n(reduce a 0 +)\n:type\n:quit\n(+ 1 1)\n")
    assert (outcome.status, outcome.out) == (0, "a: int[]\n6\n(a: int[]) -> int\n")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", ""),
        ("(map a (partial1 b *))", "[2, 4]"),
        (":type (append a c)", "(a: int[], c: int) -> int[]"),
        (":tree (+ a 1)", "+\n├── a\n└── 1"),
        (":python (len a)", "def program(a: list[int]) -> int:\n    return len(a)"),
        (":args", "a: int[] = [1, 2]\nb: int = 2"),
        (":let e = []", "e: T[]"),
        (":let e: int[] = []", "e: int[]"),
        (":let f = {\"x\": [true]}", "f: dict<string,bool[]>"),
        (":let e = [1, true]",
         "error: the elements of an array or dictionary must be of one type"),
        (":let map = 1", "error: an argument cannot be named 'map': that already has a meaning"),
        (":let e", "error: expected a name and a value, such as :let a = [1, 2, 3]"),
        (":let e = [1,", "error: '[1,': not JSON: Expecting value at character 4"),
        (":nonsense", "error: there is no command :nonsense; :help shows all"),
        (":tree", "error: there is no last program; type one"),
        (":help tail",
         "`T[] -> T[]`\n\nAll elements but the first.\n\n`(tail (range 0 3))` gives `[1, 2]`."),
    ],
)  # fmt: skip
def test_session_answers(line: str, answer: str) -> None:
    session = ProgramPrompt()
    session.answer(":let a = [1, 2]")
    session.answer(":let b = 2")
    assert session.answer(line) == answer


def test_session_shows_where_a_program_is_wrong() -> None:
    answer = ProgramPrompt().answer("(+ 1 (strlen 2))")
    assert answer.splitlines()[1:] == [
        "(+ 1 (strlen 2))",
        "             ^ expected string, found int",
    ]
    assert "division" not in answer
    assert "`/` divides by zero" in ProgramPrompt().answer("(/ 1 0)")


def test_session_completes_names_with_their_signatures() -> None:
    session = ProgramPrompt()
    session.answer(":let strange = 1")
    found = session.names()
    assert [name for name in found if name.startswith("str")] == [
        "strlen", "str_index", "str_concat", "str_split", "str_min", "str_max", "strange",
    ]  # fmt: skip
    assert (found["str_index"], found["strange"]) == ("int string -> string", "int")
    assert [name for name in found if name.startswith(":l")] == [":let"]
    assert [name for name in found if name.startswith("lam")] == ["lambda1", "lambda2"]
