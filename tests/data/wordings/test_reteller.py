"""Tasks told anew: other words and names, the same meaning."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from saps.data import DataError, write_examples
from saps.data.data_module import TaskData
from saps.data.example import Example
from saps.data.tasks.composer import LETTERS, Shape
from saps.data.tasks.family import default_catalogue
from saps.data.tasks.generate import TaskMaker
from saps.data.tokenizer import normalise_text
from saps.data.wordings.retelling import Reteller
from saps.data.wordings.tables import Table, table_texts
from saps.lang import Node, parse

ALWAYS = Reteller(1.0)


def _generated(count: int) -> list[Example]:
    maker = TaskMaker(default_catalogue(), Shape(max_depth=3), seed=11)
    tasks = (maker.make(index) for index in range(3 * count))
    return [task.example for task in tasks if task is not None][:count]


GENERATED = _generated(200)


def _leaves(program: Node) -> list[str]:
    return [node.symbol for node in program.preorder() if not node.children]


def test_the_program_is_the_same_but_for_the_names() -> None:
    for task in GENERATED:
        told = ALWAYS.retell(task, Random(task.text))
        pairs = set(zip(_leaves(task.program), _leaves(told.program), strict=True))
        renamed = {old: new for old, new in pairs if old in task.arguments}
        assert len(pairs) == len({old for old, _ in pairs}), "one name became two"
        assert len(set(renamed.values())) == len(renamed), "two names became one"
        assert all(old == new for old, new in pairs if old not in task.arguments)
        assert told.arguments == {renamed[old]: task.arguments[old] for old in renamed}
        assert told.program.size == task.program.size
        assert told.return_type == task.return_type


def test_the_texts_are_in_the_form_of_the_data() -> None:
    for task in GENERATED:
        text = ALWAYS.retell(task, Random(task.text)).text
        assert text == normalise_text(text)
        assert re.search(r"\barg[a-z]arg|[{}<>\[\]$]|(?<!\d)\.", text) is None, text


def test_each_argument_of_its_own_kind_is_named_or_can_be_told() -> None:
    for task in GENERATED:
        told = ALWAYS.retell(task, Random(task.text))
        kinds = list(told.arguments.values())
        for name, kind in told.arguments.items():
            assert re.search(rf"\b{name}\b", told.text) or kinds.count(kind) == 1, told.text


def test_the_same_seed_tells_the_same_and_others_tell_otherwise() -> None:
    task = GENERATED[0]
    told = [ALWAYS.retell(task, Random(seed)) for seed in range(30)]
    assert told == [ALWAYS.retell(task, Random(seed)) for seed in range(30)]
    assert len({example.text for example in told}) > 25


def test_names_come_in_every_order() -> None:
    task = Example(
        text="", arguments={"a": "int", "b": "int"}, return_type="int", program=parse("(- a b)"),
        tests=(),
    )  # fmt: skip
    programs = {str(ALWAYS.retell(task, Random(seed)).program) for seed in range(200)}
    assert {"(- a b)", "(- b a)"} <= programs
    assert len(programs) > 20
    assert all(leaf in LETTERS for text in programs for leaf in _leaves(parse(text)))


def test_a_task_that_takes_all_letters_is_told() -> None:
    names = list(LETTERS)
    program = parse("(+ " * 9 + "a " + " ".join(f"{name})" for name in names[1:]))
    task = Example(
        text="", arguments=dict.fromkeys(names, "int"), return_type="int", program=program, tests=()
    )
    for seed in range(60):
        told = ALWAYS.retell(task, Random(seed))
        assert sorted(told.arguments) == names
        assert re.search(r"\barg[a-z]arg", told.text) is None


def test_a_program_that_no_family_makes_stays_as_it_is() -> None:
    task = Example(
        text="what is this", arguments={"a": "int"}, return_type="int",
        program=parse("(- (- 2 a) 10)"), tests=(),
    )  # fmt: skip
    strange = Example(
        text="what is this", arguments={"a": "int"}, return_type="int",
        program=parse("(invoke1 (lambda1 (% arg1 arg1)) a)"), tests=(),
    )  # fmt: skip
    assert ALWAYS.retell(strange, Random(1)) is strange
    assert ALWAYS.retell(task, Random(1)) is not task


def test_what_a_text_calls_by_a_letter_of_its_own_is_no_argument() -> None:
    table = Table.parse(
        {"own.txt": "= sum\nask: let s be 0 , add each d of {X} to s , what ' s s from a to z"}
        | {name: text for name, text in table_texts().items() if name == "frames.txt"}
    )
    teller = Reteller(1.0, table)
    task = Example(
        text="", arguments={"d": "int[]"}, return_type="int", program=parse("(reduce d 0 +)"),
        tests=(),
    )  # fmt: skip
    found = [
        re.search(r"let (.) be 0 , add each (.) of (.*) to \1 , what ' s \1 from a to z", text)
        for text in (teller.retell(task, Random(seed)).text for seed in range(300))
    ]
    said = [match for match in found if match is not None]
    assert len(said) > 50
    for match in said:
        own, digit, array = match.groups()
        assert len({own, digit, array.rpartition(" ")[2]}) == 3
        assert own in LETTERS
        assert digit in LETTERS


def test_about_as_many_tasks_are_told_as_the_rate_says() -> None:
    some = Reteller(0.3)
    told = sum(some(task, Random(task.text)) is not task for task in GENERATED)
    assert 0.2 < told / len(GENERATED) < 0.4
    assert all(Reteller(0.0)(task, Random(1)) is task for task in GENERATED)


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_rate_outside_of_0_to_1_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
        Reteller(rate)


@pytest.fixture
def read_data(tmp_path: Path, small_data: Callable[..., TaskData]) -> Callable[..., TaskData]:
    for split in ("train", "dev"):
        write_examples(tmp_path / f"{split}.jsonl", GENERATED[:60])

    def read(**retelling: object) -> TaskData:
        data = small_data(tmp_path, retelling=retelling)
        data.read()
        return data

    return read


def test_only_training_tasks_are_told_anew(read_data: Callable[..., TaskData]) -> None:
    data = read_data(rate=1.0)
    original = [task.text for task in GENERATED[:60]]
    assert [data.text("dev", i) for i in range(60)] == original
    assert sum(data.text("train", i) != original[i] for i in range(60)) > 55


def test_the_families_alone_are_told_as_often_as_asked(read_data: Callable[..., TaskData]) -> None:
    alone = [task.nodes for task in GENERATED[:60] if len(task.nodes) == 1]
    data = read_data(rate=0.0, each_family=3)
    assert data.size("train") == 60 - len(alone) + 3 * len(set(alone))
    assert data.size("dev") == 60


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"rate": 2.0},
        {"rate": "half"},
        {"rate": 0.5, "each_family": -1},
        {"rate": 0.5, "each_pair": "x"},
        {"rate": 0.5, "each": 1},
    ],
)
def test_wrong_settings_of_a_run_are_told(
    wrong: dict[str, object], read_data: Callable[..., TaskData]
) -> None:
    with pytest.raises(DataError, match=r"data\.retelling=.*give rate, from 0 to 1"):
        read_data(**wrong)
