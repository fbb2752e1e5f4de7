"""Training texts in other words."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from saps.data import DataError, write_examples
from saps.data.data_module import TaskData
from saps.data.example import Example
from saps.data.tasks.composer import Shape
from saps.data.tasks.family import default_catalogue
from saps.data.tasks.generate import TaskMaker
from saps.data.wordings.paraphrase import _ENDS, _NAME_HERE, Paraphraser, _Rule, _rules

ALWAYS = Paraphraser(text_rate=1.0, place_rate=1.0)


def _generated(count: int) -> list[Example]:
    maker = TaskMaker(default_catalogue(), Shape(max_depth=2), seed=7)
    tasks = (maker.make(index) for index in range(3 * count))
    return [task.example for task in tasks if task is not None][:count]


GENERATED = _generated(150)


def _forms(text: str, n: int = 20) -> set[str]:
    return {ALWAYS.reword(text, Random(seed)) for seed in range(n)}


def test_the_same_seed_gives_the_same_words() -> None:
    text = GENERATED[0].text
    assert ALWAYS(text, Random(1)) == ALWAYS(text, Random(1))
    assert len(_forms(text)) > 5


def test_a_rate_of_zero_leaves_texts_alone() -> None:
    never = Paraphraser(text_rate=0.0, place_rate=1.0)
    assert all(never(task.text, Random(1)) == task.text for task in GENERATED)


def test_about_as_many_texts_change_as_the_rate_says() -> None:
    some = Paraphraser(text_rate=0.3, place_rate=0.5)
    changed = sum(some(task.text, Random(task.text)) != task.text for task in GENERATED)
    assert 0.15 < changed / len(GENERATED) < 0.45


@pytest.mark.parametrize("rates", [(1.5, 0.1), (0.1, -0.1)])
def test_a_rate_outside_of_0_to_1_is_refused(rates: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
        Paraphraser(text_rate=rates[0], place_rate=rates[1])


@pytest.mark.parametrize(
    "wrong", [{"text_rat": 0.2, "place_rate": 0.4}, {"text_rate": 2.0, "place_rate": 0.4}]
)
def test_wrong_settings_of_a_run_are_told(
    tmp_path: Path, wrong: dict[str, float], small_data: Callable[..., TaskData]
) -> None:
    write_examples(tmp_path / "train.jsonl", GENERATED)
    data = small_data(tmp_path, paraphrase=wrong)
    with pytest.raises(DataError, match="give text_rate and place_rate, each from 0 to 1"):
        data.read()


def test_every_argument_is_still_named() -> None:
    told = 0
    for task in GENERATED:
        words = ALWAYS.reword(task.text, Random(task.text)).split()
        letters = [name for name in task.arguments if name != "a"]  # which may be an article
        if "the given" not in task.text:
            told += len(letters)
            assert set(letters) <= set(words), task.text
    assert told > 50


def test_no_mark_of_the_table_is_left_in_a_text() -> None:
    for task in GENERATED:
        for form in _forms(task.text, 5):
            assert not re.search(r"[@|{}?]|\w/\w|  ", form), form


def test_a_part_is_not_taken_for_the_whole() -> None:
    text = "given a number b and an array of numbers c , find the sum of b and the length of c"
    assert all("total of b" not in form and "elements of b" not in form for form in _forms(text))
    text = "given numbers b and c , find the square of b plus c"  # of their sum
    assert all("b times itself" not in form for form in _forms(text))


def test_what_is_defined_comes_before_what_uses_it() -> None:
    text = "given an array of numbers b , let c be the maximum of b , find c squared"
    for form in _forms(text):
        words = form.split()
        assert words.index("b") < words.index("c") < len(words) - 2, form


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.others[0])
def test_every_rule_can_take_effect(rule: _Rule) -> None:
    """Each left side of the table is found in a sentence made of it."""
    words = rule.pattern.pattern
    sentence = _specimen(words)
    changed = {rule.apply(sentence, 1.0, Random(seed)) for seed in range(12)}
    assert changed - {sentence}, sentence


def _specimen(left: str) -> str:
    """Return the first sentence that a pattern of the table describes."""
    names = iter("bcdefgh")
    body = left.removeprefix(r"(?<!\S)").removesuffix(_ENDS).removesuffix(r"(?!\S)")
    body = re.sub(re.escape(_NAME_HERE), lambda _: next(names), body)
    body = re.sub(r"\(\?:\(\?:([^()|]*)[^()]*\) \)\?", r"\1 ", body)
    body = re.sub(r"\(\?:([^()|]*)[^()]*\)", r"\1", body)
    return re.sub(r"\\(.)", r"\1", body)


def test_training_texts_are_reworded_and_the_others_are_not(
    tmp_path: Path, small_data: Callable[..., TaskData]
) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    for split in ("train", "dev"):
        write_examples(folder / f"{split}.jsonl", GENERATED)
    settings = {"text_rate": 1.0, "place_rate": 0.5}

    def read(cache: Path | None, paraphrase: dict[str, float] | None) -> TaskData:
        kept = None if cache is None else str(cache)
        data = small_data(folder, cache=kept, paraphrase=paraphrase)
        data.read()
        return data

    def texts(data: TaskData, split: str) -> list[str]:
        return [data.text(split, index) for index in range(len(GENERATED))]  # type: ignore[arg-type]

    plain = read(tmp_path / "cache", None)
    other = read(tmp_path / "cache", settings)
    assert texts(plain, "train") == texts(plain, "dev") == [task.text for task in GENERATED]
    changed = sum(a != b for a, b in zip(texts(other, "train"), texts(plain, "train"), strict=True))
    assert changed > len(GENERATED) / 2
    words = sum(a != b for a, b in zip(texts(other, "dev"), texts(plain, "dev"), strict=True))
    assert words <= len(GENERATED) / 10  # but for words that the training texts do not have
    again = read(tmp_path / "cache", settings)
    assert texts(again, "train") == texts(other, "train")
    assert texts(read(None, settings), "train") == texts(other, "train")
