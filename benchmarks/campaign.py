"""What comes in may be anything: mutated programs, model folders, data lines, requests, and kills.

    python benchmarks/campaign.py programs --count 300000 --processes 2
    python benchmarks/campaign.py files --count 5000
    python benchmarks/campaign.py service --minutes 40
    python benchmarks/campaign.py kills --count 60

`programs`: mutated from the conformance vectors, or drawn at random, half of these nonsense;
hostile inputs; parsed, checked, run and translated in threads with small stacks. Nothing but an
`AlgoLispError` may come out, and nothing may last more than 0.1 s longer than its limit.
`files`: model folders and lines of tasks with damage; only a `BundleError` or `DataError` may come.
`service`: clients of all sorts beside kills of the processes that run programs. Every answer is
JSON with a status of docs/serve.md, nothing is logged, and nothing is left when it ends.
`kills`: each writing command is killed at any moment; what was there is whole, and the same
command then gives what it would have given.

What is wrong is printed with its seed, and the exit status is 1.
"""

import argparse
import json
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.kills import killed_commands
from benchmarks.traffic import mixed_traffic
from saps.data import DataError
from saps.data.algolisp import format_example, parse_example, scan_examples
from saps.lang import AlgoLispError, Job, evaluate_many
from saps.model.bundle import (
    PRETRAINED,
    Bundle,
    BundleError,
    build_network,
    load_bundle,
    save_bundle,
)
from saps.synthesis.calibration import Calibration, CalibrationError
from tests.lang.mutations import LIMITS, VECTORS, problems, seeds
from tests.model.test_bundle import CONFIG
from tests.tasks import vocabularies

CHUNK = 250
STACK_KIB = 256
SLOW_S = 5.0
"""Of processor time for one small file."""
MOST_MB = 300
"""That memory may grow by, once everything is imported."""


