"""The layout of the package in numbers: what a newcomer meets before the first line of code.

    python benchmarks/layout.py [FOLDER]

Counts the files of a checkout without importing them. tests/test_layout.py holds limits for most of
these numbers. A room is a folder of the package; files of a folder within it count, too.
"""

import argparse
import ast
import io
import statistics
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = "saps"
LONG_FUNCTION = 60
SHORT_FILE = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """What was counted.

    Attributes:
        lines: of each file, by its path within the package; empty files count.
        twice: names of files that occur more than once; `__init__.py` always may.
        chain: the longest chain of imports at the top of files, first the one that imports.
        cycles: files that import each other, in whatever way round.
        long_functions: those of more than sixty lines, with their lines.
        rooms: number of files by room.
        comments: comment lines for each hundred lines of code.
        public: names that files define and that do not begin with an underscore.
        offered: names that `saps` itself offers in `__all__`.
    """

    lines: Mapping[str, int]
    twice: tuple[str, ...]
    chain: tuple[str, ...]
    cycles: tuple[str, ...]
    long_functions: Mapping[str, int]
    rooms: Mapping[str, int]
    comments: float
    public: int
    offered: int

    @property
    def short(self) -> tuple[str, ...]:
        """Files of under forty lines, `__init__.py` left out."""
        names = (name for name, n in self.lines.items() if n < SHORT_FILE)
        return tuple(name for name in names if not name.endswith("__init__.py"))

    @property
    def median(self) -> float:
        """Lines of a file, `__init__.py` left out."""
        return statistics.median(
            n for name, n in self.lines.items() if not name.endswith("__init__.py")
        )


def count(root: Path) -> Layout:
    """Count the package of a checkout.

    Args:
        root: holds the folder `saps`.
    """
    package = root / PACKAGE
    texts = {
        str(path.relative_to(package)): path.read_text(encoding="utf-8")
        for path in sorted(package.rglob("*.py"))
    }
    trees = {name: ast.parse(text) for name, text in texts.items()}
    names = Counter(Path(name).name for name in texts)
    rooms = Counter(name.partition("/")[0] for name in texts if "/" in name)
    chain, cycles = _chain(trees)
    return Layout(
        lines={name: len(text.splitlines()) for name, text in texts.items()},
        twice=tuple(name for name, n in names.items() if n > 1 and name != "__init__.py"),
        chain=chain,
        cycles=cycles,
        long_functions=dict(_long_functions(trees)),
        rooms=dict(rooms),
        comments=_comments(texts.values()),
        public=sum(len(set(_public(tree))) for tree in trees.values()),
        offered=len(_offered(trees["__init__.py"])),
    )


def _long_functions(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, int]]:
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                n_lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if n_lines > LONG_FUNCTION:
                    yield f"{name}: {node.name}", n_lines


def _public(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        names: list[str] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        yield from (name for name in names if not name.startswith("_"))


def _offered(tree: ast.Module) -> list[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _comments(texts: Iterable[str]) -> float:
    """Return comment lines for each hundred lines that hold code; docstrings count as code."""
    n_comments = n_code = 0
    for text in texts:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        n_comments += sum(
            token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
            for token in tokens
        )
        n_code += sum(
            1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
        )
    return 100 * n_comments / n_code


def _chain(trees: Mapping[str, ast.Module]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the longest chain of imports at the top of files, and files that form a cycle.

    Imports for types alone and within functions do not count: they run later, or never.
    """
    modules = {_module(name): name for name in trees}
    imported = {
        module: {found for found in _imports(trees[name]) if found in modules and found != module}
        for module, name in modules.items()
    }
    cycles: set[str] = set()
    at_work: list[str] = []

    @cache
    def longest(module: str) -> tuple[str, ...]:
        at_work.append(module)
        chains = []
        for other in sorted(imported[module]):
            if other in at_work:
                cycles.update(at_work[at_work.index(other) :])
            else:
                chains.append(longest(other))
        at_work.pop()
        return (module, *max(chains, key=len, default=()))

    return max((longest(module) for module in modules), key=len), tuple(sorted(cycles))


def _module(name: str) -> str:
    return ".".join((PACKAGE, *Path(name).with_suffix("").parts)).removesuffix(".__init__")


def _imports(tree: ast.Module) -> Iterator[str]:
    """Yield the modules of imports at the top; `from room import file` may name a file."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parents[1])
    found = count(parser.parse_args().folder)
    by_room: defaultdict[str, int] = defaultdict(int)
    for name, n in found.lines.items():
        by_room[name.partition("/")[0] if "/" in name else "."] += n
    largest = max(found.lines, key=lambda name: found.lines[name])
    print(f"files {len(found.lines)}, lines {sum(found.lines.values()):,}")
    print(f"lines a file: median {found.median:.0f}, most {found.lines[largest]} ({largest})")
    print(
        f"files under {SHORT_FILE} lines: {len(found.short)} ({', '.join(found.short) or 'none'})"
    )
    print(f"names twice: {len(found.twice)} ({', '.join(found.twice) or 'none'})")
    print(f"longest chain of imports: {len(found.chain)} ({' <- '.join(found.chain[::-1])})")
    print(f"files in cycles of imports: {len(found.cycles)} ({', '.join(found.cycles) or 'none'})")
    print(f"functions over {LONG_FUNCTION} lines: {len(found.long_functions)}")
    for function, n in found.long_functions.items():
        print(f"  {function}, {n}")
    print(f"comments a hundred lines of code: {found.comments:.1f}")
    print(f"public names: {found.public}, of which saps offers {found.offered}")
    for room, n in sorted(found.rooms.items()):
        print(f"  {room}: {n} files, {by_room[room]:,} lines")


if __name__ == "__main__":
    main()
