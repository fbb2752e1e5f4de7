"""Overrides as they are printed, read back by the shell's rules and by Hydra's."""

import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from saps.override import command_line, override

VALUES = [
    "data/generated",
    "d a",
    "d a é",
    "été",
    "123",
    "null",
    "a,b",
    "it's",
    'say "a"',
    'back\\"slash\\',
    "",
    "~/x",
    "a=b",
    "[x",
]


@pytest.mark.parametrize("value", VALUES)
def test_hydra_reads_the_value_back(value: str) -> None:
    [*_, word] = shlex.split(command_line("saps evaluate", {"data.path": value}))
    assert OverridesParser.create().parse_override(word).value() == value


def test_a_plain_path_stands_without_quotes() -> None:
    assert override("data.path", "data/generated") == "data.path=data/generated"
    assert command_line("saps x", {"a": "b"}, "split=dev") == "saps x a=b split=dev"
