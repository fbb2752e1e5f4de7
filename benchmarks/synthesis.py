"""How fast specifications become programs: greedy, beam, guided; in batches and one at a time.

    saps train experiment=saps_vh_att data.path=data/short data.train_limit=20000 \
        trainer.max_epochs=1 folder=runs/paper_size        # some minutes
    python benchmarks/synthesis.py --model runs/paper_size --data data/short/test.jsonl

Prints a table and writes runs/benchmarks/synthesis.json. Without --model the bundled model, which
is smaller than the paper's, is timed.

What a search costs depends on the sizes of the trees that it writes, and random weights write
trees of any size. So the model at paper size is trained for a moment, until its trees are about as
large as those asked for; the record gives both sizes. A beam that returns one program drops what
cannot win any more, so its speed depends on how sure the network is; `beam, 10 answers` can drop
little and is nearly the full work. Times are wall time, of all work from text to program: the
tokenizer, the encoder, the search, the type masks. Each figure is the median of the repeats, with
the lowest and the highest; the load of the machine is in the record.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from statistics import mean, median

import torch

from saps.data.algolisp import read_examples
from saps.data.batching import pad_pieces
from saps.data.example import Example
from saps.search.beam import BeamSearch
from saps.search.greedy import GreedyDecoder
from saps.search.guided import GuidedSearch
from saps.search.interface import Search
from saps.search.request import InputOutput, Request
from saps.synthesis.predictor import Predictor

ROOT = Path(__file__).parents[1]
SEARCHES: dict[str, Search] = {
    "greedy, untyped": GreedyDecoder(typed=False),
    "greedy": GreedyDecoder(),
    "beam 10": BeamSearch(10),
    "beam 10, 10 answers": BeamSearch(10, top=10),
    "guided": GuidedSearch(seconds_per_text=None),
}


@dataclass(frozen=True)
class Figure:
    """One measurement, the median of the repeats between the lowest and the highest."""

    name: str
    unit: str
    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, name: str, unit: str, values: Sequence[float]) -> "Figure":
        return cls(name, unit, median(values), min(values), max(values))


def rate(name: str, work: Callable[[], object], n: int, repeats: int) -> Figure:
    """Time the same work again and again, after once to warm up."""
    work()
    return Figure.of(name, "texts/s", [n / seconds(work) for _ in range(repeats)])


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def throughput(
    predictor: Predictor, examples: Sequence[Example], repeats: int, names: Sequence[str]
) -> tuple[list[Figure], float]:
    """Time all texts together; return the figures, and the mean size of the greedy trees."""
    texts = [example.text for example in examples]
    requests = [request(example) for example in examples]
    figures = [rate("encoder alone", lambda: encode(predictor, texts), len(texts), repeats)]
    for name in names:
        search = SEARCHES[name]
        known = requests if name == "guided" else None

        def work(search: Search = search, known: list[Request] | None = known) -> object:
            return predictor.n_best(texts, known, search)

        figures.append(rate(f"{name}, in batches", work, len(texts), repeats))
    found = predictor.n_best(texts, None, SEARCHES["greedy"])
    return figures, mean(some[0].program.size for some in found)


def encode(predictor: Predictor, texts: Sequence[str]) -> None:
    """Let the network read the texts, in batches as the predictor makes them."""
    pieces = sorted(predictor.bundle.tokenizer.encode_many(texts), key=len)
    with torch.inference_mode():
        for start in range(0, len(pieces), predictor.batch_size):
            batch = pad_pieces(pieces[start : start + predictor.batch_size])
            predictor.bundle.network.scorer(batch).start()


def latency(
    predictor: Predictor, examples: Sequence[Example], repeats: int, names: Sequence[str]
) -> list[Figure]:
    """Time one text at a time; the median, lowest and highest are over texts."""
    figures = []
    for name in names:
        search = SEARCHES[name]
        predictor.n_best([examples[0].text], None, search)
        times = []
        for example in examples:
            known = [request(example)] if name == "guided" else None

            def work(
                text: str = example.text,
                search: Search = search,
                known: list[Request] | None = known,
            ) -> object:
                return predictor.n_best([text], known, search)

            times.append(1e3 * median(seconds(work) for _ in range(repeats)))
        figures.append(Figure.of(f"{name}, one text", "ms", times))
    return figures


def request(example: Example) -> Request:
    """What a guided search is told: the declared types and the first three tests."""
    tests = tuple(InputOutput(test.inputs, test.output) for test in example.tests[:3])
    return Request(example.arguments, example.return_type, tests)


def commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "HEAD"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of synthesis.")
    parser.add_argument(
        "--model", type=Path, default=None, help="folder; the bundled model if none"
    )
    parser.add_argument("--data", type=Path, default=ROOT / "data/sample.jsonl", help="tasks")
    parser.add_argument("--searches", nargs="+", choices=SEARCHES, default=list(SEARCHES))
    parser.add_argument("--texts", type=int, default=512, help="texts of the batches")
    parser.add_argument("--single", type=int, default=50, help="texts that come alone")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/benchmarks/synthesis.json")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    examples = list(islice(read_examples(options.data), options.texts))
    predictor = Predictor.load(options.model, batch_size=options.batch_size)
    figures, size = throughput(predictor, examples, options.repeats, options.searches)
    figures += latency(predictor, examples[: options.single], options.repeats, options.searches)
    for figure in figures:
        spread = f"{figure.lowest:.1f} to {figure.highest:.1f}"
        print(f"{figure.name:<32} {figure.median:>9.1f} {figure.unit:<8} ({spread})")
    gold = mean(example.program.size for example in examples)
    print(f"trees have {size:.1f} nodes, those asked for {gold:.1f}")
    network = predictor.bundle.network
    record = {
        "commit": commit(),
        "machine": platform.platform(),
        "load": os.getloadavg(),
        "threads": options.threads,
        "torch": torch.__version__,
        "command": " ".join(sys.argv),
        "n_parameters": sum(weight.numel() for weight in network.parameters()),
        "n_texts": len(examples),
        "nodes_written": size,
        "nodes_asked_for": gold,
        "figures": [asdict(figure) for figure in figures],
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
