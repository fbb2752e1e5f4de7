"""What programs that would never end cost until they are stopped: time past the limit, and memory.

    python benchmarks/runaways.py

Each case runs in a process of its own, once within the default limits and once with a time limit
alone, of 0.2 s, so that the clock has to stop what can be stopped by it. `over` is how long after
its time limit a run ended; a run that another limit ended before has none.
"""

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from saps.lang import AlgoLispError, Limits, Node, compile_program, parse

PROGRAMS = {
    "power": "(pow 10 1000000000)",
    "list doubled by recursion": "(invoke1 (lambda1 (self (reduce arg1 arg1 append))) (range 0 2))",
    "ranges nested three deep": "(map (range 0 999) (lambda1 (map (range 0 999) (lambda1 "
    "(map (range 0 999) square)))))",
}
DEPTH = 100_000
ONLY_TIME = Limits(steps=10**15, seconds=0.2)


def run_program(text: str, limits: Limits) -> Any:
    return compile_program(parse(text), {}, limits)({})


def deep_list() -> Any:
    tree: Any = "1"
    for _ in range(DEPTH):
        tree = ["abs", tree]
    return tree


def deep_text() -> str:
    return '["abs", ' * DEPTH + '"1"' + "]" * DEPTH


def cases() -> dict[str, tuple[Callable[[Any], object], Any, float]]:
    """By name: what to do, with what, and its time limit in seconds."""
    found: dict[str, tuple[Callable[[Any], object], Any, float]] = {}
    for name, text in PROGRAMS.items():
        found[name] = (lambda t: run_program(t, Limits()), text, Limits().seconds)
        found[f"{name}, time alone"] = (lambda t: run_program(t, ONLY_TIME), text, 0.2)
    found["deep tree, as nested lists"] = (Node.from_short_tree, deep_list(), 0.0)
    found["deep tree, as JSON text"] = (parse, deep_text(), 0.0)
    return found


def measure(name: str, connection: Any) -> None:
    """In a fresh process: the code of the error, seconds, seconds over, peak memory in MB."""
    work, given, limit = cases()[name]
    started = time.perf_counter()
    try:
        work(given)
        code = "none"
    except AlgoLispError as error:
        code = error.code
    seconds = time.perf_counter() - started
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    over = max(seconds - limit, 0.0)
    connection.send({"code": code, "seconds": seconds, "over": over, "peak_mb": peak_mb})


def main() -> None:
    context = multiprocessing.get_context("spawn")
    for name in cases():
        ours, theirs = context.Pipe()
        process = context.Process(target=measure, args=(name, theirs))
        process.start()
        found = ours.recv()
        process.join()
        print(
            f"{name:<38} {found['code']:<11} after {found['seconds']:.3f} s,"
            f" {1000 * found['over']:.0f} ms over, {found['peak_mb']:.0f} MB",
            file=sys.stdout,
        )
        print(json.dumps({"name": name, **found}), file=sys.stderr)


if __name__ == "__main__":
    main()
