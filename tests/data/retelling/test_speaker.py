"""What a speaker says of an expression."""

from random import Random

from saps.data.generator.catalogue import default_catalogue
from saps.data.generator.expression import Leaf, Use
from saps.data.retelling.speaker import Speaker
from saps.data.retelling.table import Table

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
            = nth
            noun: the {N!} -th of {X}
            = is_sorted
            that: {X} rises
            ask: does {X} rise
            ~ greater
            post: above {N}
            is: exceeds {N}
        """
    }
)
FAMILIES = {family.name: family for family in default_catalogue().families}


def _filtered() -> Use:
    slots: dict[str, Use | Leaf] = {"X": Leaf("int[]", (), "a"), "N": Leaf("int", (), "b")}
    return Use(FAMILIES["filter_greater"], slots)


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


def test_an_inner_family_is_a_noun_or_a_step_before() -> None:
    said = _said(Use(FAMILIES["sum"], {"X": _filtered()}), n=2000)
    assert "what do those of a above b add up to" in said
    assert "keep each number in a that exceeds b and then add up the numbers in it" in {
        " ".join(text.split()) for text in said
    }


def test_an_ordinal_takes_a_word_for_a_number() -> None:
    inner = Use(FAMILIES["sum"], {"X": Leaf("int[]", (), "a")})
    said = _said(Use(FAMILIES["nth"], {"X": Leaf("int[]", (), "c"), "N": inner}), n=600)
    assert not any("result -th" in text or "it -th" in text for text in said)


def test_a_truth_is_asked_for() -> None:
    said = _said(Use(FAMILIES["is_sorted"], {"X": Leaf("int[]", (), "a")}))
    assert {"does a rise", "check whether a rises", "is it true that a rises"} <= said
