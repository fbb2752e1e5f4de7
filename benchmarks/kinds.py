"""How many requests the classifier of kinds answers right by its first programs, alone.

    OMP_NUM_THREADS=1 python benchmarks/kinds.py FILE.jsonl [--last 320] [--model saps/pretrained]

The files are those of `benchmarks/strangers.py`; names and types of the arguments are given. A
program is right if it computes the outputs of all tests; faults and edges are not looked at.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))

from benchmarks.strangers import is_same  # noqa: E402 - a script's folder
from saps import Synthesizer  # noqa: E402
from saps.lang import AlgoLispError, Limits, Node, compile_program  # noqa: E402
from saps.synthesis.kind_programs import kind_predictions  # noqa: E402
from saps.synthesis.preparation import Prepared, Task, prepare  # noqa: E402

FIRST: Final = (1, 3, 10, 40)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--last", type=int, default=0, help="take the last so many; 0 for all")
    parser.add_argument("--model", type=Path, default=ROOT / "saps/pretrained")
    options = parser.parse_args()
    requests = [json.loads(line) for line in options.file.read_text("utf-8").splitlines()]
    synthesizer = Synthesizer.load(options.model)
    bundle = synthesizer.predictor.bundle
    if bundle.kinds is None:
        raise SystemExit(f"{options.model} has no classifier of kinds; see benchmarks/fit_kinds.py")
    ranks = []
    for request in requests[-options.last :]:
        task = Task(request["text"], arguments=request["args"])
        prepared = prepare(task, synthesizer.vocabulary, bundle.symbols)
        found = kind_predictions(bundle.kinds, prepared, most=FIRST[-1])
        rank = (n for n, one in enumerate(found) if computes(one.program, prepared, request))
        ranks.append(next(rank, FIRST[-1]))
    counts = (f"{sum(rank < first for rank in ranks)} in the first {first}" for first in FIRST)
    print(f"of {len(ranks)}: {', '.join(counts)}")


def computes(program: Node, prepared: Prepared, request: Mapping[str, Any]) -> bool:
    """Whether a program, by letters, computes the outputs of all tests."""
    try:
        run = compile_program(program, prepared.request.argument_types() or {}, Limits())
        literals = prepared.names.stand_in_values
        return all(
            is_same(run({**prepared.names.to_letters(test["input"]), **literals}), test["output"])
            for test in request["tests"]
        )
    except AlgoLispError:
        return False


if __name__ == "__main__":
    main()
