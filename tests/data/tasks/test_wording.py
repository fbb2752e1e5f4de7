import pytest

from saps.data.tasks.family import MAX_PHRASES, WordingError, phrases


def said(pattern: str) -> set[str]:
    return {" ".join(phrase.tokens) for phrase in phrases(pattern)}


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        pytest.param("sum of {X}", {"sum of {X}"}, id="plain"),
        pytest.param("<in|of> {X}", {"in {X}", "of {X}"}, id="choice"),
        pytest.param("[the] sum", {"the sum", "sum"}, id="optional"),
        pytest.param("<a [b]|c>", {"a b", "a", "c"}, id="nested"),
        pytest.param("<a|a>", {"a"}, id="no-repeats"),
        pytest.param("( {A} , {B!} )", {"( {A} , {B} )"}, id="brackets-are-words"),
    ],
)
def test_phrases_makes_every_choice(pattern: str, texts: set[str]) -> None:
    assert said(pattern) == texts
    assert len(phrases(pattern)) == len(texts)


def test_phrases_know_which_slots_take_only_names() -> None:
    (phrase,) = phrases("{N!} plus {M}")
    assert phrase.slots == {"N", "M"}
    assert phrase.names == {"N"}


@pytest.mark.parametrize("pattern", ["<in|of", "in>", "[the", "the]", "a|b"])
def test_phrases_refuses_unbalanced_brackets(pattern: str) -> None:
    with pytest.raises(WordingError, match="never closed or opened"):
        phrases(pattern)


def test_phrases_refuses_a_pattern_that_explodes() -> None:
    with pytest.raises(WordingError, match=f"over {MAX_PHRASES} phrases"):
        phrases(" ".join(["<a|b|c>"] * 12))
