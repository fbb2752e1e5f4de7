"""`saps train`, whose processes get signals while they take a step, as PRESS says.

PRESS='{"step": 2, "signal": 15, "ranks": [1]}' python -m tests.training.pressed_run train ...
"""

import json
import os
import signal

import pytest
import torch

from saps.cli.app import main
from tests.training.pressing import press_in_step

if __name__ == "__main__":
    torch.set_num_threads(1)
    press = json.loads(os.environ["PRESS"])
    with pytest.MonkeyPatch.context() as patch:
        if int(os.environ.get("LOCAL_RANK", "0")) in press["ranks"]:
            press_in_step(press["step"], patch, signal.Signals(press["signal"]))
        main()
