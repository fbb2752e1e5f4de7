"""The data of a run."""

import json
import logging
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch

from saps.data.algolisp import load_split, write_examples
from saps.data.batching import Batch
from saps.data.data_module import SPLITS, TaskData
from saps.data.example import Example, Test
from saps.data.files import DataError
from saps.data.symbols import Label, SymbolError, SymbolTable
from saps.data.tokenizer import Tokenizer, TokenizerError
from saps.lang import parse
from saps.resources import resource_folder
from tests.tasks import SENTENCES, examples, write_data


def _data(path: Path, **changes: object) -> TaskData:
    settings: dict[str, object] = {
        "name": "ours",
        "path": str(path),
        "vocabulary_size": 200,
        "batch_size": 4,
        "token_budget": 1000,
        "train_limit": None,
        "dev_limit": None,
        "filler_dropout": {"text_rate": 0.5, "word_rate": 0.5},
        "seed": 3,
    }
    return TaskData(**(settings | changes))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_data(tmp_path / "ours")


def test_words_are_those_of_the_training_texts(path: Path) -> None:
    data = _data(path)
    data.read()
    texts = [data.text("train", index) for index in range(data.size("train"))]
    assert data.words() == {word for text in texts for word in text.split()}
    assert "given" in data.words() or "a" in data.words()


def test_batches_hold_the_tasks_that_their_indices_name(path: Path) -> None:
    data = _data(path)
    data.read()
    batches = data.batches("dev", 0)
    seen: list[int] = []
    for number in range(len(batches)):
        batch = batches[number]
        seen += batch.indices
        gold = [examples()[i].program for i in batch.indices]
        assert data.programs("dev", batch.indices) == gold
        assert batch.tree.n_examples == len(gold)
        assert len(batch.tree.label) == sum(program.size for program in gold)
    assert sorted(seen) == list(range(len(examples())))


def test_training_texts_lose_words_and_the_others_do_not(path: Path) -> None:
    data = _data(path)
    data.read()
    whole = sum(len(data.tokenizer.encode(example.text)) for example in examples())

    def pieces(split: str, epoch: int) -> int:
        batches = data.batches(split, epoch)  # type: ignore[arg-type]
        return sum(int(batches[i].text.lengths.sum()) for i in range(len(batches)))

    assert pieces("dev", 0) == whole
    assert pieces("train", 0) < whole
    assert pieces("train", 0) == pieces("train", 0)


def test_the_same_batch_of_an_epoch_is_the_same_when_made_again(path: Path) -> None:
    data = _data(path)
    data.read()
    first, again = data.batches("train", 5), data.batches("train", 5)
    assert torch.equal(first[1].text.pieces, again[1].text.pieces)


def test_limits_take_the_first_tasks(path: Path) -> None:
    data = _data(path, train_limit=3, dev_limit=2)
    data.read()
    assert (data.size("train"), data.size("dev")) == (3, 2)


def test_missing_data_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="saps generate out="):
        _data(tmp_path / "none").read()


@pytest.mark.parametrize("name", ["generated", "large", "short", "tiny", "algolisp"])
def test_missing_data_of_a_choice_are_made_as_its_file_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    head = (resource_folder("conf") / "data" / f"{name}.yaml").read_text().splitlines()[0]
    with pytest.raises(DataError) as caught:
        _data(Path("data") / name).read()
    told = str(caught.value)
    if name == "algolisp":
        assert "it takes metaset3.{train,dev,test}.jsonl[.gz], see data/README.md, or give" in told
        assert "saps generate" not in told
    else:
        assert f"make them with `saps generate out=data/{name}" in told
        assert told.split("`")[1] in head
        assert ("max_depth=2" in told) == (name in ("large", "short"))


def test_too_few_pieces_are_told_how_many_there_must_be(path: Path) -> None:
    with pytest.raises(TokenizerError, match=r"data\.vocabulary_size=5: .* need at least 41, a"):
        _data(path, vocabulary_size=5).read()
    _data(path, vocabulary_size=41).read()


