"""What docs/evaluation.md says, done."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from saps.data.algolisp import write_examples
from saps.data.example import Example
from saps.data.wordings.noise import REWORDINGS
from saps.evaluation.evaluate import write_folder
from saps.evaluation.evaluation_settings import Settings
from saps.evaluation.metrics import Outcome
from saps.evaluation.report_tables import tables
from saps.resources import resource_folder
from tests.evaluation.conftest import compose_evaluate, make_example, mixed_results
from tests.evaluation.test_report import make

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/evaluation.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ saps evaluate (.*)$", TEXT, re.MULTILINE)
FIRST_SCRIPT, SECOND_SCRIPT = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def table(header: str) -> str:
    """The rows of the table that starts with this header."""
    return TEXT.split(f"| {header} |", 1)[1].split("\n\n", 1)[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood(command: str) -> None:
    Settings.read(compose_evaluate(*shlex.split(command)))


def test_there_are_commands_to_try() -> None:
    assert len(COMMANDS) == 5


def test_the_options_are_those_of_the_configuration() -> None:
    first_cells = re.findall(r"^\| (`.*?`[^|]*) \|", table("option"), re.MULTILINE)
    documented = {name for cell in first_cells for name in re.findall(r"`([\w.]+)`", cell)}
    cfg = OmegaConf.to_container(compose_evaluate())
    assert isinstance(cfg, dict)
    keys = {str(key) for key in cfg}
    for group in ("data", "decoding", "limits"):
        keys |= {f"{group}.{key}" for key in cfg[group]} - {f"{group}._target_"}
        keys.remove(group)
    further_limits = {f"limits.{name}" for name in ("depth", "elements", "nesting", "bits")}
    assert documented == keys - further_limits


def test_the_ways_of_searching_are_those_of_the_configuration() -> None:
    (row,) = re.findall(r"^\| `decoding=` \| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE)
    choices = {path.stem for path in (resource_folder("conf") / "decoding").glob("*.yaml")}
    assert set(re.findall(r"`(\w+)`", row[1])) == choices
    assert row[0] == "greedy"


def test_the_measures_are_all_there() -> None:
    named = re.findall(r"^\| (\w.*?) \|", table("name"), re.MULTILINE)
    measures = next(tables(make(n_seen_tests=3)))
    assert named == [row[0] for row in measures.rows]


def test_the_outcomes_are_all_there_and_no_other() -> None:
    named = re.findall(r"^\| `(.*?)`", table("outcome"), re.MULTILINE)
    assert named == [outcome.value for outcome in Outcome]


@pytest.mark.parametrize("rewording", REWORDINGS, ids=lambda rewording: rewording.kind)
def test_a_rewording_is_the_one_that_is_shown(rewording: object) -> None:
    kind, apply = rewording.kind, rewording.apply  # type: ignore[attr-defined]  # for a short name
    row = re.search(rf"^\| {kind} \| `(.*?)` \| `(.*?)`", TEXT, re.MULTILINE)
    assert row is not None
    before, after = row[1], row[2]
    kinds = {"a": "int" if "number a" in before else "int[]"}
    changed = apply(Example(before, kinds, "int", make_example("a").program, (), ()))
    assert changed is not None
    if kind in ("argument letters renamed", "one typo"):
        assert len(changed.text) == len(after)  # which letter is drawn is of no account
    else:
        assert changed.text == after


def run(script: str, folder: Path) -> str:
    (folder / "script.py").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_of_ones_own_is_judged_as_shown(tmp_path: Path) -> None:
    examples = [make_example(), make_example("(len a)", nodes=("length",))]
    write_examples(tmp_path / "data/sample.jsonl", examples)
    assert run(FIRST_SCRIPT, tmp_path).splitlines()[-1].startswith("2 2 (0.34")
    assert (tmp_path / "runs/sum/report.json").is_file()


def test_runs_are_compared_as_shown(tmp_path: Path) -> None:
    from saps.evaluation.evaluate import make_report

    results = mixed_results()
    report = make_report(make().provenance, make().timing, results)
    for name in ("first", "second"):
        write_folder(tmp_path / "runs" / name, report, results, overwrite=False)
    assert run(SECOND_SCRIPT, tmp_path).startswith("0.0 (-")
