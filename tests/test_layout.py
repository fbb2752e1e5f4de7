"""The layout of the package keeps its limits; whoever gets below one tightens it here."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "benchmarks"))
from layout import Layout, count  # type: ignore[import-not-found]  # noqa: E402 - a script's folder

# What is counted, the most that it may be, and what it is to come to.
LIMITS: list[tuple[str, Callable[[Layout], float], float, float]] = [
    ("files", lambda found: len(found.lines), 155, 150),
    ("lines", lambda found: sum(found.lines.values()), 40_380, 30_000),
    ("lines of the longest file", lambda found: max(found.lines.values()), 700, 700),
    ("files under forty lines", lambda found: len(found.short), 1, 0),
    ("median lines of a file", lambda found: found.median, 250, 250),
    ("names of files that occur twice", lambda found: len(found.twice), 0, 0),
    ("files in a chain of imports", lambda found: len(found.chain), 17, 16),
    ("files in cycles of imports", lambda found: len(found.cycles), 0, 0),
    ("functions over sixty lines", lambda found: len(found.long_functions), 0, 0),
    ("files of the largest room", lambda found: max(found.rooms.values()), 30, 14),
    ("public names", lambda found: found.public, 1_112, 600),
]


@pytest.fixture(scope="module")
def layout() -> Layout:
    return count(ROOT)


@pytest.mark.parametrize(
    ("number", "most"),
    [pytest.param(number, most, id=name) for name, number, most, _ in LIMITS],
)
def test_the_package_keeps_its_limits(
    layout: Layout, number: Callable[[Layout], float], most: float
) -> None:
    assert number(layout) <= most, "python benchmarks/layout.py tells where"


def test_what_is_counted_is_what_a_reader_would_count(tmp_path: Path) -> None:
    files = {
        "__init__.py": '__all__ = ["first"]\n',
        "room/__init__.py": "",
        "room/first.py": "from saps.room import second\n# why\nX = 1\n_y = 2\n",
        "room/second.py": "import saps.other.first\n\ndef go():\n" + 60 * "    pass\n",
        "other/first.py": "def _hidden():\n    from saps.room import second\n",
    }
    for name, text in files.items():
        path = tmp_path / "saps" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = count(tmp_path)
    assert (found.twice, found.cycles, found.offered) == (("first.py",), (), 1)
    assert found.chain == ("saps.room.first", "saps.room.second", "saps.other.first")
    assert found.long_functions == {"room/second.py: go": 61}
    assert found.rooms == {"room": 3, "other": 1}
    assert found.public == 2
    assert sum(found.lines.values()) == 1 + 4 + 63 + 2
    assert 1.4 < found.comments < 1.6
