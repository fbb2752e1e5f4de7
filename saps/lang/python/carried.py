"""The helper functions that a translated program carries along."""

import ast

from saps.lang.python.declared import declared_helpers
from saps.lang.python.helpers import HELPERS


def helper_names() -> frozenset[str]:
    """The names that a program's own variables must not take."""
    return frozenset({*HELPERS, *declared_helpers()})


def helpers_for(code: ast.AST) -> list[ast.stmt]:
    """The helper functions that the code calls, and that those call, in the order of names."""
    sources = {**declared_helpers(), **HELPERS}
    found: dict[str, ast.stmt] = {}
    waiting = [code]
    while waiting:
        names = {n.id for n in ast.walk(waiting.pop()) if isinstance(n, ast.Name)}
        for name in names & sources.keys() - found.keys():
            found[name] = ast.parse(sources[name]).body[0]
            waiting.append(found[name])
    return [found[name] for name in sorted(found)]
