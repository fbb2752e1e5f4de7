import json
import shutil
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from itertools import combinations, count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from omegaconf import OmegaConf

from saps.data import DataError, Example, load_split
from saps.data.statistics import Statistics
from saps.data.tasks.composer import Pair, Shape, default_readings, draw_draft, phrase_task
from saps.data.tasks.dataset_folder import merge_parts
from saps.data.tasks.family import default_catalogue
from saps.data.tasks.generate import TaskMaker, generate, generate_dataset
from saps.data.tasks.sharding import GENERATOR_VERSION, Collector, held_out, split_sizes
from saps.data.tokenizer import normalise_text
from saps.data.verification import verify
from saps.data.wordings.noise import Noise
from saps.english.vocabulary import SYMBOLS
from saps.lang import infer_type
from saps.resources import resource_folder

SPLITS = ("train", "dev", "test")
SIZE = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_dataset(tmp_path_factory.mktemp("set"), SIZE, seed=11, workers=1)


@pytest.fixture(scope="module")
def splits(folder: Path) -> dict[str, list[Example]]:
    return {name: load_split(folder, name) for name in SPLITS}


@pytest.fixture(scope="module")
def examples(splits: dict[str, list[Example]]) -> list[Example]:
    return [example for split in splits.values() for example in split]


def test_generate_writes_the_published_proportions(splits: dict[str, list[Example]]) -> None:
    assert {name: len(split) for name, split in splits.items()} == split_sizes(SIZE)


def test_no_program_of_dev_or_test_is_in_train(splits: dict[str, list[Example]]) -> None:
    programs = {name: {example.program for example in split} for name, split in splits.items()}
    assert not programs["train"] & (programs["dev"] | programs["test"])
    assert not programs["dev"] & programs["test"]


def test_no_text_comes_twice(examples: list[Example]) -> None:
    assert max(Counter(example.text for example in examples).values()) == 1


def test_every_program_is_of_its_declared_type(examples: list[Example]) -> None:
    for example in examples:
        assert str(infer_type(example.program, example.arguments)) == example.return_type


def test_every_declared_argument_is_used(examples: list[Example]) -> None:
    for example in examples:
        assert example.arguments.keys() <= {node.symbol for node in example.program.preorder()}


def test_every_task_does_what_its_ten_tests_say(folder: Path, examples: list[Example]) -> None:
    for name in SPLITS:
        assert verify(folder / f"{name}.jsonl", workers=1).failures == []
    assert all(len(example.tests) == 10 for example in examples)
    for example in examples:
        outputs = Counter(json.dumps(test.output) for test in example.tests)
        assert max(outputs.values()) < 9, example.text


def test_tasks_are_like_the_published_ones(examples: list[Example]) -> None:
    found = Statistics.of(examples)
    figures = found.to_json()
    assert figures["text_length"] == pytest.approx(38, rel=0.25)
    assert figures["program_depth"] == pytest.approx(7.7, rel=0.25)
    assert figures["program_length"] == pytest.approx(25, rel=0.25)
    assert found.symbols.keys() <= SYMBOLS
    assert found.outside_words.total() < 0.05 * found.words.total()
    assert max(found.families.values()) < 0.1 * SIZE


def test_metadata_says_how_to_make_it_again(folder: Path) -> None:
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["generator_version"] == GENERATOR_VERSION
    assert (metadata["seed"], metadata["size"], metadata["max_depth"]) == (11, SIZE, 4)
    assert metadata["sizes"] == split_sizes(SIZE)


def test_another_seed_gives_other_tasks(folder: Path, tmp_path: Path) -> None:
    other = generate_dataset(tmp_path, 30, seed=12, workers=1)
    texts = {example.text for example in load_split(folder, "train")}
    assert len([e for e in load_split(other, "train") if e.text in texts]) < 10


def test_generate_follows_its_configuration(tmp_path: Path) -> None:
    config = OmegaConf.load(resource_folder("conf") / "generate.yaml")
    config = OmegaConf.merge(config, {"out": str(tmp_path), "size": 30, "workers": 1})
    assert generate(config) == tmp_path  # type: ignore[arg-type]
    assert sum(len(load_split(tmp_path, name)) for name in SPLITS) == 30


def test_generate_nests_nothing_at_depth_1(tmp_path: Path) -> None:
    generate_dataset(tmp_path, 60, workers=1, max_depth=1)
    families = [len(example.nodes) for name in SPLITS for example in load_split(tmp_path, name)]
    assert families.count(1) > 50


