import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("imported", "unwanted"),
    [
        ("saps.serve.application", {"saps.cli", "saps.evaluation", "lightning"}),
        ("saps.cli.app", {"saps.serve", "fastapi", "uvicorn", "torch"}),
        ("saps.decoding.synthesizer", {"saps.serve", "fastapi"}),
    ],
)
def test_rooms_below_and_beside_are_left_alone(imported: str, unwanted: set[str]) -> None:
    code = f"import sys, {imported}\nprint(sorted({unwanted} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