def harm_of_programs(start: int, count: int) -> list[str]:
    """Return what programs of some seeds did wrong."""
    found: list[str] = []
    vectors = seeds()

    def work() -> None:
        for seed in range(start, start + count):
            try:
                found.extend(problems(seed, vectors))
            except Exception as error:  # the point of the exercise
                found.append(f"seed {seed}: {error!r}")

    before = threading.stack_size(STACK_KIB * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    threading.stack_size(before)
    return found


# Damage to JSON and to bytes.

_HOSTILE: list[Any] = [
    *(None, True, -1, 0, 10**9, 10**30, 1e308, float("nan"), float("inf"), 0.5, "", "x" * 10_000),
    *(
        "${oc.env:HOME}",
        "../../etc/passwd",
        "\ud800",
        "\0",
        [],
        {},
        [[]],
        {"_target_": "os.system"},
    ),
    *({"_target_": "pathlib.Path.write_text", "_args_": ["x"]}, ["a"] * 1_000, "int[" * 60),
]


def damaged(content: bytes, rng: Random) -> bytes:
    """Return a file with one to three changes: of its JSON, or of its bytes."""
    for _ in range(rng.randint(1, 3)):
        with suppress(ValueError, RecursionError):
            if rng.random() < 0.7:
                tree = json.loads(content)
                content = json.dumps(_with_another_part(tree, rng)).encode()
                continue
        content = _with_other_bytes(content, rng)
    return content


def _with_another_part(tree: Any, rng: Random) -> Any:
    places: list[tuple[Any, Any]] = []
    waiting = [tree] if isinstance(tree, dict | list) else []
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        places += [(node, key) for key in keys]
        waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
    if not places or rng.random() < 0.03:
        return rng.choice(_HOSTILE)
    node, key = rng.choice(places)
    choice = rng.randrange(4)
    if choice == 0:
        del node[key]
    elif choice == 1 and isinstance(node, dict):
        node[rng.choice(["x", "", "_target_", "self", "\ud800"])] = node.pop(key)
    else:
        other, place = rng.choice(places)
        node[key] = rng.choice(_HOSTILE) if choice == 2 else json.loads(json.dumps(other[place]))
    return tree


def _with_other_bytes(content: bytes, rng: Random) -> bytes:
    at, n = rng.randrange(len(content) + 1), rng.choice((1, 1, 8, 100))
    replaced = rng.choice(
        (
            b"",
            rng.randbytes(n),
            content[:n],
            b"[" * 5_000,
            b"9" * 5_000,
            b"1e999",
            b"\n",
            b"\xff\xfe",
        )
    )
    return content[:at] + replaced + content[at + rng.choice((0, n)) :]


def _tiny_bundle(folder: Path) -> None:
    words = vocabularies()
    fit = json.loads((PRETRAINED / "calibration.json").read_text(encoding="utf-8"))
    made = Bundle(
        *(build_network(CONFIG, *words), *words, {"model": CONFIG, "info": {}}),
        *(frozenset({"sum", "of"}), fit),
    )
    save_bundle(made, folder)


def _load(folder: Path) -> None:
    bundle = load_bundle(folder)
    if bundle.calibration is not None:
        Calibration.from_json(bundle.calibration)


def _task_lines() -> list[bytes]:
    lines = []
    for text in VECTORS.read_text(encoding="utf-8").splitlines():
        task = {"text": ["find", "it"], **json.loads(text)}
        lines.append(json.dumps({name: task[name] for name in task if name != "id"}).encode())
    return lines


def _read_tasks(path: Path) -> None:
    for number, example in enumerate(scan_examples(path), 1):
        if isinstance(example, DataError):
            str(example).encode()
            continue
        again = parse_example(format_example(example).encode(), path, number)
        if again.program != example.program:
            raise AssertionError(f"{again.program} was {example.program}")
        job = Job(example.program, example.arguments, [test.inputs for test in example.tests])
        for outcomes in evaluate_many([job], limits=LIMITS, processes=0):
            for outcome in outcomes:
                assert not isinstance(outcome, AlgoLispError) or str(outcome)


def harm_of_files(start: int, count: int) -> list[str]:
    """Return what model folders and files of tasks, damaged by some seeds, did wrong."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _tiny_bundle(place / "model")
        whole = {path: path.read_bytes() for path in sorted((place / "model").iterdir())}
        lines, tasks = _task_lines(), place / "tasks.jsonl"
        for seed in range(start, start + count):
            rng = Random(seed)
            if seed % 2:
                spoiled = {path: damaged(whole[path], rng) for path in rng.sample(list(whole), 1)}
                for path, content in (whole | spoiled).items():
                    path.write_bytes(content)
                found += _trial(seed, partial(_load, place / "model"))
            else:
                chosen = [damaged(line, rng) for line in rng.sample(lines, 3)]
                tasks.write_bytes(b"\n".join(chosen))
                found += _trial(seed, partial(_read_tasks, tasks))
            if left := {path.name for path in place.iterdir()} - {"model", "tasks.jsonl"}:
                found.append(f"seed {seed}: left {left} behind")
    return found


def _trial(seed: int, work: Callable[[], None]) -> Iterator[str]:
    started = time.thread_time()
    try:
        try:
            work()
        except (BundleError, CalibrationError, DataError) as error:
            str(error).encode()
    except Exception as error:
        yield f"seed {seed}: let {error!r:.300} out"
    if (seconds := time.thread_time() - started) > SLOW_S:
        yield f"seed {seed}: took {seconds:.1f} s"


# The parts as they are run.


def _measured(harm: Callable[[int, int], list[str]], start: int) -> tuple[list[str], int, int]:
    """Return what CHUNK seeds did wrong, the process, and its peak memory in MB."""
    found = harm(start, CHUNK)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return found, threading.get_native_id(), peak


def run_chunks(
    harm: Callable[[int, int], list[str]], start: int, count: int, processes: int, minutes: float
) -> list[str]:
    """Run seeds in processes, until they are over or the time is."""
    problems_found: list[str] = []
    first: dict[int, int] = {}
    last: Counter[int] = Counter()
    began, done = time.monotonic(), 0
    with ProcessPoolExecutor(processes) as pool:
        waiting = range(start, start + count, CHUNK)
        while waiting and time.monotonic() - began < 60 * minutes:
            some, waiting = waiting[: 2 * processes], waiting[2 * processes :]
            for found, process, peak in pool.map(partial(_measured, harm), some):
                print(*found, sep="\n", end="\n" if found else "", flush=True)
                problems_found += found
                first.setdefault(process, peak)
                last[process] = max(last[process], peak)
                done += CHUNK
    grown = max((last[process] - first[process] for process in first), default=0)
    if grown > MOST_MB:
        problems_found.append(f"memory grew by {grown} MB")
    print(
        f"{done:,} in {time.monotonic() - began:.0f} s; the largest process had "
        f"{max(last.values(), default=0)} MB and grew by {grown} after its first {CHUNK}"
    )
    return problems_found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("programs", "files", "service", "kills"))
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args()
    if given.part == "service":
        found = mixed_traffic(60 * given.minutes, given.start)
    elif given.part == "kills":
        found = killed_commands(given.count, given.start)
    else:
        harm = harm_of_programs if given.part == "programs" else harm_of_files
        found = run_chunks(harm, given.start, given.count, given.processes, given.minutes)
    print(*found[:50], sep="\n", end="\n" if found else "")
    print(f"{given.part}: {len(found)} did something wrong")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
