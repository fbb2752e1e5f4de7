"""The wheel, installed where no checkout is in reach, does what the checkout does."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SENTENCE = "given an array of numbers a , find the sum of elements of a"
EXPERIMENTS = sorted(path.stem for path in (ROOT / "conf" / "experiment").glob("*.yaml"))

# Runs every command line of argv[1] (JSON) in one process, so that torch is imported once.
RUN_ALL = """
import contextlib, io, json, sys
from saps.cli import main
outcomes = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        sys.argv = ["saps", *arguments]
        try:
            main()
        except SystemExit as exit:
            status = exit.code or 0
    outcomes.append([status, out.getvalue(), err.getvalue()])
json.dump(outcomes, sys.stdout)
"""


def test_hashes_are_of_the_locked_versions() -> None:
    locked, hashed = (
        [line for line in (ROOT / name).read_text().splitlines() if line and line[0] != "#"]
        for name in ("requirements.lock", "requirements.hashes")
    )
    assert [line.partition(" ")[0].lower() for line in hashed] == [line.lower() for line in locked]
    assert all(re.fullmatch(r"\S+( --hash=sha256:[0-9a-f]{64})+", line) for line in hashed)


@dataclass(frozen=True)
class Installation:
    """A folder that holds the installed wheel and nothing else, and another to work in."""

    folder: Path
    elsewhere: Path

    def python(self, *arguments: str) -> str:
        """Run Python with the installation ahead of everything else; return its stdout."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.elsewhere,
            env={**os.environ, "PYTHONPATH": str(self.folder), "HOME": str(self.elsewhere)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def saps(self, *commands: list[str]) -> list[str]:
        """Run `saps` command lines; return what each printed."""
        outcomes = json.loads(self.python("-c", RUN_ALL, json.dumps(commands)))
        for command, (status, _, err) in zip(commands, outcomes, strict=True):
            assert status == 0, (command, err)
        return [out for _, out, _ in outcomes]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    work = tmp_path_factory.mktemp("wheel")
    _run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(work), str(ROOT))
    (wheel,) = work.glob("*.whl")
    target, elsewhere = work / "installed", work / "elsewhere"
    elsewhere.mkdir()
    _run("-m", "pip", "install", "--no-deps", "--no-index", f"--target={target}", str(wheel))
    return Installation(target, elsewhere)


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_installation_is_what_runs(installation: Installation) -> None:
    code = (
        "import saps; from saps.resources import resource_folder\n"
        "print(saps.__file__, resource_folder('conf'), resource_folder('grammar'))"
    )
    for path in installation.python("-c", code).split():
        assert Path(path).is_relative_to(installation.folder)


def test_wheel_carries_types_and_licence_and_no_tests(installation: Installation) -> None:
    names = {str(path.relative_to(installation.folder)) for path in installation.folder.rglob("*")}
    assert "saps/py.typed" in names
    page = ROOT / "saps" / "serve" / "page"
    assert {str(path.relative_to(ROOT)) for path in page.iterdir()} <= names
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests", "conf", "grammar", "data")) for name in names)


RUN = ["run", "(reduce a 0 +)", "--input", '{"a": [1, 2]}']
CHECK = ["check", "(reduce a 0 +)"]
SYNTHESIZE = ["synthesize", SENTENCE, "--json", "--input", '{"a": [1, 2, 4]}']
COMPOSE = [["train", f"experiment={name}", "--cfg", "job"] for name in EXPERIMENTS]
HELP = [[command, "--help"] for command in ("train", "generate", "evaluate")]


def test_installed_commands_do_what_those_of_the_checkout_do(installation: Installation) -> None:
    before = set(installation.elsewhere.iterdir())
    # In one process, for each imports torch.
    printed = installation.saps(RUN, CHECK, SYNTHESIZE, *COMPOSE, *HELP)
    value, signature, answer, *composed = printed[: -len(HELP)]
    assert (value, signature) == ("3\n", "(a: int[]) -> int\n")
    assert json.loads(answer)["value"] == 7
    assert "saps_vh_att" in EXPERIMENTS
    for name, text in zip(EXPERIMENTS, composed, strict=True):
        assert f"name: {name}\n" in text
    help_of_train = " ".join(printed[-len(HELP)].split())
    assert f"experiment: {', '.join(EXPERIMENTS)}" in help_of_train
    assert set(installation.elsewhere.iterdir()) == before, "nothing is left where it ran"
