from markdown_it import MarkdownIt

from saps.evaluation.evaluate import make_report
from saps.evaluation.report import Report
from saps.evaluation.report_tables import Table, escape, render_markdown, render_table
from tests.evaluation.conftest import make_example, make_result, passing
from tests.evaluation.test_report import make


def html(text: str) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(text))


def test_symbols_of_programs_show_as_they_are() -> None:
    symbols = ["*", "||", "<", "str_min", "[0]", "`", "#", "~", "(* ...)", "\\"]
    table = Table("", ("in the target", "tasks"), tuple((symbol, "1") for symbol in symbols))
    page = html(render_table(table))
    for symbol in symbols:
        shown = symbol.replace("&", "&amp;").replace("<", "&lt;")
        assert f'<td style="text-align:left">{shown}</td>' in page


def test_escape_leaves_plain_words_alone() -> None:
    assert escape("exact match, 95 %") == "exact match, 95 %"


def test_the_page_has_a_table_for_each_part_of_the_report() -> None:
    text = render_markdown(make())
    for title in (
        "Measures",
        "Measures over the tasks whose own program passes their tests",
        "Outcomes",
        "By target depth, levels",
        "By siblings in the target",
        "Failures by kind",
        "Most frequent confusions between symbols",
        "Robustness to rewording",
        "How it was made",
    ):
        assert f"\n## {title}\n" in text, title
    assert html(text).count("<table>") == text.count("\n## ")


def test_no_rate_stands_without_its_counts_and_interval() -> None:
    text = render_markdown(make())
    assert "| exact match | 20.00 % (3/15) | 7.05-45.19 % |" in text
    assert "| exact match per program | 16.67 % (0.3/2) |" in text
    rewording = "| one typo | 100.00 % (1/1) | 100.00 % (1/1) | 20.7-100.0 % | 0.00 |"
    assert rewording in text
    searched = render_markdown(make(n_seen_tests=3))
    assert "| holdout accuracy, plain | reworded | 95 % int. | drop, points |" in searched
    assert searched.count("100.00 % (1/1)") == text.count("100.00 % (1/1)") + 2


def test_a_perfect_report_has_no_empty_table() -> None:
    perfect = make()
    results = [make_result(example=make_example(nodes=()), verdict=passing())]
    report: Report = make_report(perfect.provenance, perfect.timing, results)
    text = render_markdown(report)
    assert "Failures" not in text
    assert "confusions" not in text
    assert "Robustness" not in text
    assert "Hardest" not in text


def test_provenance_says_how_to_make_the_report_again() -> None:
    text = render_markdown(make())
    for fact in ("saps evaluate data.path=x", "ab" * 32, "cd" * 32, "1,234", "1.5 s"):
        assert fact in text
