"""What `from saps import ...` gives."""

import subprocess
import sys

import pytest

import saps


@pytest.mark.parametrize("name", saps.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(saps, name) is not None


def test_public_names_are_few_and_listed() -> None:
    assert dir(saps) == sorted(saps.__all__)
    assert len(saps.__all__) <= 26


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'synthesise'"):
        saps.synthesise  # noqa: B018


def test_the_language_comes_without_torch() -> None:
    code = "import sys; from saps import parse, compile_program; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