def test_a_program_outside_the_symbols_names_its_task(path: Path) -> None:
    data = _data(path)
    with pytest.raises(
        SymbolError, match=r"train\.jsonl: task 1: no label for '\+' with 2 children"
    ):
        data.read(symbols=SymbolTable([Label("a", 0)]))


def _content(batch: Batch) -> list[object]:
    """All that a batch holds, tensors with their kind and shape, for comparison."""
    values: list[object] = [batch.indices]
    for part in (batch.text, batch.tree):
        for field in fields(part):
            value = getattr(part, field.name)
            is_tensor = isinstance(value, torch.Tensor)
            values.append((value.dtype, value.tolist()) if is_tensor else value)
    return values


def _everything(data: TaskData) -> list[object]:
    """All batches of two epochs of both splits, and the programs."""
    batches = [data.batches(split, epoch) for split in SPLITS for epoch in (0, 3)]
    contents: list[object] = [_content(epoch[i]) for epoch in batches for i in range(len(epoch))]
    return [*contents, *(data.programs(split, range(data.size(split))) for split in SPLITS)]


def _forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let reading tasks, learning a tokenizer or encoding fail the test."""

    def fail(*args: object, **options: object) -> None:
        raise AssertionError("the cache was not used")

    for name in names:
        monkeypatch.setattr(name, fail)


READING = "saps.data.data_module.load_split"
ENCODING = "saps.data.data_module.encode_examples"
LEARNING = "saps.data.data_module.Tokenizer.train"


def test_batches_from_the_cache_are_the_same(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, first, second = _data(path), *(_data(path, cache=tmp_path / "kept") for _ in range(2))
    plain.read()
    first.read()
    _forbid(monkeypatch, READING, ENCODING, LEARNING)
    second.read()
    assert _everything(plain) == _everything(first) == _everything(second)
    assert (
        first.tokenizer.model_proto == second.tokenizer.model_proto == plain.tokenizer.model_proto
    )


def test_a_continued_run_uses_the_cache_of_its_first_half(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _data(path, cache=tmp_path / "kept")
    first.read()
    first.tokenizer.save(tmp_path / "tokenizer.model")
    first.symbols.save(tmp_path / "symbols.json")
    _forbid(monkeypatch, READING, ENCODING, LEARNING)
    continued = _data(path, cache=tmp_path / "kept")
    continued.read(
        Tokenizer.load(tmp_path / "tokenizer.model"), SymbolTable.load(tmp_path / "symbols.json")
    )
    assert _everything(continued) == _everything(first)


@pytest.mark.parametrize(
    "change", ["data", "train_limit", "dev_limit", "vocabulary", "symbols", "code"]
)
def test_a_stale_cache_is_not_used(
    change: str, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _data(path, cache=tmp_path / "kept").read()
    settings: dict[str, object] = {"cache": tmp_path / "kept"}
    symbols = SymbolTable.of_language()
    if change == "data":
        write_examples(path / "train.jsonl", reversed(examples()))
    elif change.endswith("limit"):
        settings[change] = 9
    elif change == "vocabulary":
        settings["vocabulary_size"] = 150
    elif change == "symbols":
        symbols = SymbolTable(symbols.labels[::-1])
    else:
        monkeypatch.setattr("saps.data.encoded.code_version", lambda: "2")
    cached, plain = _data(path, **settings), _data(path, **(settings | {"cache": None}))
    plain.read(symbols=symbols)
    n_before = len(list((tmp_path / "kept").iterdir()))
    cached.read(symbols=symbols)
    assert len(list((tmp_path / "kept").iterdir())) > n_before
    assert _everything(cached) == _everything(plain)


def test_a_damaged_cache_is_made_anew(path: Path, tmp_path: Path) -> None:
    first, second = (_data(path, cache=tmp_path / "kept") for _ in range(2))
    first.read()
    kept = sorted((tmp_path / "kept").iterdir())
    assert [entry.name.split("-")[0] for entry in kept] == ["dev", "tokenizer", "train"]
    sound = [entry.read_bytes() for entry in kept]
    for entry in kept:
        entry.write_bytes(entry.read_bytes()[:-5] + b"wrong")
    second.read()
    assert _everything(second) == _everything(first)
    assert [entry.read_bytes() for entry in kept] == sound


def test_a_symbol_that_was_never_encoded_is_found_behind_a_cache_too(
    path: Path, tmp_path: Path
) -> None:
    _data(path, cache=tmp_path / "kept").read()
    with pytest.raises(SymbolError, match="task 1: no label"):
        _data(path, cache=tmp_path / "kept").read(symbols=SymbolTable([Label("a", 0)]))


def test_a_function_that_the_language_lacks_is_an_error_at_load(path: Path) -> None:
    line = (path / "dev.jsonl").read_text().splitlines()[1]
    (path / "dev.jsonl").write_text(line.replace('"square"', '"frobnicate"') + "\n")
    with pytest.raises(SymbolError, match=r"dev\.jsonl: task 1: no label for 'frobnicate' with 1"):
        _data(path).read()


def test_a_text_without_words_is_an_error_at_load(path: Path) -> None:
    write_examples(path / "dev.jsonl", [replace(examples()[0], text="$")])
    with pytest.raises(TokenizerError, match=r"dev\.jsonl: task 1: no word is left of its text"):
        _data(path).read()


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_and_change(source: Path, split: str) -> list[Example]:
        tasks = load_split(source, split)
        write_examples(source, examples()[:3])
        return tasks

    monkeypatch.setattr(READING, load_and_change)
    with pytest.raises(DataError, match=r"train\.jsonl: the file changed while it was read"):
        _data(path, cache=tmp_path / "kept").read()
    assert not (tmp_path / "kept").exists()


def test_the_start_reports_coverage_and_padding(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = _data(path, batch_size=1, vocabulary_size=120)
    with caplog.at_level(logging.INFO, logger="saps"):
        data.read()
    n_words = sum(len(text.split()) for text in SENTENCES)
    n_whole = sum(
        data.tokenizer.whole_word_id(word) is not None
        for text in SENTENCES
        for word in text.split()
    )
    assert 0 < n_whole < n_words
    assert f"{len(data.tokenizer)} pieces; of dev, {n_whole}/{n_words} words" in caplog.text
    assert "0 (0.00 %) hold an unknown one" in caplog.text
    assert "train: 10 batches an epoch, 0.0 % of it padding" in caplog.text


def test_constants_are_a_setting_of_the_data(path: Path) -> None:
    line = json.loads((path / "dev.jsonl").read_text().splitlines()[0])
    (path / "dev.jsonl").write_text(json.dumps(line | {"short_tree": ["+", "a", "7"]}) + "\n")
    with pytest.raises(SymbolError, match=r"no label for '7' .* add it to data\.constants"):
        _data(path).read()
    data = _data(path, constants=[0, 1, 2, 7, 10, True, float("inf"), '"aeiou"'])
    data.read()
    assert str(data.programs("dev", [0])[0]) == "(+ a 7)"
    assert {Label(x, 0) for x in ("7", "true", "inf", '"aeiou"')} <= set(data.symbols.labels)


def test_arguments_with_names_of_their_own_are_letters_to_the_model(path: Path) -> None:
    named = replace(examples()[0], text="find price + b", arguments={"price": "int", "b": "int"})
    named = replace(named, program=parse("(+ price b)"), tests=(Test({"price": 1, "b": 2}, 3),))
    write_examples(path / "dev.jsonl", [named])
    data = _data(path)
    data.read()
    assert data.text("dev", 0) == "find a + b"
    assert str(data.programs("dev", [0])[0]) == "(+ a b)"
