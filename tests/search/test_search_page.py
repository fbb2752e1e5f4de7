"""What docs/search.md shows, done."""

import doctest
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
SESSION, SCRIPT = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_session_gives_what_it_shows() -> None:
    session = doctest.DocTestParser().get_doctest(SESSION, {}, "search.md", "search.md", 0)
    assert session.examples
    assert doctest.DocTestRunner().run(session).failed == 0


def test_the_script_runs(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(SCRIPT, "docs/search.md", "exec"), {})  # our own page
    out = capsys.readouterr().out
    assert "(reduce a 0 +) (True, True)" in out
