"""Expressions written out, for tests that need a certain one."""

from saps.data.tasks.composer import Leaf, Use
from saps.data.tasks.family import Family, default_catalogue


def family(name: str) -> Family:
    (found,) = (f for f in default_catalogue().families if f.name == name)
    return found


def use(name: str, **fillers: Use | str) -> Use:
    """Return a family with its slots filled; a text is the name of an argument."""
    of = family(name)
    leaves = {
        slot: Leaf(of.slot_types[slot].type, (), filler) if isinstance(filler, str) else filler
        for slot, filler in fillers.items()
    }
    return Use(of, leaves)
