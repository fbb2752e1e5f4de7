"""The place of an error in a text: the line in question, and carets under it."""

_WIDTH = 76
_BEFORE = 24  # characters kept ahead of the place when a line is too long to be shown whole


def excerpt(text: str, start: int, stop: int) -> str:
    """Return the line of `text` that holds `start`, with carets under the characters to `stop`.

    Long lines are cut on both sides, and a place of several lines is marked on its first.
    """
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    line = text[first : len(text) if last < 0 else last].replace("\t", " ")
    column, n_marked = start - first, max(1, stop - start)
    left = 0 if len(line) <= _WIDTH else max(0, min(column - _BEFORE, len(line) - _WIDTH))
    shown = line[left : left + _WIDTH]
    lead = "..." if left else ""
    tail = "..." if left + len(shown) < len(line) else ""
    n_carets = max(1, min(n_marked, len(shown) - (column - left)))
    return f"  {lead}{shown}{tail}\n  {' ' * (len(lead) + column - left)}{'^' * n_carets}"
