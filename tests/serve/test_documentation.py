"""The commands of docs/serve.md, run against a service with the bundled model."""

import doctest
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from saps.serve.http_app import create_app
from saps.serve.server import ServiceSettings
from tests import pretrained
from tests.serve.conftest import Client, serving

PAGE = (Path(__file__).parents[2] / "docs" / "serve.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [
    tuple(part.split("\n", 1)) for block in _BLOCKS for part in re.split(r"^\$ ", block, flags=re.M)
]
CURLS = [command for command in COMMANDS if command[0].startswith("curl ")]


@pytest.fixture(scope="module")
def bundled() -> Iterator[Client]:
    with serving(create_app(pretrained.synthesizer())) as client:
        yield client


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's commands need curl")
@pytest.mark.parametrize(("command", "output"), CURLS, ids=range(len(CURLS)))
def test_command_prints_what_the_page_shows(bundled: Client, command: str, output: str) -> None:
    done = subprocess.run(
        ["bash", "-c", command.replace("http://127.0.0.1:8000", bundled.url)],
        capture_output=True,
        text=True,
        check=True,
    )
    checker = doctest.OutputChecker()
    assert checker.check_output(output, f"{done.stdout}\n", doctest.ELLIPSIS), done.stdout


def test_every_path_of_the_service_has_a_command(service: Client) -> None:
    for path in service.get("/openapi.json").body["paths"]:
        assert any(f":8000{path} " in f"{command} " for command, _ in CURLS)


def test_bounds_are_those_of_the_settings() -> None:
    settings = ServiceSettings()
    assert f"at most {settings.max_text_characters:,} characters" in PAGE
    assert f"| `--timeout` | {settings.timeout_s:g} |" in PAGE
    assert f"| `--max-waiting` | {settings.max_waiting} |" in PAGE
    assert f"did not arrive within {settings.body_timeout_s:g} s" in PAGE
    assert settings.max_body_bytes == 1 << 20
    assert "more than 1 MiB" in PAGE
    assert f"at most {settings.limits.elements:,} elements" in PAGE
    assert (settings.limits.steps, settings.limits.seconds) == (1_000_000, 1.0)
    assert "a million steps, one second" in " ".join(PAGE.split())
    bounds = (
        f"more than {settings.max_depth} nested brackets, {settings.max_brackets:,} brackets or "
        f"{settings.max_fields:,} fields"
    )
    assert bounds in PAGE
    assert settings.header_timeout_s == settings.body_timeout_s
    assert settings.max_answer_bytes == 4 << 20
    assert "more than 4 MiB" in PAGE
    assert settings.max_unread_bytes == 64 << 20
    assert "more than 64 MiB are being read" in PAGE
    assert settings.max_process_bytes == 512 << 20
    assert "and 512 MiB of memory" in PAGE
    assert settings.stop_s == 3
    assert "three more seconds" in PAGE
    assert settings.n_processes == 8
    assert "run in up to eight separate processes" in PAGE
