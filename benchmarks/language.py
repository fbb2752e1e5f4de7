"""How fast programs are compiled, run, typed and parsed, on the conformance vectors.

    python benchmarks/language.py            # prints a table, writes runs/benchmarks/language.json

Each figure is the best of several repeats, in CPU time, because the machine may be shared. The
naive evaluator of the tests runs the same programs for comparison: a ratio depends less on the
machine than a rate.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from saps.lang import (  # noqa: E402  the path above comes first
    AlgoLispError,
    Node,
    Program,
    compile_program,
    infer_type,
    parse,
    to_python,
)
from tests.lang.naive import NaiveError, run  # noqa: E402

VECTORS = ROOT / "tests" / "lang" / "data" / "conformance.jsonl"


@dataclass(frozen=True)
class Vector:
    """A program that compiles, and the inputs of its tests."""

    node: Node
    text: str
    arguments: dict[str, str]
    return_type: str
    inputs: list[dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One measurement: `rate` is per second of CPU time, at the best of the repeats."""

    name: str
    unit: str
    rate: float
    spread: float
    repeats: int


def read_vectors() -> list[Vector]:
    vectors = []
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        try:
            node = Node.from_short_tree(raw["short_tree"])
            compile_program(node, raw["args"])
        except AlgoLispError:
            continue
        inputs = [test["input"] for test in raw["tests"]]
        vectors.append(Vector(node, str(node), raw["args"], raw["return_type"], inputs))
    return vectors


def measure(name: str, unit: str, count: int, work: Callable[[], object], repeats: int) -> Figure:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    times.sort()
    spread = (times[len(times) // 2] - times[0]) / times[0]
    return Figure(name, unit, count / times[0], spread, repeats)


def run_all(programs: list[tuple[Program, list[dict[str, Any]]]]) -> None:
    for program, inputs in programs:
        for values in inputs:
            with suppress(AlgoLispError):
                program(values)


def run_naively(vectors: list[Vector]) -> None:
    for vector in vectors:
        for values in vector.inputs:
            with suppress(NaiveError):
                run(vector.node, values)


def infer_all(vectors: list[Vector]) -> None:
    for vector in vectors:
        with suppress(AlgoLispError):
            infer_type(vector.node, vector.arguments)


def figures(vectors: list[Vector], repeats: int) -> list[Figure]:
    n_tests = sum(len(vector.inputs) for vector in vectors)
    n_nodes = sum(vector.node.size for vector in vectors)
    programs = [(compile_program(v.node, v.arguments), v.inputs) for v in vectors]
    run_all(programs)
    return [
        measure("run", "tests", n_tests, lambda: run_all(programs), repeats),
        measure("run naively", "tests", n_tests, lambda: run_naively(vectors), repeats),
        measure(
            "compile",
            "nodes",
            n_nodes,
            lambda: [compile_program(v.node, v.arguments) for v in vectors],
            repeats,
        ),
        measure("infer types", "nodes", n_nodes, lambda: infer_all(vectors), repeats),
        measure("parse", "nodes", n_nodes, lambda: [parse(v.text) for v in vectors], repeats),
        measure(
            "to Python",
            "nodes",
            n_nodes,
            lambda: [
                to_python(v.node, v.arguments, v.return_type.replace("any", "T")) for v in vectors
            ],
            1,
        ),
    ]


def commit() -> str:
    command = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/benchmarks/language.json")
    options = parser.parse_args()
    vectors = read_vectors()
    found = figures(vectors, options.repeats)
    for figure in found:
        print(
            f"{figure.name:<12} {figure.rate:>12,.0f} {figure.unit}/s"
            f" {1e6 / figure.rate:>9.2f} us each   median +{figure.spread:.0%}"
        )
    ratio = found[0].rate / found[1].rate
    print(f"the interpreter is {ratio:.2f} times as fast as the naive evaluator")
    record = {
        "commit": commit(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "command": " ".join(sys.argv),
        "n_programs": len(vectors),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "ratio_to_naive": ratio,
        "figures": [asdict(figure) for figure in found],
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
