"""How many requests a second the service answers, one client at a time and many at once.

    python benchmarks/serve.py

Starts `saps serve` with the bundled model, asks it over the loopback on connections that stay open,
prints a table and writes runs/benchmarks/serve.json. The clients are threads of this process: what
they cost the machine is part of the figures. `in process` is the same synthesizer without the
service, one text at a time and in batches of 32: what the service can reach at best. Rates are
medians of the repeats, with the lowest and the highest; latencies are over all requests.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from saps.synthesis.synthesizer import Synthesizer

ROOT = Path(__file__).parents[1]
TEXTS = (
    "given numbers a and b, find a plus b",
    "given a number a, find a squared",
    "given an array of numbers a, find the sum of its elements",
    "given an array of numbers a, find the largest element",
    "given an array of numbers a and a number b, find how many elements of a are greater than b",
    "given an array of numbers a, find elements of a at even positions",
    "given a string a, find its length",
    "given an array of numbers a, reverse it",
)


@dataclass(frozen=True)
class Figure:
    """One kind of request from so many clients at once.

    Attributes:
        rate: requests a second: the median of the repeats, `lowest` and `highest`.
        median_ms: of the time from a request to its answer; `p95_ms` its 95th percentile.
        refused: how many got another status than 200.
    """

    name: str
    clients: int
    requests: int
    rate: float
    lowest: float
    highest: float
    median_ms: float
    p95_ms: float
    refused: int


Ask = Callable[[str], bool]
"""Asks one thing, and tells whether the answer was 200."""


def measure(name: str, asks: list[Ask], n_requests: int, repeats: int) -> Figure:
    """Send requests from one thread for each of `asks`, after a few to warm up."""
    _round(asks, len(asks))
    rounds = [_round(asks, n_requests) for _ in range(repeats)]
    rates = [n_requests / seconds for seconds, _, _ in rounds]
    times = [latency for _, latencies, _ in rounds for latency in latencies]
    return Figure(
        name,
        len(asks),
        n_requests,
        median(rates),
        min(rates),
        max(rates),
        median(times) * 1e3,
        quantiles(times, n=20)[-1] * 1e3,
        sum(refused for _, _, refused in rounds),
    )


def _round(asks: list[Ask], n_requests: int) -> tuple[float, list[float], int]:
    """Return the seconds that all took, the seconds of each, and how many were refused."""
    texts = list(islice(cycle(TEXTS), n_requests))

    def work(number: int) -> list[tuple[float, bool]]:
        done = []
        for text in texts[number :: len(asks)]:
            start = time.perf_counter()
            accepted = asks[number](text)
            done.append((time.perf_counter() - start, accepted))
        return done

    with ThreadPoolExecutor(len(asks)) as pool:
        start = time.perf_counter()
        done = [pair for part in pool.map(work, range(len(asks))) for pair in part]
        whole = time.perf_counter() - start
    return whole, [latency for latency, _ in done], sum(not accepted for _, accepted in done)


@contextmanager
def service() -> Iterator[tuple[str, int]]:
    """Run `saps serve` on a free port."""
    command = [sys.executable, "-c", "from saps.cli import main; main()", "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        host, _, port = process.stdout.readline().rpartition("//")[2].strip().partition(":")
        yield host, int(port)
    finally:
        process.terminate()
        process.wait()


def over_http(address: tuple[str, int], path: str, make: Callable[[str], Any]) -> Ask:
    """Ask the service on a connection that stays open; `make` gives the body for a text."""
    connection = HTTPConnection(*address, timeout=120)

    def ask(text: str) -> bool:
        body = json.dumps(make(text))
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        return response.status == 200

    return ask


def served(address: tuple[str, int], n_requests: int, repeats: int) -> Iterator[Figure]:
    """Measure each kind of request, from one client and from 32."""
    program = {"program": "(reduce (filter a (partial1 b >)) 0 +)"}
    kinds: dict[str, tuple[str, Callable[[str], Any], int]] = {
        "/synthesize": ("/synthesize", lambda text: {"text": text}, n_requests),
        "/synthesize, top 5": (
            "/synthesize",
            lambda text: {"text": text, "top": 5},
            n_requests // 4,
        ),
        "/run": ("/run", lambda _: {**program, "inputs": {"a": [3, 8, 1], "b": 2}}, n_requests),
    }
    for name, (path, make, n) in kinds.items():
        for n_clients in (1, 32):
            asks = [over_http(address, path, make) for _ in range(n_clients)]
            yield measure(name, asks, n, repeats)


def in_process(n_requests: int, repeats: int) -> Iterator[Figure]:
    """Measure the synthesizer itself."""
    synthesizer = Synthesizer.load()

    def one(text: str) -> bool:
        synthesizer.synthesize(text)
        return True

    yield measure("in process, one at a time", [one], n_requests, repeats)
    batch = list(islice(cycle(TEXTS), 32))

    def many(_: str) -> bool:
        return len(list(synthesizer.synthesize_many(batch, batch_size=32))) == len(batch)

    figure = measure("in process, batches of 32", [many], max(2, n_requests // 32), repeats)
    rates = {key: 32 * getattr(figure, key) for key in ("rate", "lowest", "highest")}
    yield Figure(**{**asdict(figure), **rates})


def show(figure: Figure) -> str:
    return (
        f"{figure.name:28} {figure.clients:7} {figure.rate:9.1f} "
        f"({figure.lowest:.1f} to {figure.highest:.1f})  {figure.median_ms:8.1f} "
        f"{figure.p95_ms:8.1f} {figure.refused:7}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=320, help="of each kind, a repeat")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/benchmarks/serve.json")
    options = parser.parse_args()
    print(f"{'':28} clients   requests/s             median ms   95 % ms refused")
    figures = []
    with service() as address:
        for figure in served(address, options.requests, options.repeats):
            figures.append(figure)
            print(show(figure), flush=True)
    for figure in in_process(options.requests, options.repeats):
        figures.append(figure)
        print(show(figure), flush=True)
    record = {
        "command": [sys.executable, *sys.argv],
        "commit": _commit(),
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "figures": [asdict(figure) for figure in figures],
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
