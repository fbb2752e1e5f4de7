"""Puts the list of kinds into docs/kinds.md when MkDocs builds the site."""

import re
from collections import defaultdict
from typing import Any

from saps.data.tasks.kinds import people

MARK = "<!-- the kinds: docs/kinds_hook.py puts them here when the site is built -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with all kinds in the place of the mark; MkDocs calls this for each page."""
    return markdown.replace(MARK, listed()) if MARK in markdown else markdown


def listed() -> str:
    """Return the names and purposes of all kinds, by the type of their result."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for kind in people().kinds.values():
        escaped = re.sub(r"([\[\]<>*_|`])", r"\\\1", kind.about)
        by_type[kind.returns].append(f"- `{kind.name}`: {escaped}")
    parts = [f"## `{name}`\n\n" + "\n".join(lines) for name, lines in sorted(by_type.items())]
    return "\n\n".join(parts)
