"""`saps evaluate`, stopped."""

from pathlib import Path

import pytest

from saps.data.algolisp import write_examples
from saps.evaluation.answering import Judge
from tests.cli.conftest import RunSaps
from tests.evaluation.conftest import make_example, mixed_results
from tests.evaluation.test_report import make


@pytest.mark.parametrize("overwrite", [False, True])
def test_interrupted_evaluation_exits_with_130_and_leaves_what_was_there(
    overwrite: bool, saps: RunSaps, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from saps.evaluation.evaluate import write_folder

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Judge, "timed_results", interrupted)
    monkeypatch.chdir(tmp_path)
    write_examples("tasks/test.jsonl", [make_example()])
    if overwrite:
        write_folder(Path("out"), make(), mixed_results(), overwrite=False)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    outcome = saps("evaluate", "data.path=tasks", "out=out", f"overwrite={str(overwrite).lower()}")
    assert (outcome.status, outcome.out) == (130, "")
    assert outcome.err == "stopped: nothing was written to out; the same command starts over\n"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
