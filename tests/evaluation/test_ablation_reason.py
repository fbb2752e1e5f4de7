"""Why a row failed, in one line that says the cause."""

import pytest
from hydra.errors import HydraException
from hydra.utils import instantiate
from omegaconf.errors import OmegaConfBaseException

from saps.evaluation.ablation.making import reason_of
from tests.evaluation.conftest import compose_evaluate


def test_what_hydra_could_not_make_says_what_its_maker_said() -> None:
    with pytest.raises(HydraException) as caught:
        instantiate({"_target_": "builtins.int", "_args_": ["many"]})
    assert reason_of(caught.value) == "invalid literal for int() with base 10: 'many'"


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("decoding=beem", "Could not find 'decoding/beem'; Available options in 'decoding': beam,"),
        (
            "decoding.tiped=1",
            "Could not override 'decoding.tiped'; .*Key 'tiped' is not in",
        ),
        ("decoding=[", "'decoding=\\[' is not an override, such as cell=gru: "),
    ],
)
def test_an_override_that_will_not_do_keeps_its_choices(override: str, told: str) -> None:
    with pytest.raises((HydraException, OmegaConfBaseException)) as caught:
        compose_evaluate(override)
    reason = reason_of(caught.value)
    assert "\n" not in reason
    with pytest.raises(ValueError, match=told):
        raise ValueError(reason)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("the loss is nan\nand more"), "the loss is nan"),
        (ValueError("these are wrong:\n  a, b\nand more"), "these are wrong: a, b"),
        (RuntimeError("shapes"), "RuntimeError: shapes"),
        (ValueError(), "ValueError"),
    ],
)
def test_an_error_is_its_first_line_and_is_named_where_it_is_no_message(
    error: Exception, told: str
) -> None:
    assert reason_of(error) == told
