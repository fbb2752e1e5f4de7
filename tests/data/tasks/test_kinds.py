"""Files of kinds: what is read, and what an entry that is wrong is told."""

import pytest

from saps.data.tasks.kinds import PARTS, REGISTERS, KindError, Kinds, composed, people
from saps.lang import Node, compile_program, parse

GOOD = """
let NUMS = <numbers|values>
= count_above
about: how many numbers exceed a bound
slots: xs: int[], k: int
returns: int
program: (len (filter xs (lambda1 (> arg1 k))))
example: {"xs": [3, 8, 1], "k": 2} -> 2
noun: the number of $NUMS in {xs} above {k}
code: sum(1 for x in {xs} if x \\> {k})
chat: how many are above {k}? ~xs
~ even
on: int
test: (== (% x 2) 0)
example: {"x": 4} -> true
are: even
verb: divide by two | divides by two
"""


def _checked(text: str) -> Kinds:
    kinds = Kinds.parse({"some.txt": text})
    kinds.check()
    return kinds


def test_a_kind_is_read() -> None:
    kind = _checked(GOOD).kinds["count_above"]
    assert {name: slot.type for name, slot in kind.slots.items()} == {"xs": "int[]", "k": "int"}
    assert str(kind.program) == "(len (filter xs (lambda1 (> arg1 k))))"
    assert kind.of("chat")[0].unsaid == {"xs"}


def test_a_note_need_not_name_a_slot_and_often_is_a_weight() -> None:
    text = GOOD.replace("slots: xs", "asked: often, as a step\nslots: xs")
    kind = _checked(text.replace("~xs\n", "~xs\nnote: Equal ones do not count.\n")).kinds[
        "count_above"
    ]
    assert [note.pattern.source for note in kind.of("note")] == ["Equal ones do not count."]
    assert kind.weight == 3.0
    assert kind.is_step


def test_a_verb_has_two_forms() -> None:
    condition = _checked(GOOD).conditions["even"]
    assert condition.of("verb")[0].pattern.source == "divide by two"
    assert condition.of("verbs")[0].pattern.source == "divides by two"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("-> 2", "-> 3", "count_above: example {"),
        ("above {k}\n", "above\n", "line 9, kind count_above: noun: does not name k"),
        ("in {xs}", "in {ys}", "has no slot ys"),
        ("~xs", "~zs", "has no slot zs"),
        ("returns: int", "returns: string", "is of type int, not string"),
        ("k: int\n", "k: integer\n", "line 5: type 'integer' of a slot is none of"),
        ("noun:", "nown:", "line 9: expected a key"),
        ("values>", "values", "is never closed"),
        ("$NUMS", "$WORDS", "line 9: "),
        ('"k": 2} ->', '"k": 2} =', "line 8: expected 'example"),
        ("(len (filter", "(len (filtre", "unknown symbol `filtre`"),
        ("slots: xs", "asked: daily\nslots: xs", "asked is 'daily', expected often"),
        ("slots: xs", "asked: often, daily\nslots: xs", "sometimes, rarely; then 'as a step'"),
        (
            "~xs\n",
            "~xs\nnote: {ys} may be empty\n",
            "line 12, kind count_above: note: has no slot ys",
        ),
        ("(> arg1 k)", "(&& (> arg1 k) (< arg1 777))", "count_above: no wording says 777"),
    ],
)
def test_an_entry_that_is_wrong_is_told_where_and_why(old: str, new: str, told: str) -> None:
    with pytest.raises(KindError) as caught:
        _checked(GOOD.replace(old, new))
    assert told in str(caught.value)
    assert "some.txt" in str(caught.value)


def test_two_kinds_may_not_share_a_wording() -> None:
    twin = GOOD.split("~ even", maxsplit=1)[0].replace("= count_above", "= count_over")
    with pytest.raises(KindError, match="kind count_above has the same wording"):
        _checked(GOOD + twin)


def test_wordings_of_a_kind_that_nobody_declares() -> None:
    with pytest.raises(KindError, match="kind stray: has no program"):
        _checked("= stray\nnoun: the stray of {xs}\n")


def test_the_projects_own_kinds_are_right() -> None:
    people().check()


ALL = (*PARTS, *REGISTERS)


def test_the_catalogue_is_broad() -> None:
    kinds = people()
    assert len(kinds.kinds) >= 500
    thin = [k.name for k in kinds.kinds.values() if sum(bool(k.of(r)) for r in REGISTERS) < 8]
    assert not thin
    poor = [k.name for k in kinds.kinds.values() if sum(len(k.of(key)) for key in ALL) < 15]
    assert not poor
    assert {"int", "bool", "string", "int[]", "string[]", "int[][]"} <= {
        kind.language_type for kind in kinds.kinds.values()
    }


def test_a_name_of_the_task_is_never_taken_for_a_slot_or_for_the_element() -> None:
    body = composed(parse("(> x k)"), "~", {"k": Node("x")}, {})  # the task's x, not the element
    assert body is not None
    kind = parse("(len (filter (slice xs 0 k) (lambda1 (C arg1))))")
    values = {"xs": Node("k"), "k": Node("n")}
    found = composed(kind, "=", values, {"C": body})
    assert found == parse("(len (filter (slice k 0 n) (lambda1 (> arg1 x))))")
    inner = composed(parse("(> x k)"), "~", {"k": Node("k")}, {})
    assert inner is not None
    found = composed(kind, "=", values, {"C": inner})
    assert found == parse("(len (filter (slice k 0 n) (lambda1 (> arg1 k))))")


def test_a_body_with_a_lambda_of_its_own_still_sees_the_element() -> None:
    kinds = people()
    kind, condition = kinds.kinds["count_words_where"], kinds.conditions["text_has_double_letter"]
    body = composed(condition.program, "~", {}, {})
    assert body is not None
    array, test = kind.slots
    program = composed(kind.program, "=", {array: Node("a")}, {test: body})
    assert program is not None
    run = compile_program(program, {"a": "string[]"})
    assert run({"a": ["letter", "later", "", "aa"]}) == 2
    assert composed(parse("(map xs (lambda1 (C (+ arg1 1))))"), "=", {}, {"C": body}) is None