def test_noise_spoils_texts_and_nothing_else() -> None:
    plain = TaskMaker(default_catalogue(), Shape(), seed=1)
    noisy = replace(plain, noise=Noise(dropped=0.2))
    pairs = [(plain.make(index), noisy.make(index)) for index in range(60)]
    made = [(one.example, other.example) for one, other in pairs if one and other]
    assert len(made) > 30
    for one, other in made:
        assert other == replace(one, text=other.text)
    assert sum(len(other.text) < len(one.text) for one, other in made) > 0.9 * len(made)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"size": 0}, "size is 0, expected at least 6"),
        ({"size": 5}, "size is 5, expected at least 6: of fewer tasks there are none for dev"),
        ({"size": 6, "max_depth": 5}, "max_depth is 5, expected 1 to 4"),
        ({"size": 6, "workers": 0}, "workers is 0, expected a whole number, at least 1"),
        ({"size": 6, "workers": "two"}, "workers is 'two', expected a whole number"),
        ({"size": "many"}, "size is 'many', expected a whole number"),
        ({"size": 5, "seed": None}, "seed is None, expected a whole number"),
        ({"size": 6, "split": "random"}, "split is 'random', expected surface or compositional"),
        ({"size": 6, "split": "compositional", "max_depth": 1}, "it needs max_depth=2 or more"),
        ({"size": 5, "shard": "3/2"}, "shard is '3/2', expected i/n"),
        ({"size": 5, "shard": 2}, "shard is '2', expected i/n"),
        ({"size": 6, "shard": "1/7"}, "shard is 1/7, more parts than the 6 tasks"),
        ({"size": 99, "shard": "1/65"}, "shard is '1/65', but a data set has 64 blocks"),
        ({"size": 6, "overwrite": "maybe"}, "overwrite is 'maybe', expected true or false"),
    ],
)
def test_generate_refuses_settings_out_of_range(
    settings: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=reason):
        generate_dataset(tmp_path, **settings)
    assert list(tmp_path.iterdir()) == []


def test_generate_refuses_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(ValueError, match="which is a file; give a folder"):
        generate_dataset(path, 6)


