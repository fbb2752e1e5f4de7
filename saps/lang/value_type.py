"""The type of a value, for arguments that are bound to one."""

from collections.abc import Mapping
from typing import Any, Final

from saps.lang.errors import InputError
from saps.lang.type_display import Display
from saps.lang.types import BOOL, INT, STRING, Array, Dictionary, Type
from saps.lang.unification import Unknown, unify
from saps.lang.values import is_text, kind_of


def type_of_value(value: Any) -> Type:
    """The most general type of a plain value; an empty array is of `T[]`.

    Raises:
        InputError: the value is none of the language, or mixes types.
    """
    show = Display()
    return show.type(_type_of_value(value, 0))


def _type_of_value(value: Any, depth: int) -> Type:
    if type(value) is str and not is_text(value):
        raise InputError("a string with half a surrogate pair is no value of the language")
    if type(value) in _TYPES_OF_PLAIN:
        return _TYPES_OF_PLAIN[type(value)]
    if depth > _MAX_VALUE_DEPTH:
        raise InputError(f"arrays are nested deeper than {_MAX_VALUE_DEPTH}")
    if type(value) is list:
        return Array(_common_type(value, depth))
    if type(value) is dict:
        return Dictionary(_common_type(list(value), depth), _common_type([*value.values()], depth))
    raise InputError(f"{kind_of(value)} is no value of the language")


def _common_type(values: list[Any], depth: int) -> Type:
    common: Type = Unknown()
    for value in values:
        if not unify(common, _type_of_value(value, depth + 1)):
            raise InputError("the elements of an array or dictionary must be of one type")
    return common


_TYPES_OF_PLAIN: Final[Mapping[type, Type]] = {int: INT, float: INT, bool: BOOL, str: STRING}
_MAX_VALUE_DEPTH: Final = 100
