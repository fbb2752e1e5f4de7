"""Ways of searching by their names."""

from typing import Final

from saps.decoding.beam import BeamSearch
from saps.decoding.greedy import GreedyDecoder
from saps.decoding.guided import GuidedSearch
from saps.decoding.plausible import PlausibleSearch
from saps.decoding.sampling import SamplingSearch
from saps.decoding.search import Search
from saps.decoding.several import SeveralSearch

DECODINGS: Final = ("plausible", "greedy", "beam", "guided", "sampling")
_LEAST_WIDTH: Final = 10


def choose_search(
    decoding: str | Search | None,
    *,
    top: int = 1,
    has_examples: bool = False,
    seconds: float | None = None,
) -> Search:
    """Return a search.

    Args:
        decoding: a name, or a search that is taken as it is; None for the plausible one, or the
            guided one where there are examples.
        top: programs that are wanted.
        has_examples: whether examples are known.
        seconds: when the guided search gives up; None for no limit.

    Raises:
        ValueError: there is no such name.
    """
    if decoding is not None and not isinstance(decoding, str):
        return decoding
    name = decoding or ("guided" if has_examples else "plausible")
    if name == "plausible":
        return SeveralSearch(top) if top > 1 else PlausibleSearch()
    if name == "greedy":
        return GreedyDecoder()
    if name == "beam":
        return BeamSearch(max(_LEAST_WIDTH, top), top=top)
    if name == "guided":
        return GuidedSearch(top=top, seconds=seconds)
    if name == "sampling":
        return SamplingSearch(max(_LEAST_WIDTH, top))
    raise ValueError(f"there is no decoding {name!r}: it is one of {', '.join(DECODINGS)}")
