"""Nothing that is answered depends on the order of sets, which differs from process to process."""

import os
import subprocess
import sys

NEAREST = """
from saps.synthesis.asking_back import closest_kinds

for text in ("translate the letter into french", "find the number", "the sum of two numbers"):
    print(closest_kinds(f"you are given a number , your task is to {text}"))
"""

# So near the caps that what is tried first decides what is found.
COMPLETION = """
from random import Random
from saps.data.symbols import SymbolTable
from saps.search.mask import TypedConstraint
from saps.search.request import Request

symbols = SymbolTable.of_language()
constraint = TypedConstraint(symbols, max_depth=5, max_size=9)
kinds = ["int", "string", "int[]", "string[]", "bool", "int[][]", "dict<string,int>"]
arguments = dict(zip("abcdefg", kinds))
for seed in range(40):
    draw, labels = Random(seed), []
    tree = constraint.start(Request(arguments, draw.choice(kinds)))
    while not tree.complete:
        mask = constraint.allowed(tree)
        labels.append(draw.choice([label for label in range(len(symbols)) if mask[label]]))
        tree = constraint.extend(tree, labels[-1])
    print(constraint.n_steps, labels)
"""

BETWEEN = "-- the labels that complete a tree --"


def printed(seed: int) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", f"{NEAREST}\nprint('{BETWEEN}')\n{COMPLETION}"]
    return subprocess.run(
        command, env=environment, capture_output=True, check=True, text=True
    ).stdout


def test_a_process_with_another_hash_seed_prints_the_same() -> None:
    # Both in one process: to start one takes longer than they do.
    first, *others = (printed(seed) for seed in range(3))
    nearest, between, completion = first.partition(BETWEEN)
    assert nearest.strip()
    assert between
    assert completion.strip()
    assert others == [first] * len(others)
