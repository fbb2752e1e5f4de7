import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "import saps.synthesis.synthesizer\n"
            "print(found('saps.serve', 'fastapi'))\n"
            "import saps.serve.http_app\n"
            "print(found('saps.cli', 'saps.evaluation', 'lightning'))",
            id="service",
        ),
        pytest.param(
            "import saps.cli.app\nprint(found('saps.serve', 'fastapi', 'uvicorn', 'torch'))",
            id="command-line",
        ),
    ],
)
def test_rooms_below_and_beside_are_left_alone(code: str) -> None:
    start = "import sys\ndef found(*names): return sorted({*names} & {*sys.modules})\n"
    command = [sys.executable, "-c", start + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()) == {"[]"}
