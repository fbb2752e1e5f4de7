"""The data of a run."""

from pathlib import Path

import pytest
import torch

from saps.data.algolisp import DataError
from saps.data.module import TaskData
from saps.data.symbols import Label, SymbolError, SymbolTable
from tests.tasks import examples, write_data


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


def test_batches_hold_the_tasks_that_their_indices_name(path: Path) -> None:
    data = _data(path)
    data.read()
    batches = data.batches("dev", 0)
    seen = []
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


def test_a_program_outside_the_symbols_names_its_task(path: Path) -> None:
    data = _data(path)
    with pytest.raises(SymbolError, match=r"task 1: no label for '\+' with 2 children"):
        data.read(symbols=SymbolTable([Label("a", 0)]))
