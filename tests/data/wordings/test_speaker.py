"""What a speaker says of an expression."""

from random import Random

from saps.data.tasks.composer import Leaf, Use
from saps.data.tasks.family import default_catalogue
from saps.data.wordings.retelling import Speaker
from saps.data.wordings.tables import Table

TABLE = Table.parse(
    {
        "test.txt": """
            = sum
            noun: the total of {X}
            do: add up [the numbers in {X}]
            ask: what do {X} add up to
            = filter
            noun: those of {X} {post}
            do: keep each number in {X} that {is}
            = maximum
            noun: the maximum of {X}
            = maximum > filter
            noun: the largest of those in {X} {post}
            do: take the largest of {X} that {is}
            = filter > digits
            noun: the digits of {N} {post}
            = filter > sort
            noun: those {post} , in order , of {X}
            = digits
            noun: the digits of {N}
            = sort
            noun: {X} in order
            = nth
            noun: the {N!} -th of {X}
            = is_sorted
            that: {X} rises
            ask: does {X} rise
            ~ greater
            post: above {N}
            is: exceeds {N}
            + find
            say: find
            say: what are
            + find after step
            say: give
            + step
            say: take
            + then
            say: , then
            + whether
            say: check whether
            + it int[]
            say: it
            + left over
            say: what is left
            + define
            say: let {V} be {D} ,
            + where
            say: , where {V} is {D}
            + again
            say: , that is ,
        """
    }
)
FAMILIES = {family.name: family for family in default_catalogue().families}


def _filtered() -> Use:
    slots: dict[str, Use | Leaf] = {"X": Leaf("int[]", (), "a"), "N": Leaf("int", (), "b")}
    return Use(FAMILIES["filter_greater"], slots)


def _array() -> dict[str, Use | Leaf]:
    return {"X": Leaf("int[]", (), "a")}


def _said(root: Use, *, unsaid: frozenset[str] = frozenset(), n: int = 400) -> set[str]:
    names = {leaf.name: leaf.name for leaf in root.leaves()}
    return {Speaker(TABLE, names, unsaid, Random(seed)).request(root) for seed in range(n)}


def test_every_kind_of_wording_is_used() -> None:
    said = _said(Use(FAMILIES["sum"], {"X": Leaf("int[]", (), "a")}))
    assert "find the total of a" in said
    assert "what do a add up to" in said
    assert " add up the numbers in a" in said
    assert not any(text.endswith("add up ") for text in said)


def test_what_is_the_only_one_of_its_type_may_go_unsaid() -> None:
    root = Use(FAMILIES["sum"], {"X": Leaf("int[]", (), "a")})
    assert " add up " in _said(root, unsaid=frozenset("a"))


def test_a_condition_is_said_in_the_form_that_the_wording_asks_for() -> None:
    said = _said(_filtered())
    assert "find those of a above b" in said
    assert " keep each number in a that exceeds b" in said


def test_an_inner_family_is_a_noun_or_a_step_or_has_a_letter() -> None:
    said = {
        " ".join(text.split()) for text in _said(Use(FAMILIES["sum"], {"X": _filtered()}), n=900)
    }
    assert {
        "what do those of a above b add up to",
        "keep each number in a that exceeds b , then add up the numbers in it",
        "keep each number in a that exceeds b , then what do what is left add up to",
        "keep each number in a that exceeds b , then give the total of it",
        "let z be those of a above b , add up the numbers in z",
        "what do z add up to , where z is those of a above b",
    } <= said


def test_a_request_may_be_said_again_in_other_words() -> None:
    said = {" ".join(text.split()) for text in _said(Use(FAMILIES["sum"], _array()), n=2500)}
    assert "find the total of a , that is , what do a add up to" in said
    assert "the total of a , that is , add up the numbers in a" in said
    asked = {" ".join(text.split()) for text in _said(Use(FAMILIES["is_sorted"], _array()), n=900)}
    assert "does a rise , that is , check whether a rises" in asked
    assert not any(text.startswith("a rises") for text in asked)


def test_steps_may_have_steps_before_them() -> None:
    root = Use(FAMILIES["sum"], {"X": Use(FAMILIES["sort"], {"X": _filtered()})})
    said = {" ".join(text.split()) for text in _said(root, n=900)}
    assert any(text.count(" , then ") == 2 for text in said)


def test_the_verb_is_in_the_number_of_the_noun() -> None:
    said = {" ".join(text.split()) for text in _said(Use(FAMILIES["is_sorted"], _array()))}
    assert "check whether a rises" in said
    sums = {" ".join(text.split()) for text in _said(Use(FAMILIES["sum"], _array()))}
    assert "what is the total of a" in sums
    assert "what are the total of a" not in sums


def test_an_ordinal_takes_a_word_for_a_number() -> None:
    inner = Use(FAMILIES["sum"], {"X": Leaf("int[]", (), "a")})
    said = _said(Use(FAMILIES["nth"], {"X": Leaf("int[]", (), "c"), "N": inner}), n=600)
    assert not any("result -th" in text or "it -th" in text for text in said)


def test_a_truth_is_asked_for() -> None:
    said = _said(Use(FAMILIES["is_sorted"], {"X": Leaf("int[]", (), "a")}))
    assert {"does a rise", "check whether a rises"} <= said


def test_two_families_may_be_said_in_one_breath() -> None:
    said = {" ".join(t.split()) for t in _said(Use(FAMILIES["maximum"], {"X": _filtered()}))}
    assert "find the largest of those in a above b" in said
    assert "take the largest of a that exceeds b" in said
    assert any(text.endswith("maximum of those of a above b") for text in said)
    # what was told before is not told again
    assert "keep each number in a that exceeds b , then give the maximum of it" in said


def test_a_condition_may_be_of_what_is_around() -> None:
    ordered = Use(FAMILIES["sort"], _array())
    slots: dict[str, Use | Leaf] = {"X": ordered, "N": Leaf("int", (), "b")}
    above = {" ".join(t.split()) for t in _said(Use(FAMILIES["filter_greater"], slots))}
    assert "find those above b , in order , of a" in above
    even = Use(FAMILIES["filter_greater"], {**slots, "X": _digits()})
    # "the digits of {N} above {N}" would be two numbers of one name
    assert "find those of the digits of c above b" in {" ".join(t.split()) for t in _said(even)}
    assert not any("the digits of b" in text or "of c above c" in text for text in _said(even))


def _digits() -> Use:
    return Use(FAMILIES["digits"], {"N": Leaf("int", (), "c")})
