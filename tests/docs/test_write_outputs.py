"""What writes outputs into the pages changes what no longer holds, and nothing else."""

import re
from pathlib import Path
from runpy import run_path

import pytest

from tests.docs.console import ROOT

WRITER = run_path(str(ROOT / "docs" / "write_outputs.py"))

PAGE = """# A page

Text about `saps run`.

```console
$ saps run "(+ a b)" --input '{"a": 1, "b": 2}'
3
$ saps run "(* a b)" --input '{"a": 2, "b": 4}'

7

```

```python
>>> 1 + 1
2
>>> for x in "ab":
...     print(x)
a
c
```
"""


def test_an_output_that_does_not_hold_is_replaced() -> None:
    told = WRITER["with_outputs"](PAGE)
    assert told == PAGE.replace("\n\n7\n\n", "\n8\n\n")


def test_an_output_with_dots_that_holds_stays() -> None:
    page = PAGE.replace("7\n", "8\n").replace("\n\n8", "\n8").replace("\n3\n", "\n...\n")
    assert WRITER["with_outputs"](page) == page


def test_a_file_that_a_page_shows_is_there_for_its_commands() -> None:
    page = """`pairs.csv`:

```text
a,output
"[1, 2]",3
"[4]",4
```

```console
$ saps synthesize "the sum of a" --examples pairs.csv --json
?
```
"""
    told = WRITER["with_outputs"](page)
    assert "(reduce a 0 +)" in told
    assert "pairs.csv" in told.partition("--json")[0]
    assert "pairs.csv" not in told.partition("--json")[2], "an error names the file"


def test_values_that_do_not_hold_are_replaced() -> None:
    assert WRITER["with_values"](PAGE) == PAGE.replace("a\nc\n", "a\nb\n")


def test_no_other_program_is_run() -> None:
    with pytest.raises(SystemExit, match="only saps is run, found: rm -r x"):
        WRITER["with_outputs"]("```console\n$ rm -r x\n```\n")


@pytest.mark.parametrize(
    "name", ["synthesize.md", "synthesize-table.md", "synthesize-more.md", "python.md"]
)
def test_the_pages_have_something_to_run(name: str) -> None:
    page = Path(ROOT / "docs" / name).read_text(encoding="utf-8")
    assert re.search(r"^(?:\$ saps |>>> )", page, re.MULTILINE)
