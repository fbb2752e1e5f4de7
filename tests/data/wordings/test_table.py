"""The tables of wordings: their format, and that they have words for all there is."""

import pytest

from saps.data.tasks.family import CONDITION, Condition, Family, declared_families
from saps.data.wordings.tables import (
    CONDITION_KINDS,
    Table,
    TableError,
    default_table,
    table_texts,
)

FAMILIES, CONDITIONS = declared_families()


def test_one_header_may_name_several_families() -> None:
    table = Table.parse({"a.txt": "= sum, total\nnoun: the sum of {X}\n~ even\nadj: even"})
    assert [p.source for p in table.families["total"]["noun"]] == ["the sum of {X}"]
    assert "ask" not in table.families["sum"]
    assert [p.source for p in table.conditions["even"]["adj"]] == ["even"]


def test_a_shared_pattern_may_hold_another() -> None:
    text = "let A = <x|y>\nlet B = $A z\n= sum\nnoun: $B {X}"
    [pattern] = Table.parse({"a.txt": text}).families["sum"]["noun"]
    assert pattern.source == "<x|y> z {X}"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("noun: the sum", 1, "expected '= FAMILY', '~ CONDITION' or"),
        ("= sum\n\n# no kind\nadj: even", 4, "expected noun, do, ask, that"),
        ("~ even\nnoun: even", 2, "expected adj, post, are, is"),
        ("= sum\nnoun:", 2, "expected noun"),
        ("= sum\nnoun: <a", 2, "never closed"),
    ],
)
def test_a_wrong_line_is_told_with_its_place(text: str, place: int, reason: str) -> None:
    with pytest.raises(TableError, match=rf"^my\.txt, line {place}: .*{reason}"):
        Table.parse({"my.txt": text})


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_is_worded(family: Family) -> None:
    wordings = default_table().families[family.name]
    noun = "that" if family.result == "bool" else "noun"
    assert len(wordings[noun]) >= 4
    assert len(wordings.get("ask", ())) >= 2
    assert wordings.get("do") or family.result == "bool"
    assert not wordings.get("noun" if noun == "that" else "that")
    own = family.slots.keys() - {name for name, text in family.slots.items() if text == CONDITION}
    for patterns in wordings.values():
        for pattern in patterns:
            assert pattern.slots - set(CONDITION_KINDS) <= own, pattern.source
            assert ("C" in family.slots) == bool(pattern.slots & set(CONDITION_KINDS)), (
                pattern.source
            )


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_condition_is_worded(condition: Condition) -> None:
    wordings = default_table().conditions[condition.name]
    for kind in ("post", "are", "is"):
        assert len(wordings[kind]) >= 4, kind
    for patterns in wordings.values():
        assert all(pattern.slots == condition.slots.keys() for pattern in patterns)


TYPES = ("int", "int[]", "string", "string[]")


@pytest.mark.parametrize(
    ("frame", "slots"),
    [
        *((name, set()) for name in ("find", "find after step", "step", "again", "then")),
        *((name, set()) for name in ("whether", "do")),
        *((name, set()) for name in ("left over", "opening", "closing", "closing bool")),
        *((name, set()) for name in ("closing kept order", "closing from zero")),
        *(
            (f"{name} {kind}", set())
            for name in ("it", "unnamed", "title", "kind")
            for kind in TYPES
        ),
        *((f"closing {kind}", set()) for kind in TYPES),
        *((f"things {kind}", set()) for kind in ("int[]", "string[]")),
        *((name, {"V", "D"}) for name in ("define", "where")),
        *((name, {"D", "R"}) for name in ("before", "after")),
    ],
)
def test_every_frame_is_worded(frame: str, slots: set[str]) -> None:
    lines = default_table().frames[frame]["say"]
    assert lines
    assert all(line.slots == slots for line in lines)


BY_NAME = {family.name: family for family in FAMILIES}
FUSED = [name.split(" > ") for name in default_table().families if " > " in name]


@pytest.mark.parametrize("outer", sorted({outer for outer, _ in FUSED}))
def test_families_in_one_breath_fit_together(outer: str) -> None:
    [slot] = BY_NAME[outer].slots.keys() - {"C"}
    kind = BY_NAME[outer].slots[slot].split()[0]
    for inner in (inner for name, inner in FUSED if name == outer):
        assert kind == BY_NAME[inner].result, inner  # "int[]!" would take a name alone
        _check_fused(BY_NAME[outer], BY_NAME[inner])


def _check_fused(outer: Family, inner: Family) -> None:
    n_conditions = ("C" in outer.slots) + ("C" in inner.slots)
    assert n_conditions < 2, inner.name
    forms = set(CONDITION_KINDS)
    own = inner.slots.keys() - {"C"}
    for kind, patterns in default_table().families[f"{outer.name} > {inner.name}"].items():
        assert kind != ("noun" if outer.result == "bool" else "that"), inner.name
        for pattern in patterns:
            assert pattern.slots - forms <= own, pattern.source
            assert len(pattern.slots & forms) == n_conditions, pattern.source


def test_no_words_are_for_a_family_that_is_none() -> None:
    table = default_table()
    alone = {name for name in table.families if " > " not in name}
    assert alone == {family.name for family in FAMILIES}
    assert table.conditions.keys() == {condition.name for condition in CONDITIONS}


def test_the_tables_hold_nothing_that_the_data_do_not_write() -> None:
    for name, text in table_texts().items():
        for number, line in enumerate(text.splitlines(), start=1):
            words = "" if line.startswith("#") else line.partition(":")[2]
            assert not set(words) & set('.;"?'), f"{name}, line {number}: {line}"
