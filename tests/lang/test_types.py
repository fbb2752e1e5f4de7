"""The written form of types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saps.lang import Type, parse_type
from saps.lang.errors import DeclarationError
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, FunctionType, Row

TYPES = st.recursive(
    st.sampled_from([INT, BOOL, STRING]),
    lambda inner: st.one_of(
        st.builds(Array, inner),
        st.builds(Dictionary, inner, inner),
        st.builds(FunctionType, st.builds(Row, st.lists(inner, max_size=3).map(tuple)), inner),
    ),
    max_leaves=6,
)


@given(TYPES)
def test_a_type_is_read_as_it_is_written(kind: Type) -> None:
    assert parse_type(str(kind)) == kind


def test_number_and_float_are_names_of_int() -> None:
    assert parse_type("number[]") == parse_type("float[]") == parse_type(" int [] ") == Array(INT)


@pytest.mark.parametrize(
    "text",
    ["", "integer", "int[", "[]", "dict<int>", "(int", "(int, bool)", "int int", "int[]" * 200],
)
def test_what_is_no_type_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError, match="is not a type"):
        parse_type(text)
