"""Adding a function is one entry in one file: docs/language-extending.md, done in a copy."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "language-extending.md"
IMPORTS = """from saps.lang.functions.function_table import callable_of, need_array, need_bools
from saps.lang.functions.function_table import whole_number"""
PROBE = """
import json
from saps.cli.programs import function_named
from saps.cli.prompt import ProgramPrompt
from saps.data.symbols import SymbolTable
from saps.lang import compile_program, infer_signature, parse, to_python
from saps.lang.errors import AlgoLispError
from saps.lang.render import functions_page

def error_of(text):
    try:
        compile_program(parse(text), {})({})
    except AlgoLispError as error:
        return error.code

GCD = parse("(reduce a 0 gcd)")
COUNT = parse("(&& (== (gcd b (sqrt 9)) 3) (< 0 (count_if a (partial0 b <))))")
RECURSIVE = "(count_if (range 0 1) (lambda1 (< 0 (count_if (range 0 1) self))))"
print(json.dumps({
    "value": compile_program(parse("(gcd 12 18)"), {})({}),
    "folded": compile_program(GCD, {"a": "int[]"})({"a": [12, 18, 27]}),
    "types": [str(infer_signature(GCD)), str(infer_signature(COUNT))],
    "errors": [error_of("(gcd 1)"), error_of("(gcd true 1)"), error_of("(gcd 0.5 1)"),
               error_of("(count_if (range 0 3) square)"), error_of(RECURSIVE)],
    "counted": compile_program(parse("(count_if (range 0 9) is_prime)"), {})({}),
    "python": to_python(COUNT, {"a": "int[]", "b": "int"}, "bool"),
    "python of a value": to_python(GCD, {"a": "int[]"}, "int"),
    "page": functions_page(),
    "described": function_named("gcd").doc,
    "completed": [[n, told] for n, told in ProgramPrompt().names().items() if n.startswith("gc")],
    "labels": [[label.symbol, label.arity] for label in SymbolTable.of_language().labels
               if label.symbol in ("gcd", "count_if")],
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a copy of the package says of two functions after their entries were added."""
    copy = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", "pretrained")
    shutil.copytree(ROOT / "saps", copy / "saps", ignore=ignored)
    shutil.copytree(ROOT / "grammar", copy / "grammar")
    shutil.copy(ROOT / "pyproject.toml", copy)
    entries = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    table = copy / "saps" / "lang" / "functions" / "number_functions.py"
    text = table.read_text(encoding="utf-8")
    table.write_text(text + "\n\n" + IMPORTS + "\n\n\n" + "\n\n".join(entries), encoding="utf-8")
    command = [sys.executable, "-c", PROBE]
    outcome = subprocess.run(command, capture_output=True, text=True, cwd=copy, check=False)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_interpreter_runs_a_new_function(found: Any) -> None:
    assert (found["value"], found["folded"], found["counted"]) == (6, 3, 4)


def test_types_follow_from_the_entry(found: Any) -> None:
    assert found["types"] == ["(a: int[]) -> int", "(a: int[], b: int) -> bool"]


def test_errors_follow_from_the_entry(found: Any) -> None:
    assert found["errors"] == ["arity", "type", "domain", "type", "recursion"]


def test_python_follows_from_the_entry(found: Any) -> None:
    names: dict[str, Any] = {}
    exec(found["python"], names)
    assert names["program"]([1, 5, 9], 6) is True
    assert names["program"]([1, 5, 9], 4) is names["program"]([1], 6) is False
    assert "def count_if(values, keep):" in found["python"]
    assert "def whole(x):" in found["python"]
    assert "math.gcd(whole(b), whole(math.sqrt(9))) == 3" in found["python"]
    exec(found["python of a value"], names)
    assert names["program"]([12, 18, 27]) == 3
    assert "math.gcd(" in found["python of a value"]
    assert "def gcd" not in found["python of a value"]


def test_reference_and_completion_follow_from_the_entry(found: Any) -> None:
    assert "## `gcd`\n\n`int int -> int`\n\nThe greatest common divisor.\n" in found["page"]
    assert "`(count_if (range 0 9) is_prime)` gives `4`." in found["page"]
    assert found["described"] == "The greatest common divisor."
    assert found["completed"] == [["gcd", "int int -> int"]]


def test_symbols_of_the_decoder_follow_from_the_entry(found: Any) -> None:
    expected = [["gcd", 2], ["count_if", 2], ["gcd", 0], ["count_if", 0]]
    assert sorted(found["labels"]) == sorted(expected)
