"""Values as standard JSON can write them. Imports nothing, so that any room may use it."""

import math
from typing import Any


def jsonable(value: Any) -> Any:
    """Return `value` in types that standard JSON can write.

    JSON has no infinity and no NaN: they become the strings "Infinity", "-Infinity", "NaN".
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    return value
