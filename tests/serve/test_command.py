"""`saps serve`: where it listens, what it says, how it stops."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from saps.cli import serve as command
from saps.serve import server
from saps.synthesis.synthesizer import Synthesizer
from tests.cli.conftest import RunSaps, saps  # noqa: F401 - a fixture
from tests.serve.conftest import tiny_synthesizer

ROOT = Path(__file__).parents[2]


class _Stopped:
    """A server that somebody stops at once."""

    def run(self, sockets: list[socket.socket]) -> None:
        raise KeyboardInterrupt


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Synthesizer, "load", lambda _: tiny_synthesizer())
    monkeypatch.setattr(server, "server_for", lambda *_: _Stopped())


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


@pytest.mark.usefixtures("stopped")
def test_port_0_prints_the_port_that_was_chosen(saps: RunSaps) -> None:  # noqa: F811
    outcome = saps("serve", "--port", "0")
    assert outcome.status == 0
    assert re.fullmatch(r"serving on http://127\.0\.0\.1:[1-9]\d+\n", outcome.out)
    assert "warning" not in outcome.err
    assert outcome.err.endswith("stopped\n")


@pytest.mark.usefixtures("stopped")
def test_a_public_address_gets_a_warning(saps: RunSaps) -> None:  # noqa: F811
    outcome = saps("serve", "--port", "0", "--host", "0.0.0.0")
    assert outcome.status == 0
    assert "warning: 0.0.0.0 is not the loopback address" in outcome.err


def test_a_port_in_use_is_told_before_the_model_is_loaded(
    saps: RunSaps,  # noqa: F811
    taken: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(Synthesizer, "load")
    outcome = saps("serve", "--port", str(taken))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        f"saps: error: cannot listen on 127.0.0.1, port {taken}: Address already in use; "
        "try another --port, or --port 0 for any free one\n"
    )


def test_a_host_that_does_not_exist_is_told(saps: RunSaps) -> None:  # noqa: F811
    outcome = saps("serve", "--host", "256.0.0.1.invalid")
    assert outcome.status == 1
    assert "there is no address '256.0.0.1.invalid' to listen on" in outcome.err


def test_a_model_that_is_missing_is_told(saps: RunSaps, tmp_path: Path) -> None:  # noqa: F811
    outcome = saps("serve", "--port", "0", "--model", str(tmp_path / "none"))
    assert (outcome.status, outcome.out) == (1, "")
    assert "none" in outcome.err
    assert "Traceback" not in outcome.err


def test_without_the_extra_the_command_names_it(
    saps: RunSaps,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "uvicorn" else name)
    outcome = saps("serve")
    assert outcome.status == 1
    assert outcome.err == (
        'saps: error: saps serve needs uvicorn, which is not installed: pip install "saps[serve]"\n'
    )


def test_ctrl_c_stops_the_service_and_its_processes() -> None:
    program = "from saps.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().removeprefix("serving on ").strip()
    order = Request(
        f"{url}/run", b'{"program": "(+ 1 2)"}', headers={"Content-Type": "application/json"}
    )
    with urlopen(order, timeout=60) as answer:
        assert json.load(answer)["value"] == 3
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)  # stdout closes when its last holder is gone
    assert (process.returncode, out) == (0, "")
    assert err.endswith("stopped\n")
    assert "Traceback" not in err
