"""A service under mixed traffic, with kills; see `campaign`."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from saps.lang import Node
from tests.lang.mutations import mutated, seeds

ROOT = Path(__file__).parents[1]
N_CLIENTS = 4
MOST_MB = 300
"""That the service may grow by, once it has answered its first requests."""
# Of docs/serve.md; a process that runs programs and is killed costs its run a 500.
KNOWN = {200, 400, 404, 405, 408, 413, 415, 422, 500, 503, 504}
TEXTS = [
    "the sum of xs",
    "given an array of numbers a and a number b , find how many elements of a are above b",
    "given a number n , find the factorial of n",
    "reverse the words of s",
    "",
    "zzz " * 400,
    "\ud800",
    "\u0661\u0662 of a",
]


class _Traffic:
    """What clients do, and what was wrong about the answers."""

    def __init__(self, port: int, until: float) -> None:
        self.port, self.until = port, until
        self.statuses: Counter[int] = Counter()
        self.problems: list[str] = []
        self.slowest_health_s = 0.0
        self._programs: list[tuple[Node, dict[str, Any]]] = seeds()

    def client(self, seed: int) -> None:
        rng = Random(seed)
        while time.monotonic() < self.until:
            try:
                rng.choice((self._run, self._run, self._synthesize, self._nonsense, self._leave))(
                    rng
                )
                self._health()
            except OSError as error:
                self.problems.append(f"seed {seed}: {error!r}")
                time.sleep(0.5)

    def _run(self, rng: Random) -> None:
        program, vector = rng.choice(self._programs)
        node = mutated(program, rng.choice(self._programs)[0], rng)
        inputs: Any = rng.choice(vector["tests"])["input"]
        if rng.random() < 0.1:
            inputs = rng.choice(
                [None, [], {"a": [[1] * 1_000] * 90}, {"\ud800": 1}, {"a": 10**4_000}]
            )
        body = {"program": rng.choice([str(node), node.to_short_tree()]), "input": inputs}
        if rng.random() < 0.2:
            body["types"] = rng.choice(
                [vector["args"], {"a": "int[" * 30}, {"a": "T"}, {"map": "int"}]
            )
        self._post("/run", body)

    def _synthesize(self, rng: Random) -> None:
        body: dict[str, Any] = {"text": rng.choice(TEXTS), "top": rng.choice((1, 1, 3, 20))}
        if rng.random() < 0.4:
            value = rng.choice([[1, 2], [[5] * 900], 7, 10**300, "ab", 1e300, None])
            body["examples"] = [{"input": {"a": value}, "output": rng.choice([3, [1], "b", value])}]
            body["examples"] *= rng.choice((1, 1, 50))
        if rng.random() < 0.2:
            body["decoding"] = rng.choice(
                ["greedy", "beam", "guided", "sampling", "plausible", "x"]
            )
        self._post("/synthesize", body)

    def _nonsense(self, rng: Random) -> None:
        head = b"POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        bodies = (b"[" * 500_000, b'{"a":' * 5_000, b'{"' + b"x" * 1_100_000, rng.randbytes(50))
        body = rng.choice(bodies)
        sent = rng.choice(
            [
                head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body,
                head + b"Content-Length: x\r\n\r\n",
                rng.randbytes(200) + b"\r\n\r\n",
                b"GET /page/%2e%2e/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                b"GET /health HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n",
            ]
        )
        self._ask(sent)

    def _leave(self, rng: Random) -> None:
        """Send a request, perhaps half of one, and reset the connection."""
        body = json.dumps({"text": rng.choice(TEXTS), "top": 20}).encode()
        sent = b"POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        sent += b"Content-Length: %d\r\n\r\n" % len(body) + body
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            connection.sendall(sent[: rng.choice((30, len(sent) - 5, len(sent)))])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _health(self) -> None:
        started = time.monotonic()
        self._ask(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        self.slowest_health_s = max(self.slowest_health_s, time.monotonic() - started)

    def _post(self, path: str, content: object) -> None:
        body = json.dumps(content).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self._ask(head.encode() + body)

    def _ask(self, sent: bytes) -> None:
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            # The service may refuse, and close, before all is sent.
            with suppress(ConnectionError):
                connection.sendall(sent)
            with suppress(ConnectionError):
                while block := connection.recv(1 << 16):
                    answer += block
        if answer:
            self._check(answer, sent)

    def _check(self, answer: bytes, sent: bytes) -> None:
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        self.statuses[status] += 1
        told = json.loads(body)
        code = told.get("error", {}).get("code", "")
        if (
            status not in KNOWN
            or (status != 200) != bool(code)
            or (status == 500 and code != "process")
        ):
            self.problems.append(f"{sent[:300]!r} got {answer[:500]!r}")


def mixed_traffic(seconds: float, seed: int = 0, model: Path | None = None) -> list[str]:
    """Return what was wrong about a service under traffic.

    Args:
        seconds: how long; it is stopped then.
        seed: of what clients do.
        model: None for the bundled one.
    """
    chosen = [] if model is None else ["--model", str(model)]
    with tempfile.TemporaryFile() as log:
        service = subprocess.Popen(
            [sys.executable, "-m", "saps", "serve", "--port", "0", *chosen],
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
        )
        assert service.stdout is not None
        try:
            port = int(service.stdout.readline().rsplit(b":", 1)[1])
            traffic = _Traffic(port, time.monotonic() + seconds)
            threads = [
                threading.Thread(target=traffic.client, args=(seed + n,)) for n in range(N_CLIENTS)
            ]
            for thread in threads:
                thread.start()
            n_killed, first, last = _killing(service.pid, traffic, Random(seed))
            for thread in threads:
                thread.join()
            found = traffic.problems
            children = _children(service.pid)
            if service.poll() is not None:
                found.append(f"the service ended with {service.returncode}")
            service.send_signal(signal.SIGTERM)
            service.wait(60)
            found += [
                f"process {child} is left" for child in children if Path(f"/proc/{child}").exists()
            ]
        finally:
            service.kill()
        log.seek(0)
        if b"Traceback" in (written := log.read()):
            found.append(f"it logged: {written[-1000:]!r}")
    if last - first > MOST_MB:
        found.append(f"the service grew from {first} to {last} MB")
    told = ", ".join(f"{status}: {n:,}" for status, n in sorted(traffic.statuses.items()))
    print(
        f"{traffic.statuses.total():,} answers in {seconds:.0f} s ({told}); "
        f"{n_killed} processes killed; slowest /health {traffic.slowest_health_s:.2f} s; "
        f"{first} MB after the first seconds, {last} MB at most"
    )
    return found


def _killing(service: int, traffic: _Traffic, rng: Random) -> tuple[int, int, int]:
    """Kill processes that run programs; return how many, and the first and largest size in MB."""
    n_killed, first, largest = 0, 0, 0
    while (left := traffic.until - time.monotonic()) > 0:
        time.sleep(min(left, rng.uniform(0.2, 3.0)))
        children = _children(service)
        if children and left > 1:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(children), signal.SIGKILL)
                n_killed += 1
        size = _megabytes(service)
        if traffic.statuses.total() > 20:
            first = first or size
        largest = max(largest, size)
    return n_killed, first or largest, largest


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*"):
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def _megabytes(process: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) >> 10
    return 0
