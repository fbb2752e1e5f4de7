"""The declared families; one module a kind."""

from saps.data.tasks.families import (
    arrays,
    conditions,
    numbers,
    reductions,
    selections,
    strings,
    truths,
)

CONDITIONS = conditions.CONDITIONS
FAMILIES = (
    *reductions.FAMILIES,
    *selections.FAMILIES,
    *arrays.FAMILIES,
    *numbers.FAMILIES,
    *truths.FAMILIES,
    *strings.FAMILIES,
)
"""As declared; `Catalogue` checks them and fills in the conditions."""
