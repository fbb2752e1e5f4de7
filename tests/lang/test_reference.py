"""The pages under docs/ say what the code does."""

import doctest
import re
from pathlib import Path

import pytest

from saps.lang import FUNCTIONS, AlgoLispError, Limits, parse
from saps.lang.parser import grammar
from saps.lang.python.operations import OPERATIONS
from saps.lang.python.translation import HIGHER_ORDER
from saps.lang.render import describe, functions_page, syntax_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "text"),
    [("language-functions.md", functions_page()), ("language-syntax.md", syntax_page())],
)
def test_page_is_what_would_be_made_now(name: str, text: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == text


def test_every_function_has_its_section() -> None:
    page = functions_page()
    assert re.findall(r"^## `(.*)`$", page, re.MULTILINE) == list(FUNCTIONS)
    assert "- `T` is a type with an order" in describe(FUNCTIONS["sort"])
    assert "- Error `empty`: the array is empty." in describe(FUNCTIONS["head"])


@pytest.mark.parametrize("example", re.findall(r"^//     (.*)$", grammar(), re.MULTILINE))
def test_example_of_the_grammar_parses(example: str) -> None:
    assert parse(example).children


def test_code_of_the_language_page_gives_what_it_shows() -> None:
    outcome = doctest.testfile(
        str(DOCS / "language.md"),
        module_relative=False,
        optionflags=doctest.IGNORE_EXCEPTION_DETAIL,
    )
    assert outcome.attempted > 10
    assert outcome.failed == 0


def test_tables_of_the_language_page_are_complete() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| `([A-Za-z]+Error)` \|", page, re.MULTILINE))
    leaves = {kind.code: kind.__name__ for kind in _leaves(AlgoLispError)}
    leaves |= {"tree": "TreeError"}  # which also has a child
    assert listed == leaves
    for name in Limits.__dataclass_fields__:
        assert f"| `{name}`: " in page


def _leaves(kind: type[AlgoLispError]) -> list[type[AlgoLispError]]:
    children = kind.__subclasses__()
    return [leaf for child in children for leaf in _leaves(child)] if children else [kind]


def test_every_function_can_be_written_in_python() -> None:
    declared = {name for name, function in FUNCTIONS.items() if function.python is not None}
    assert declared | set(OPERATIONS) | HIGHER_ORDER == set(FUNCTIONS)
    assert not declared & set(OPERATIONS), "what the entry declares would not be used"
