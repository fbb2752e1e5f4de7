"""Structure-aware program synthesis: English in, a typed, tested AlgoLisp program out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from saps.decoding.synthesizer import Synthesis, Synthesizer

__version__ = "0.1.0"
__all__ = ["Synthesis", "Synthesizer", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the public classes on first use, so that `saps.lang` loads without torch."""
    if name in ("Synthesis", "Synthesizer"):
        from saps.decoding import synthesizer

        return getattr(synthesizer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
