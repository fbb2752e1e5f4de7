from pathlib import Path

import pytest

from saps.data import Example, Test, read_examples
from saps.data.statistics import Statistics, mean, share
from saps.english.vocabulary import FIGURES, SYMBOLS, published_words
from saps.lang import parse

SAMPLE = Path(__file__).parents[2] / "data" / "sample.jsonl"


def example(text: str, program: str, *nodes: str) -> Example:
    return Example(text, {"a": "int[]"}, "int", parse(program), (Test({"a": [1]}, 1),), nodes)


def test_statistics_counts_by_hand() -> None:
    found = Statistics.of(
        [
            example("sum of gadgets", "(reduce a 0 +)", "sum"),
            example("sum of the sum", "(reduce a 0 +)", "sum", "sum"),
            example("a", "(pow (len a) 2)"),
        ]
    )
    assert (found.tasks, len(found.programs)) == (3, 1 + 1)
    assert dict(found.text_lengths) == {3: 1, 4: 1, 1: 1}
    assert dict(found.depths) == {2: 2, 3: 1}
    assert dict(found.program_lengths) == {4: 3}
    assert dict(found.families) == {"sum": 2}
    assert dict(found.outside_words) == {"gadgets": 1}
    assert dict(found.outside_symbols) == {"pow": 1}
    assert found.published_words_used == 4  # sum, of, the, a
    assert found.to_json()["text_length"] == pytest.approx(8 / 3)


def test_statistics_add_up() -> None:
    one, two = example("a", "(len a)"), example("b", "(head a)")
    assert Statistics.of([one]) + Statistics.of([two]) == Statistics.of([one, two])


def test_statistics_of_nothing_is_no_division_by_zero() -> None:
    assert Statistics().to_json()["text_length"] == 0
    assert (mean(Statistics().depths), share(0, 0)) == (0, 0)


def test_the_published_vocabularies_are_whole() -> None:
    assert len(published_words()) == len(set(published_words())) == 284
    assert len(SYMBOLS) == 71
    assert sum(figures.tasks for figures in FIGURES.values()) == 99_506


def test_the_sample_speaks_the_published_language() -> None:
    found = Statistics.of(read_examples(SAMPLE))
    assert found.tasks == 200
    assert not found.outside_symbols
    assert found.outside_words.total() < 0.05 * found.words.total()
