"""Train a tiny run by several processes, as the settings in a folder say."""

import json
import sys
from pathlib import Path

import torch

from saps.training.run import train
from tests.training.tiny_run import compose_tiny

if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    train(compose_tiny(folder, *json.loads((folder / "settings.json").read_text())))
