"""An override of a Hydra command line, written so that it can be pasted."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path


def command_line(command: str, overrides: Mapping[str, str | Path], *more: str) -> str:
    """Return a command as a shell takes it.

    Args:
        command: such as "saps evaluate".
        overrides: values by their keys.
        more: further words, put last as they are.
    """
    told = [override(key, value) for key, value in overrides.items()]
    return shlex.join([*command.split(), *told, *more])


def override(key: str, value: str | Path) -> str:
    """Return `key=value`, the value quoted where Hydra would read something else without.

    Its grammar has no letters beyond ASCII, takes 123 for a number and a comma for a sweep.
    """
    text = str(value)
    plain = f"{key}={text}"
    if _read(plain) == text:
        return plain
    # In quotes a backslash is itself, except before a quote.
    escaped = re.sub(r'(\\*)("|$)', _escape, text)
    return f'{key}="{escaped}"'


def _escape(found: re.Match[str]) -> str:
    backslashes, quote = found.groups()
    return 2 * backslashes + (f"\\{quote}" if quote else "")


def _read(text: str) -> object:
    """Return the value of an override, None where it is none."""
    # Not at the top: most commands print no such line, and Hydra takes long to import.
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return OverridesParser.create().parse_override(text).value()
    except HydraException:
        return None
