"""report.html: what it holds, and what it must not break on."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from saps.evaluation.evaluate import make_report
from saps.evaluation.report import Epoch, Record
from saps.evaluation.report_page import render_page
from tests.evaluation.conftest import make_example, make_result, mixed_results
from tests.evaluation.test_report import make

CURVE = [
    {"epoch": 0.0, "train/loss": 2.0, "val/loss": 1.8, "val/exact_match": 0.1},
    {"epoch": 1.0, "train/loss": 1.0, "val/loss": 1.1, "val/exact_match": 0.5},
    {"epoch": 2.0, "train/loss": 0.5, "val/loss": 0.7, "val/exact_match": 0.7},
]


def page(text: str = "find the sum of a", curve: Sequence[Epoch] = ()) -> str:
    results = [*mixed_results(), make_result(example=make_example(text=text))]
    report = make_report(make().provenance, make().timing, results)
    return render_page(report, [Record.of(result) for result in results], curve)


class Outline(HTMLParser):
    """Which elements there are, which are left open, and what they point at."""

    VOID = frozenset({"meta", "input", "link", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def records_of(text: str) -> list[dict[str, object]]:
    found = re.search(r'<script id="records" type="application/json">(.*?)</script>', text)
    assert found is not None
    records: list[dict[str, object]] = json.loads(found[1])
    return records


def test_every_element_is_closed() -> None:
    assert Outline(page(curve=CURVE)).open == []


def test_page_needs_nothing_but_itself() -> None:
    sources = Outline(page(curve=CURVE)).sources
    assert [source for source in sources if not source.startswith("#")] == []


def test_page_has_a_plot_of_each_kind() -> None:
    text = page(curve=CURVE)
    assert Outline(text).tags.count("svg") == 5
    for title in ("target depth", "text length", "Calibration", "Confusions", "Learning curve"):
        assert re.search(rf"<figcaption><strong>[^<]*{title}", text)


def test_without_logs_there_is_no_learning_curve() -> None:
    assert "Learning curve" not in page()


def test_page_has_all_families() -> None:
    text = page()
    families = text.split("<summary>All families</summary>", 1)[1].split("</details>", 1)[0]
    assert "<td>sum</td>" in families
    assert "<td>max</td>" in families


def test_every_family_of_the_tables_can_be_chosen() -> None:
    text = page()
    choices = text.split('<select id="family"', 1)[1].split("</select>", 1)[0]
    assert re.findall(r"<option value=.*?>(.*?)</option>", choices) == ["all", "max", "sum"]


def test_every_task_is_in_the_page() -> None:
    records = records_of(page())
    assert len(records) == 6
    assert [record["outcome"] for record in records].count("passed") == 2
    assert records[0]["gold"] == "(reduce a 0 +)"


def test_a_failing_test_is_told_and_no_wrong_tree_is_green() -> None:
    text = page()
    failing = [record["failing_test"] for record in records_of(text)]
    assert failing[0] is None
    assert failing[1] == {"number": 1, "input": '{"a": []}', "expected": "0", "got": ""}
    assert ".wrong { background: var(--wrong)" in text
    assert "found" not in text.split("<style>", 1)[1].split("</style>", 1)[0]


def test_text_can_not_leave_its_place() -> None:
    nasty = "</script><script>alert(1)</script> & <b>"
    text = page(nasty)
    assert records_of(text)[-1]["text"] == nasty
    assert "alert(1)</script>" not in text
    assert Outline(text).tags.count("script") == 2


def test_names_are_escaped_in_tables() -> None:
    report = make()
    provenance = replace(report.provenance, command="saps evaluate name=<b>")
    report = make_report(provenance, report.timing, mixed_results())
    assert "name=&lt;b&gt;" in render_page(report, [])


def test_the_same_report_gives_the_same_bytes() -> None:
    assert page(curve=CURVE) == page(curve=CURVE)


def test_page_stands_in_the_report_folder(tmp_path: Path) -> None:
    from saps.evaluation.evaluate import write_folder

    report = make_report(make().provenance, make().timing, mixed_results())
    write_folder(tmp_path / "out", report, mixed_results(), overwrite=False)
    assert "<h1>Evaluation</h1>" in (tmp_path / "out/report.html").read_text(encoding="utf-8")
