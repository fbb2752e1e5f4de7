"""Puts what commands and examples print into the pages of `saps synthesize` and docs/python.md.

    python docs/write_outputs.py

What still holds, dots for what may vary included, stays as it is; the rest is run again and
replaced. For use after the bundled model was exchanged; read the difference before it is committed.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parent
SAPS = str(Path(sys.executable).with_name("saps"))
_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^`(\S+)`:\n\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Write the pages."""
    pages = dict.fromkeys(DOCS.glob("synthesize*.md"), with_outputs)
    for page, made in {**pages, DOCS / "python.md": with_values}.items():
        text = page.read_text(encoding="utf-8")
        page.write_text(made(text), encoding="utf-8")


def with_outputs(page: str) -> str:
    """Return a page whose console blocks show what their commands print."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in _FILE.findall(page):
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return _BLOCK.sub(lambda block: _rerun(block[0], lambda c: _printed(c, folder)), page)


def _rerun(block: str, printed: Callable[[str], str]) -> str:
    """Return a block with the output of each of its commands, which begin with "$ "."""
    head, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    made = []
    for part in parts:
        command, _, shown = part.partition("\n")
        got = printed(command)
        holds = doctest.OutputChecker().check_output(shown, got, doctest.ELLIPSIS)
        made.append(f"$ {command}\n{shown if holds else _spaced(got, shown)}")
    return head + "".join(made)


def _spaced(got: str, shown: str) -> str:
    """Return an output with as many empty lines after it as the one that it replaces."""
    return got.rstrip("\n") + "\n" * max(1, len(shown) - len(shown.rstrip("\n")))


def _printed(command: str, folder: str) -> str:
    program, *arguments = shlex.split(command)
    if program != "saps":
        raise SystemExit(f"write_outputs: only saps is run, found: {command}")
    done = subprocess.run(
        [SAPS, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "90"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def with_values(page: str) -> str:
    """Return a page whose Python examples show what they give."""
    source = "\n".join(_PYTHON.findall(page))
    test = doctest.DocTestParser().get_doctest(source, {}, "page", None, None)
    runner = _Collector(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(test, out=lambda _: None)
    place = 0
    for example, got in runner.found:
        told = "".join(f"{'>>>' if n == 0 else '...'} {line}" for n, line in _lines(example.source))
        place = page.index(told + example.want, place)
        page = page[:place] + told + got + page[place + len(told + example.want) :]
    return page


def _lines(source: str) -> list[tuple[int, str]]:
    return list(enumerate(source.splitlines(keepends=True)))


class _Collector(doctest.DocTestRunner):
    """Notes what examples give that show something else."""

    def __init__(self, *, verbose: bool, optionflags: int) -> None:
        super().__init__(verbose=verbose, optionflags=optionflags)
        self.found: list[tuple[doctest.Example, str]] = []

    def report_failure(
        self, _out: object, _test: doctest.DocTest, example: doctest.Example, got: str
    ) -> None:
        self.found.append((example, got))


if __name__ == "__main__":
    main()
