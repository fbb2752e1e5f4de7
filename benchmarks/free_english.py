"""How many requests in free English are answered right, by what is known of them besides the text.

    python benchmarks/free_english.py

On the 60 held-out requests of `tests/data/free_rewordings.jsonl`, and the 239 of
`tests/data/free_requests.jsonl`, by which reading and search were tuned; then on the 163 of
`tests/data/stranger_requests.jsonl`, as a stranger typed them, by where they say what their
arguments are. Prints no text.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from saps.data.algolisp import read_examples
from saps.data.example import Example, Test
from saps.decoding.synthesizer import Synthesizer
from saps.decoding.task import Task
from saps.evaluation.layout import Table
from saps.evaluation.markdown import render_table
from saps.evaluation.metrics import wilson
from saps.evaluation.settings import usable_cores
from saps.evaluation.undeclared import are_right
from saps.lang import Limits, parse

FOLDER = Path(__file__).parents[1] / "tests" / "data"
FILES = ("free_rewordings.jsonl", "free_requests.jsonl")
STRANGER = FOLDER / "stranger_requests.jsonl"
BESIDE = "beside it"

GIVEN: dict[str, Callable[[Example], Task]] = {
    "the text alone": lambda e: Task.of(e.as_typed),
    "and the arguments (--arg)": lambda e: Task.of(e.as_typed, arguments=e.arguments),
    "and the result's type (--returns)": lambda e: Task.of(
        e.as_typed, arguments=e.arguments, returns=e.return_type
    ),
}


def main() -> None:
    print(render_table(by_what_is_given()))
    print(render_table(of_a_stranger()))


def by_what_is_given() -> Table:
    """Answer all requests in each way; a row a way."""
    files = [list(read_examples(FOLDER / name)) for name in FILES]
    header = ("what is given", "held-out requests", "requests for development")
    return Table("", header, tuple(_rows(files)))


def of_a_stranger() -> Table:
    """Answer the stranger's requests; a row a way to say what the arguments are."""
    requests = [json.loads(line) for line in STRANGER.read_text(encoding="utf-8").splitlines()]
    header = ("arguments are declared", "right")
    return Table("", header, tuple(_rows_of_a_stranger(requests)))


def _rows(files: list[list[Example]]) -> Iterator[tuple[str, ...]]:
    synthesizer = Synthesizer.load()
    for name, task_of in GIVEN.items():
        found = (_right(synthesizer, examples, task_of) for examples in files)
        yield name, *map(_cell, found)


def _rows_of_a_stranger(requests: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    synthesizer, everything = Synthesizer.load(), []
    for said in dict.fromkeys(request["said"] for request in requests):
        examples = [_example(request) for request in requests if request["said"] == said]
        way = "and the arguments (--arg)" if said == BESIDE else "the text alone"
        right = _right(synthesizer, examples, GIVEN[way])
        everything += right
        yield said, _cell(right)
    yield "all", _cell(everything)


def _example(request: dict[str, Any]) -> Example:
    tests = tuple(Test(case["inputs"], case["output"]) for case in request["cases"])
    # Nobody has written programs for them; none is looked at.
    return Example(request["text"], request["types"], request["returns"], parse("0"), tests)


def _right(
    synthesizer: Synthesizer, examples: list[Example], task_of: Callable[[Example], Task]
) -> list[bool]:
    answers = list(synthesizer.synthesize_many([task_of(example) for example in examples]))
    return are_right(answers, examples, limits=Limits(), n_workers=usable_cores())


def _cell(right: list[bool]) -> str:
    low, high = wilson(sum(right), len(right))
    share = 100 * sum(right) / len(right)
    among = f"{sum(right)} of {len(right)}"
    return f"{among} ({share:.0f} %, {100 * low:.0f} to {100 * high:.0f})"


if __name__ == "__main__":
    main()
