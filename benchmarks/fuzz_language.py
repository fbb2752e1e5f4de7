"""Random programs, half of them nonsense, through parse, check, compile and run.

    python benchmarks/fuzz_language.py --count 1000000 --processes 2

Whatever a program is, what comes out is a value or an `AlgoLispError`, within its time, and memory
does not grow. Anything else is printed with its seed, and the exit status is 1.
"""

import argparse
import resource
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from saps.lang import (
    AlgoLispError,
    Limits,
    compile_program,
    infer_type,
    parse,
)
from tests.lang.programs import (
    DECLARED,
    random_inputs,
    random_nonsense,
    random_program,
)

LIMITS = Limits(steps=50_000, seconds=0.5)
CHUNK = 5_000


def fuzz_one(seed: int) -> str:
    """The code of what became of one program."""
    rng = Random(seed)
    tree = random_program(rng) if seed % 2 else random_nonsense(rng)
    try:
        node = parse(str(tree))
        try:
            infer_type(node, DECLARED)
        except AlgoLispError:
            is_typed = False
        else:
            is_typed = True
        compile_program(node, DECLARED, LIMITS)(random_inputs(rng))
    except AlgoLispError as error:
        if is_typed and error.code == "type":
            return f"UNSOUND: {node}"
        return error.code
    except Exception as error:  # the point of the exercise
        return f"ESCAPED {error!r}: {tree}"
    return "value"


def fuzz_chunk(start: int) -> tuple[Counter[str], float, int]:
    """What became of CHUNK programs, the longest any took in seconds, and peak memory in MB."""
    outcomes: Counter[str] = Counter()
    longest = 0.0
    for seed in range(start, start + CHUNK):
        started = time.perf_counter()
        outcome = fuzz_one(seed)
        longest = max(longest, time.perf_counter() - started)
        if outcome.isupper() or ":" in outcome:
            print(f"seed {seed}: {outcome}")
            outcome = outcome.split(" ")[0].rstrip(":")
        outcomes[outcome] += 1
    return outcomes, longest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    outcomes: Counter[str] = Counter()
    longest, memory = 0.0, []
    started = time.perf_counter()
    with ProcessPoolExecutor(options.processes) as pool:
        for chunk, slowest, peak_mb in pool.map(fuzz_chunk, range(0, options.count, CHUNK)):
            outcomes += chunk
            longest = max(longest, slowest)
            memory.append(peak_mb)
    seconds = time.perf_counter() - started
    print(f"{outcomes.total():,} programs in {seconds:.0f} s; the longest took {longest:.2f} s")
    print(f"peak memory of a worker: {memory[0]} MB after the first chunk, {max(memory)} MB in all")
    for outcome, number in outcomes.most_common():
        print(f"{outcome:<18} {number:>9,}")
    sys.exit(bool(outcomes["UNSOUND"] or outcomes["ESCAPED"]))


if __name__ == "__main__":
    main()
