"""What the searches make of settings of another kind, as a command line may give them."""

from typing import Any

import pytest
from hydra.utils import instantiate

from saps.search.beam import BeamSearch
from saps.search.guided import GuidedSearch
from tests.evaluation.conftest import compose_evaluate


def search(decoding: str, *overrides: str) -> Any:
    """Make the search of `saps evaluate decoding=DECODING OVERRIDES...`."""
    return instantiate(compose_evaluate(f"decoding={decoding}", *overrides).decoding)


@pytest.mark.parametrize(
    ("decoding", "setting", "expected"),
    [
        ("greedy", "max_depth=abc", "a whole number"),
        ("greedy", "max_size=null", "a whole number"),
        ("greedy", "typed=maybe", "true or false"),
        ("beam", "width=2.5", "a whole number"),
        ("beam", "width=abc", "a whole number"),
        ("beam", "top=true", "a whole number"),
        ("beam", "alpha=much", "a number"),
        ("beam", "typed=1", "true or false"),
        ("plausible", "sure=very", "a number"),
        ("plausible", "typed=no", "true or false"),
        ("guided", "n_examples=abc", "a whole number"),
        ("guided", "seconds=abc", "a number"),
        ("guided", "seconds=-1", "a number above 0, or null"),
        ("guided", "prune=often", "true or false"),
        ("sampling", "seed=abc", "a whole number"),
        ("sampling", "seed=999999999999999999999", "a whole number of at most 17 digits"),
        ("sampling", "top_p=all", "a number"),
        ("sampling", "temperature=hot", "a number"),
        ("sampling", "distinct=maybe", "true or false"),
        ("sampling", "max_depth=deep", "a whole number"),
    ],
)
def test_a_setting_of_another_kind_is_named_with_what_is_expected(
    decoding: str, setting: str, expected: str
) -> None:
    given = {"null": "None", "true": "True"}
    name, _, value = setting.partition("=")
    with pytest.raises(Exception, match="Error in call to target") as caught:
        search(decoding, f"decoding.{setting}")
    assert type(caught.value.__cause__) is ValueError
    assert str(caught.value.__cause__) == f"{name}={given.get(value, value)}: expected {expected}"


@pytest.mark.parametrize(
    ("decoding", "setting"),
    [("beam", "alpha=inf"), ("beam", "alpha=nan"), ("sampling", "temperature=inf")],
)
def test_a_number_without_end_is_out_of_range(decoding: str, setting: str) -> None:
    with pytest.raises(Exception, match="Error in call to target") as caught:
        search(decoding, f"decoding.{setting}")
    assert f"{setting}" in str(caught.value.__cause__)


def test_a_whole_number_may_be_written_as_a_float() -> None:
    assert GuidedSearch(steps=1e5).steps == 100_000  # type: ignore[arg-type]
    assert type(search("beam", "decoding.width=1e1").width) is int
    with pytest.raises(ValueError, match="top=inf: expected a whole number"):
        BeamSearch(top=float("inf"))  # type: ignore[arg-type]
