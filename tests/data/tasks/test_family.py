import re
from dataclasses import replace
from pathlib import Path

import pytest

from saps.data.tasks.family import (
    Condition,
    Family,
    FamilyError,
    WordingError,
    check_condition,
    check_family,
    expand,
    read_families,
    substitute,
)
from saps.lang import parse

SUM = Family(
    name="sum",
    result="int",
    slots={"X": "int[]"},
    wordings=("[the] sum of {X}",),
    template="(reduce X 0 +)",
    example=({"X": [4, 5]}, 9),
)
COUNT = Family(
    name="count",
    result="int",
    slots={"X": "int[]", "C": "condition"},
    wordings=("count of elements in {X} that are {C}", "number of {A} elements in {X}"),
    template="(reduce (map X (lambda1 (if (C arg1) 1 0))) 0 +)",
    example=({"X": [1, 2, 3, 4], "C": "less", "N": 3}, 2),
)
LESS = Condition(
    name="less",
    slots={"N": "int"},
    wordings=("less than {N}", "below {N}"),
    function="(partial1 N <)",
    test="(< arg1 N)",
    example=({"N": 3}, 2, 3),
)
PRIME = Condition(
    name="prime",
    slots={},
    wordings=("prime",),
    adjectives=("prime",),
    function="is_prime",
    test="(is_prime arg1)",
    example=({}, 7, 9),
)


def test_check_family_accepts_a_good_declaration() -> None:
    check_family(SUM)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param({"result": "number"}, "result 'number' is none of int", id="result"),
        pytest.param({"slots": {"X": "list"}}, "slot X has type 'list'", id="slot-type"),
        pytest.param({"slots": {"x": "int[]"}}, "slot x must be written in upper case", id="case"),
        pytest.param({"wordings": ()}, "has no wording", id="no-wording"),
        pytest.param({"wordings": ("sum of it",)}, "must name the slots X", id="slot-unsaid"),
        pytest.param({"wordings": ("{X} in {Y}",)}, "must name the slots X", id="slot-unknown"),
        pytest.param({"wordings": ("sum of {X!}",)}, "takes any filler", id="only-for-names"),
        pytest.param({"wordings": ("<sum of {X}",)}, "never closed", id="bracket"),
        pytest.param({"template": "(reduce X 0"}, "never closed", id="template-unclosed"),
        pytest.param({"template": "(reduce X 0 ++)"}, "++", id="template-symbol"),
        pytest.param({"template": "(strlen X)"}, "template (strlen X)", id="template-ill-typed"),
        pytest.param({"template": "(sort X)"}, "of type int[], not int", id="template-type"),
        pytest.param({"template": "(+ 1 1)"}, "uses no slot X", id="slot-unused"),
        pytest.param({"example": ({"X": [1]}, 2)}, "gives 1, not 2", id="example-wrong"),
        pytest.param({"example": ({}, 2)}, "example {}", id="example-lacks-a-slot"),
    ],
)
def test_check_family_names_the_family_and_the_fault(fault: dict[str, object], reason: str) -> None:
    with pytest.raises(FamilyError) as caught:
        check_family(replace(SUM, **fault))  # type: ignore[arg-type]
    assert str(caught.value).startswith("family 'sum': ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(
            {"function": "(partial0 N <)"}, "its function is wrong about 2", id="function"
        ),
        pytest.param({"test": "(> arg1 N)"}, "its test is wrong about 2", id="test"),
        pytest.param({"test": "(< arg1 M)"}, "its test: ", id="slot-unknown"),
        pytest.param({"example": ({"N": 3}, 2, 1)}, "wrong about 1", id="example"),
    ],
)
def test_check_condition_names_the_condition_and_the_fault(
    fault: dict[str, object], reason: str
) -> None:
    check_condition(LESS)
    with pytest.raises(FamilyError) as caught:
        check_condition(replace(LESS, **fault))  # type: ignore[arg-type]
    assert caught.value.family == "less"
    assert reason in str(caught.value)


def test_expand_makes_one_family_of_each_condition() -> None:
    less, prime = expand(COUNT, [LESS, PRIME])
    for family in (less, prime):
        check_family(family)
    assert (less.name, dict(less.slots)) == ("count_less", {"X": "int[]", "N": "int"})
    assert less.wordings == ["count of elements in {X} that are <less than {N}|below {N}>"]
    assert str(less.node) == "(reduce (map X (lambda1 (if (< arg1 N) 1 0))) 0 +)"
    assert prime.wordings[1] == "number of <prime> elements in {X}"
    assert less.weight + prime.weight == COUNT.weight


def test_expand_checks_the_example_of_the_condition_it_names() -> None:
    wrong = replace(COUNT, example=({"X": [1, 2, 3, 4], "C": "less", "N": 3}, 1))
    less, prime = expand(wrong, [LESS, PRIME])
    with pytest.raises(FamilyError, match="count_less"):
        check_family(less)
    check_family(prime)


def test_expand_refuses_a_condition_whose_slots_clash() -> None:
    clash = replace(COUNT, slots={"N": "int[]", "C": "condition"})
    with pytest.raises(FamilyError, match="condition less has slots of its own"):
        expand(clash, [LESS])


def test_expand_leaves_a_family_without_condition_alone() -> None:
    assert expand(SUM, [LESS]) == [SUM]


def test_substitute_spares_what_a_lambda_rebinds() -> None:
    tree = parse("(&& (< arg1 1) (== X (map Y (lambda1 (+ arg1 X)))))")
    found = substitute(tree, {"arg1": parse("(len b)")})
    assert str(found) == "(&& (< (len b) 1) (== X (map Y (lambda1 (+ arg1 X)))))"
    found = substitute(tree, {"X": parse("(len b)")})
    assert str(found) == "(&& (< arg1 1) (== (len b) (map Y (lambda1 (+ arg1 (len b))))))"


def test_repeats_counts_how_often_a_slot_is_held() -> None:
    family = replace(SUM, template="(/ (reduce X 0 +) (len X))", example=({"X": [4, 5]}, 4))
    assert family.repeats == {"X": 2}


def test_the_family_of_the_data_card_is_good() -> None:
    card = Path(__file__).parents[3] / "data" / "README.md"
    (source,) = re.findall(r"```python\n(.*?)```", card.read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(source.replace("\nFamily(", "\nfamily = Family("), names)
    family = names["family"]
    assert isinstance(family, Family)
    check_family(family)


ENTRY = """
let END = <first|last>
= one_end
slots: X: int[]
returns: int
program: (head X)
example: {"X": [4, 9]} -> 4
noun: the $END of {X}
"""


def test_an_entry_is_a_family() -> None:
    (family,), conditions = read_families({"a.txt": ENTRY + "weight: 0.5\n"})
    check_family(family)
    assert (family.name, family.slots, conditions) == ("one_end", {"X": "int[]"}, ())
    assert (family.wordings, family.weight) == (("the <first|last> of {X}",), 0.5)


@pytest.mark.parametrize(
    ("old", "new", "error", "reason"),
    [
        pytest.param("noun", "nuon", WordingError, r"a.txt, line 8: expected slots", id="key"),
        pytest.param("$END", "$NED", WordingError, "a.txt, line 8: .*NED is not defined", id="let"),
        pytest.param("returns: int\n", "", FamilyError, "has 0 lines 'returns:'", id="lacks"),
        pytest.param("-> 4", "", FamilyError, "expected 'example: INPUTS -> OUTPUT'", id="example"),
    ],
)
def test_a_wrong_entry_is_named(old: str, new: str, error: type[ValueError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        read_families({"a.txt": ENTRY.replace(old, new)})
