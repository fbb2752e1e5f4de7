"""The language stands alone."""

import subprocess
import sys

import pytest

SHOW_IMPORTS = """
import sys
import saps.lang
roots = {name.partition(".")[0] for name in sys.modules}
print(*sorted(roots - set(sys.stdlib_module_names)))
"""


def test_language_imports_lark_and_the_standard_library_only() -> None:
    command = [sys.executable, "-S", "-c", SHOW_IMPORTS]
    # -S keeps out what site-packages load at start; their folder is then given by hand.
    folders = ":".join(path for path in sys.path if path)
    outcome = subprocess.run(
        command, capture_output=True, text=True, check=True, env={"PYTHONPATH": folders}
    )
    found = {name for name in outcome.stdout.split() if not name.startswith("__")}
    assert found == {"lark", "saps"}


def test_every_public_name_is_there() -> None:
    import saps.lang

    for name in saps.lang.__all__:
        assert hasattr(saps.lang, name)
    with pytest.raises(AttributeError):
        _ = saps.lang.nonsense  # type: ignore[attr-defined]
