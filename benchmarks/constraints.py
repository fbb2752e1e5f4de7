"""Typed constraints on generated programs: is every gold symbol allowed, and what does it cost.

    python benchmarks/constraints.py            # 10,000 programs; prints a table, writes JSON

Each program is written twice with one constraint, node by node, as a decoder would: the first pass
starts with nothing known, the second knows all situations. Requests declare the arguments and the
result, or leave all to be inferred. Times are CPU time.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from saps.data.symbols import SymbolTable  # noqa: E402
from saps.data.tasks.composer import Shape, draw_draft  # noqa: E402
from saps.data.tasks.family import default_catalogue  # noqa: E402  the path comes first
from saps.lang import infer_signature  # noqa: E402
from saps.search.mask import TypedConstraint  # noqa: E402
from saps.search.request import Request  # noqa: E402

MAX_SIZE = 400
"""Of the trees that are written; larger draws, about one in ten thousand, are passed over."""

Task = tuple[Request, list[int]]


@dataclass(frozen=True)
class Figure:
    """One pass over all programs."""

    requests: str
    known_before: bool
    n_programs: int
    n_nodes: int
    n_removed: int
    us_per_node: float
    n_situations: int
    share_of_steps_known: float


def draw(n_programs: int, symbols: SymbolTable) -> list[Task]:
    """Programs of generated tasks as labels, with their types."""
    tasks: list[Task] = []
    catalogue, seed = default_catalogue(), 0
    while len(tasks) < n_programs:
        draft = draw_draft(catalogue, Shape(), Random(seed))
        program = None if draft is None else draft.root.node()
        seed += 1
        if draft is None or program is None or program.size > MAX_SIZE:
            continue
        result = str(infer_signature(program, draft.arguments).result)
        labels = [symbols.index(node) for node in program.preorder()]
        tasks.append((Request(draft.arguments, result), labels))
    return tasks


def write_all(constraint: TypedConstraint, tasks: list[Task]) -> int:
    """Write each program; return how many of them lost a symbol."""
    n_removed = 0
    for request, labels in tasks:
        tree = constraint.start(request)
        for label in labels:
            if not constraint.allowed(tree)[label]:
                n_removed += 1
                break
            tree = constraint.extend(tree, label)
    return n_removed


def measure(requests: str, tasks: list[Task], symbols: SymbolTable) -> list[Figure]:
    if requests == "inferred":
        tasks = [(Request(), labels) for _, labels in tasks]
    constraint = TypedConstraint(symbols, max_size=MAX_SIZE)
    n_nodes = sum(len(labels) for _, labels in tasks)
    figures = []
    for known_before in (False, True):
        before = constraint.n_steps
        started = time.process_time()
        n_removed = write_all(constraint, tasks)
        seconds = time.process_time() - started
        figures.append(
            Figure(
                requests,
                known_before,
                len(tasks),
                n_nodes,
                n_removed,
                1e6 * seconds / n_nodes,
                constraint.n_situations,
                1 - (constraint.n_steps - before) / n_nodes,
            )
        )
    return figures


def commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/benchmarks/constraints.json")
    options = parser.parse_args()
    symbols = SymbolTable.of_language()
    tasks = draw(options.programs, symbols)
    figures = [f for kind in ("declared", "inferred") for f in measure(kind, tasks, symbols)]
    for figure in figures:
        print(
            f"{figure.requests:<9} {'warm' if figure.known_before else 'cold'}"
            f" {figure.us_per_node:>8.2f} us/node   {figure.n_nodes:,} nodes of"
            f" {figure.n_programs:,} programs, {figure.n_removed} removed"
            f"   {figure.share_of_steps_known:.1%} of steps known,"
            f" {figure.n_situations:,} situations"
        )
    record = {
        "commit": commit(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "command": " ".join(sys.argv),
        "figures": [asdict(figure) for figure in figures],
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if any(figure.n_removed for figure in figures):
        sys.exit("a gold symbol was removed")


if __name__ == "__main__":
    main()
