"""The classifier of kinds: its files, and what a damaged one gives."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from saps.lang import parse
from saps.model.kind_classifier import (
    ENTRIES,
    N_ROWS,
    WEIGHTS,
    Entry,
    KindClassifier,
    KindsError,
    features,
)

COUNT = Entry(
    "count_where",
    "=",
    parse("(len (filter xs (lambda1 (C arg1))))"),
    {"xs": "int[]", "C": "condition int"},
    "int",
)
TOTAL = Entry("total", "=", parse("(reduce xs 0 +)"), {"xs": "int[]"}, "int")
EVEN = Entry("even", "~", parse("(== (% x 2) 0)"), {}, "bool", "int")


def classifier(said: dict[str, list[float]] | None = None) -> KindClassifier:
    """One unit for each entry and for "none": a word of `said` has their logits as its row."""
    words = torch.zeros(N_ROWS, 4)
    for word, row in (said or {}).items():
        words[features(word)[0]] = torch.tensor(row)
    weights = {
        "words": words,
        "kind": torch.eye(4)[:2],
        "kind_bias": torch.zeros(2),
        "part": torch.eye(4),
        "part_bias": torch.zeros(4),
    }
    return KindClassifier([COUNT, TOTAL, EVEN], weights)


def test_a_word_speaks_for_its_kind_and_part() -> None:
    kind, part = classifier({"sum": [0, 9, 0, 0], "even": [0, 0, 9, 0]}).log_probs("even sum")
    assert kind.argmax() == 1
    assert part[2] > part[3]
    assert kind.exp().sum() == pytest.approx(1)
    assert part.exp().sum() == pytest.approx(1)


def test_an_english_word_speaks_though_no_text_had_it(tmp_path: Path) -> None:
    weights = {**classifier().weights, "english": torch.tensor([[0.0, 9, 0, 0], [0, 0, 9, 0]])}
    made = KindClassifier([COUNT, TOTAL, EVEN], weights, ["aggregate", "b"])
    made.save(tmp_path)
    read = KindClassifier.load(tmp_path)
    assert read is not None
    kind, part = read.log_probs("Aggregate of b")  # b is the letter of an argument
    assert kind.argmax() == 1
    assert part[2] == part[3]
    with pytest.raises(KindsError, match="two classifiers"):
        KindClassifier([COUNT, TOTAL, EVEN], weights, ["aggregate"])


def test_letters_of_arguments_count_as_one_word() -> None:
    assert features("sum of a") == features("sum of b")
    assert features("sum of a") != features("sum of xs")


def test_entries_fit_slots_of_their_type() -> None:
    assert EVEN.fits("condition int")
    assert not EVEN.fits("condition string")
    assert TOTAL.fits("int")
    assert not TOTAL.fits("condition int")
    assert COUNT.applied_slots == ("C",)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    made = classifier({"sum": [0, 9, 0, 0]})
    made.save(tmp_path)
    loaded = KindClassifier.load(tmp_path)
    assert loaded is not None
    assert loaded.entries == made.entries
    for old, new in zip(made.log_probs("sum a"), loaded.log_probs("sum a"), strict=True):
        assert torch.allclose(old, new, atol=1e-3)


def test_tables_take_a_byte_a_number_and_former_files_with_two_are_loaded(tmp_path: Path) -> None:
    made = classifier({"sum": [0, 9, 0, 0], "some": [0.3, -2, 5, 0.01]})
    made.save(tmp_path)
    written = load_file(tmp_path / WEIGHTS)
    assert written["words"].dtype == torch.int8
    loaded = KindClassifier.load(tmp_path)
    assert loaded is not None
    loaded.save(tmp_path)  # what is in 8 bits stays as it is
    assert torch.equal(load_file(tmp_path / WEIGHTS)["words"], written["words"])
    save_file({name: weight.half() for name, weight in made.weights.items()}, tmp_path / WEIGHTS)
    former = KindClassifier.load(tmp_path)
    assert former is not None
    for old, new in zip(former.log_probs("some sum"), loaded.log_probs("some sum"), strict=True):
        assert torch.allclose(old, new, atol=0.05)
    wrong = {**written, "words_scale": written["words_scale"][1:]}
    save_file(wrong, tmp_path / WEIGHTS)
    with pytest.raises(KindsError, match="two classifiers"):
        KindClassifier.load(tmp_path)


def test_with_sqrtn_a_long_text_says_more_and_a_file_that_says_nothing_has_the_mean(
    tmp_path: Path,
) -> None:
    mean = classifier({"sum": [0, 1, 0, 0], "total": [0, 1, 0, 0]})
    root = KindClassifier(mean.entries, mean.weights, combiner="sqrtn")
    text = "sum total"  # four rows: both words, the beginning of one, the pair
    for made, logit in ((mean, 2 / 4), (root, 2 / 4**0.5)):
        kind, _ = made.log_probs(text)
        assert (kind[1] - kind[0]).item() == pytest.approx(logit)
    root.save(tmp_path)
    read = KindClassifier.load(tmp_path)
    assert read is not None
    assert read.combiner == "sqrtn"
    told = json.loads((tmp_path / ENTRIES).read_text())
    del told["combiner"]
    (tmp_path / ENTRIES).write_text(json.dumps(told))
    former = KindClassifier.load(tmp_path)
    assert former is not None
    assert former.combiner == "mean"
    (tmp_path / ENTRIES).write_text(json.dumps(told | {"combiner": "max"}))
    with pytest.raises(KindsError, match=ENTRIES):
        KindClassifier.load(tmp_path)


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert KindClassifier.load(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (ENTRIES, "[{"),
        (ENTRIES, "[1]"),
        (ENTRIES, "[" * 100_000),
        (ENTRIES, json.dumps([TOTAL.to_json() | {"program": "(len"}])),
        (ENTRIES, json.dumps([TOTAL.to_json() | {"returns": 7}])),
        (ENTRIES, json.dumps([TOTAL.to_json()])),
        (WEIGHTS, "no weights"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, text: str) -> None:
    classifier().save(tmp_path)
    (tmp_path / name).write_text(text)
    with pytest.raises(KindsError, match=name):
        KindClassifier.load(tmp_path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    classifier().save(tmp_path)
    (tmp_path / ENTRIES).unlink()
    with pytest.raises(KindsError, match=ENTRIES):
        KindClassifier.load(tmp_path)