def test_generate_refuses_no_folder() -> None:
    with pytest.raises(ValueError, match="out is empty; give a folder"):
        generate_dataset("", 5)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_generate_interrupted_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "train.jsonl").write_text("old\n")
    monkeypatch.setattr(Collector, "n_programs", property(_interrupted))
    with pytest.raises(KeyboardInterrupt):
        generate_dataset(tmp_path, 20, workers=1, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["train.jsonl"]
    assert (tmp_path / "train.jsonl").read_text() == "old\n"


@pytest.mark.parametrize("there", [False, True])
def test_generate_interrupted_takes_its_empty_folder_away(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "deep/set"
    if there:
        out.mkdir(parents=True)
    monkeypatch.setattr("saps.data.tasks.generate._collect", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate_dataset(out, 20)
    assert out.exists() == there
    assert (tmp_path / "deep").exists() == there


def test_generate_interrupted_leaves_the_other_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "set"

    def other_part_then_interrupted(*_: object) -> None:
        (out / "2-of-2").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("saps.data.tasks.generate._collect", other_part_then_interrupted)
    with pytest.raises(KeyboardInterrupt):
        generate_dataset(out, 20, shard="1/2")
    assert [path.name for path in out.iterdir()] == ["2-of-2"]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small set, to be copied."""
    return generate_dataset(tmp_path_factory.mktemp("small"), 20, max_depth=1, workers=1)


def test_the_same_set_is_made_again_into_its_folder(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    before = _files(tmp_path)
    (tmp_path / "dev.jsonl").unlink()
    generate_dataset(tmp_path, 20, workers=1, max_depth=1)
    assert _files(tmp_path) == before


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"size": 21}, "holds a data set of size=20, not of size=21; give out= another name, or"),
        ({"seed": 2}, "holds a data set of seed=1, not of seed=2; "),
        ({"size": 21, "seed": 2}, "of size=20, seed=1, not of size=21, seed=2; "),
        ({"noise": Noise(typo=0.1)}, "of noise.typo=0.0, not of noise.typo=0.1; "),
        ({"max_depth": 2}, "of max_depth=1, not of max_depth=2; "),
    ],
)
def test_a_set_of_other_settings_is_not_replaced_unasked(
    settings: dict[str, Any],
    told: str,
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"size": 20, "seed": 1, "max_depth": 1, "workers": 1} | settings
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    before = _files(tmp_path)
    monkeypatch.setattr("saps.data.tasks.generate._collect", _interrupted)  # told before the work
    with pytest.raises(DataError) as caught:
        generate_dataset(tmp_path, **asked)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}: ")
    assert str(caught.value).endswith("overwrite=true to replace it")
    assert _files(tmp_path) == before


def test_a_set_of_other_settings_is_replaced_when_asked(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    generate_dataset(tmp_path, 20, seed=2, max_depth=1, workers=1, overwrite=True)
    assert json.loads((tmp_path / "metadata.json").read_text())["seed"] == 2


def test_a_set_of_another_generator_is_not_replaced_unasked(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr("saps.data.tasks.sharding.GENERATOR_VERSION", "9")
    with pytest.raises(DataError, match="of generator_version=3, not of generator_version=9"):
        generate_dataset(tmp_path, 20, max_depth=1, workers=1)


@pytest.mark.parametrize("name", ["train.jsonl", "test.jsonl.gz", "metaset3.dev.jsonl"])
def test_tasks_of_unknown_origin_are_not_replaced_unasked(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine\n")
    with pytest.raises(DataError, match=rf"holds {name} but no metadata\.json.*overwrite=true"):
        generate_dataset(tmp_path, 20)
    assert _files(tmp_path) == {name: b"mine\n"}


@pytest.mark.parametrize("text", ["{", "[1]", "5", '{"noise": 3}', "\udcff"])
def test_a_set_whose_metadata_are_damaged_is_not_replaced_unasked(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "metadata.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DataError, match=r"whose metadata\.json cannot be read"):
        generate_dataset(tmp_path, 20)


def test_generate_is_not_kept_from_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    generate_dataset(tmp_path, 20, max_depth=1, workers=1)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_part_of_other_settings_is_not_replaced_and_other_parts_are_no_matter(
    tmp_path: Path,
) -> None:
    small = {"size": 20, "max_depth": 1, "workers": 1}
    generate_dataset(tmp_path, **small, shard="1/2")  # type: ignore[arg-type]
    generate_dataset(tmp_path, **small, shard="1/2")  # type: ignore[arg-type]
    generate_dataset(tmp_path, **small, shard="2/2", seed=5)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="2-of-2: holds a data set of seed=5, not of seed=1"):
        generate_dataset(tmp_path, **small, shard="2/2")  # type: ignore[arg-type]


def test_a_folder_that_can_not_be_written_to_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saps.data.tasks.generate._collect", _interrupted)
    monkeypatch.setattr("os.access", lambda path, _: path != tmp_path)  # root may write anywhere
    with pytest.raises(DataError, match="cannot be written to"):
        generate_dataset(tmp_path, 20, overwrite=True)


def test_the_default_set_keeps_its_bytes(tmp_path: Path) -> None:
    # models are compared on it; whoever changes the bytes raises GENERATOR_VERSION
    generate_dataset(tmp_path, 100, seed=5, workers=1)
    contents = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("*.jsonl")))
    assert GENERATOR_VERSION == "3"
    assert (
        sha256(contents).hexdigest()
        == "0544b66d25539eaa0fce36f392bb8aba197996f8d8d29f8619f7c0f5a0e2c2c7"
    )


@pytest.fixture(scope="module")
def compositional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compositional")
    return generate_dataset(folder, 80, seed=3, workers=1, split="compositional")


@pytest.fixture(scope="module")
def pairs_of(compositional: Path) -> dict[str, frozenset[Pair]]:
    """What the texts nest, as they were drawn: found by drawing them again."""
    texts = {example.text for name in SPLITS for example in load_split(compositional, name)}
    found: dict[str, frozenset[Pair]] = {}
    for index in count():
        rng = Random(f"3:{index}")
        draft = draw_draft(default_catalogue(), Shape(), rng)
        if draft is not None:
            text = normalise_text(phrase_task(draft.root, draft.arguments, rng))
            found[text] = default_readings().drawn_pairs(draft.root)
        if texts <= found.keys():
            break
    return found


def test_compositional_train_nests_no_pair_of_dev_or_test(
    compositional: Path, pairs_of: dict[str, frozenset[Pair]]
) -> None:
    found = {
        name: [
            pairs
            for example in load_split(compositional, name)
            for pairs in (pairs_of[example.text], default_readings().pairs(example.program))
        ]
        for name in SPLITS
    }
    assert {name: len(pairs) for name, pairs in found.items()} == {
        name: 2 * n for name, n in split_sizes(80).items()
    }
    for name in ("dev", "test"):
        own = [{pair for pair in pairs if held_out([pair], 3)[0] == name} for pairs in found[name]]
        assert all(own)
        assert not set().union(*own) & frozenset().union(*found["train"])
    of_test = {
        pair for pairs in found["test"] for pair in pairs if held_out([pair], 3)[0] == "test"
    }
    assert not of_test & frozenset().union(*found["dev"])


def test_compositional_programs_of_dev_and_test_are_not_in_train(compositional: Path) -> None:
    programs = [{e.program for e in load_split(compositional, name)} for name in SPLITS]
    assert not any(one & two for one, two in combinations(programs, 2))


def test_compositional_metadata_lists_what_was_held_out(
    compositional: Path, pairs_of: dict[str, frozenset[Pair]]
) -> None:
    metadata = json.loads((compositional / "metadata.json").read_text())
    assert metadata["split"] == "compositional"
    listed = metadata["held_out_pairs"]
    assert listed.keys() == {"dev", "test"}
    for name, pairs in listed.items():
        found = set().union(*(pairs_of[e.text] for e in load_split(compositional, name)))
        assert set(pairs) == {str(pair) for pair in found if held_out([pair], 3)[0] == name}


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        ({"size": 24}, (2,)),
        ({"size": 24, "max_depth": 2, "split": "compositional"}, (2,)),
        ({"size": 20, "max_depth": 1}, (16,)),
        ({"size": 30, "max_depth": 2, "noise": Noise(dropped=0.3)}, (2,)),
    ],
    ids=["surface", "compositional", "many", "noisy"],
)
def test_the_parts_together_are_the_whole_set(
    tmp_path: Path, settings: dict[str, Any], counts: tuple[int, ...]
) -> None:
    whole = generate_dataset(tmp_path / "whole", workers=1, seed=2, **settings)
    for n_parts in counts:
        out = tmp_path / f"{n_parts}"
        folders = [
            generate_dataset(out, workers=1, seed=2, shard=f"{i}/{n_parts}", **settings)
            for i in range(1, n_parts + 1)
        ]
        assert [folder.name for folder in folders] == [
            f"{i}-of-{n_parts}" for i in range(1, n_parts + 1)
        ]
        for name in SPLITS:
            parts = b"".join((folder / f"{name}.jsonl").read_bytes() for folder in folders)
            assert parts == (whole / f"{name}.jsonl").read_bytes()
        assert json.loads((folders[-1] / "metadata.json").read_text())["shard"] == (
            f"{n_parts}/{n_parts}"
        )
        merge_parts(out)
        for path in whole.iterdir():
            assert path.read_bytes() == (out / path.name).read_bytes(), path.name


@pytest.mark.parametrize("split", ["surface", "compositional"])
def test_no_text_and_no_program_is_in_two_parts_of_different_splits(
    tmp_path: Path, split: str
) -> None:
    # small programs, so that many come again and again
    folders = [
        generate_dataset(tmp_path, 140, workers=1, split=split, max_depth=2, shard=f"{i}/2")
        for i in (1, 2)
    ]
    parts = {name: [e for f in folders for e in load_split(f, name)] for name in SPLITS}
    assert {name: len(examples) for name, examples in parts.items()} == split_sizes(140)
    texts = [example.text for examples in parts.values() for example in examples]
    assert len(set(texts)) == 140
    programs = {name: {example.program for example in parts[name]} for name in SPLITS}
    assert sum(map(len, programs.values())) < 140
    assert not any(one & two for one, two in combinations(programs.values(), 2))


@pytest.mark.parametrize("shard", [None, "2/2"])
def test_the_same_seed_gives_the_same_bytes_with_more_workers(
    shard: str | None, tmp_path: Path
) -> None:
    one, two = (
        generate_dataset(tmp_path / str(n), 60, workers=n, max_depth=1, shard=shard) for n in (1, 2)
    )
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes(), path.name


def test_the_only_part_is_the_whole_set(made: Path, tmp_path: Path) -> None:
    part = generate_dataset(tmp_path / "part", 20, max_depth=1, workers=1, shard="1/1")
    assert part == tmp_path / "part"
    for path in made.iterdir():
        assert path.read_bytes() == (part / path.name).read_bytes(), path.name
