import pytest

from saps.data.wordings.noise import find_mentions


@pytest.mark.parametrize(
    ("text", "names", "mentioned"),
    [
        pytest.param("given a number a , find a", "a", {3: "a", 6: "a"}, id="article-and-argument"),
        pytest.param("find the sum of a", "a", {4: "a"}, id="at-the-end"),
        pytest.param("elements in a that are above b", "ab", {2: "a", 6: "b"}, id="two"),
        pytest.param("a number b", "b", {2: "b"}, id="a-is-no-name-here"),
        pytest.param("find a sorted b", "ab", {}, id="in-doubt"),
        pytest.param("let c be the sum of b", "b", {6: "b"}, id="defined-letter"),
        pytest.param("the given array", "ab", {}, id="none"),
    ],
)
def test_mentions_are_told_from_articles(text: str, names: str, mentioned: dict[int, str]) -> None:
    assert find_mentions(text.split(), list(names)) == mentioned
