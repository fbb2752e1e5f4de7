from io import StringIO

from rich.console import Console

from saps.evaluation.report_tables import Table, draw, show_report
from tests.evaluation.test_report import make


def shown(width: int = 80, n_seen_tests: int = 0) -> str:
    stream = StringIO()
    show_report(make(n_seen_tests), Console(file=stream, width=width))
    return stream.getvalue()


def test_a_terminal_of_80_columns_shows_rows_whole() -> None:
    text = shown()
    assert "runs/x/best on generated, test split (15 tasks, 2 distinct programs)" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "exact match 20.00 % (3/15) 7.05-45.19 %" in lines
    assert "ill-typed 20.00 % (3/15)" in lines
    assert "2 20.00 % (3/15) 7.0-45.2 % 20.00 % (3/15) 7.0-45.2 %" in lines
    assert max(map(len, text.splitlines())) <= 80


def test_the_drops_on_rewordings_are_shown() -> None:
    lines = [" ".join(line.split()) for line in shown().splitlines()]
    assert "Robustness to rewording: accuracy by tests" in lines
    assert "rewording tasks plain reworded drop, points" in lines
    assert "one typo 1 100.00 % 100.00 % 0.00" in lines


def test_of_a_guided_search_they_are_those_on_tests_that_it_has_not_seen() -> None:
    text = shown(n_seen_tests=3)
    assert "Robustness to rewording: holdout accuracy" in text
    assert max(map(len, text.splitlines())) <= 80


def test_the_time_is_told_with_its_unit() -> None:
    assert "1.5 s: predicting 1.0 s, judging 0.5 s; 10 examples/s" in shown()


def test_markup_in_a_cell_is_shown_and_not_obeyed() -> None:
    stream = StringIO()
    table = Table("a [b]", ("[red]", "n"), (("[0]", "1"),))
    Console(file=stream, width=80).print(draw(table))
    assert "a [b]" in stream.getvalue()
    assert "[red]" in stream.getvalue()
    assert "[0]" in stream.getvalue()
