"""What a notebook shows of an answer."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from saps import Synthesis
from tests import pretrained


@pytest.fixture(scope="module")
def synthesis() -> Synthesis:
    text = "the sum of the even numbers of xs"
    return pretrained.synthesizer().synthesize(text, arguments={"xs": "int[]"})


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, _: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def _read(html: str) -> _Page:
    page = _Page()
    page.feed(html)
    return page


def test_a_notebook_shows_program_python_confidence_tree_and_samples(synthesis: Synthesis) -> None:
    page = _read(synthesis._repr_html_())
    assert str(synthesis.program) in page.text
    assert synthesis.python.strip() in page.text
    assert synthesis.confidence is not None
    assert f"({round(100 * synthesis.confidence)} %)" in page.text
    assert "├── filter" in page.text
    assert str(synthesis.samples[0].output) in page.text
    assert "script" not in page.tags


def test_what_was_typed_is_text_and_no_markup(synthesis: Synthesis) -> None:
    evil = "<script>alert(1)</script>"
    first = replace(synthesis.samples[0], inputs={evil: [evil]}, output=evil)
    shown = replace(synthesis, arguments={evil: "int[]"}, python=evil, samples=(first,))
    page = _read(shown._repr_html_())
    assert "script" not in page.tags
    assert page.text.count(evil) == 5  # types, Python, name, input and output


def test_an_answer_without_calibration_and_samples_is_shown_too(synthesis: Synthesis) -> None:
    bare = replace(synthesis, confidence=None, is_sure=None, samples=(), candidates=())
    page = _read(bare._repr_html_())
    assert "meter" not in page.tags
    assert "table" not in page.tags


def test_repr_is_one_short_line(synthesis: Synthesis) -> None:
    assert repr(replace(synthesis, confidence=0.8, is_sure=True)) == (
        f"<Synthesis {synthesis.program} : (xs: int[]) -> int, probably right (80 %)>"
    )
    assert repr(replace(synthesis, confidence=None)).endswith(": (xs: int[]) -> int>")
