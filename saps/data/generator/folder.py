"""The folder of a data set: all its files appear together, when they are complete."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from saps.data.algolisp import write_lines


def write_folder(
    out: Path, splits: Mapping[str, Iterable[bytes]], metadata: Callable[[], Mapping[str, Any]]
) -> None:
    """Write SPLIT.jsonl for each split, and metadata.json.

    Files of these names are replaced when all is written, not before; if anything interrupts
    that, they stay as they were.

    Args:
        out: the folder, which is there.
        splits: name to its lines, without their ends.
        metadata: see `Settings.metadata`; asked for when all lines are written.

    Raises:
        OSError: the folder can not be written.
    """
    staging = Path(tempfile.mkdtemp(dir=out, prefix=".generating."))
    try:
        for name, lines in splits.items():
            write_lines(staging / f"{name}.jsonl", (line.decode() for line in lines))
        write_lines(staging / "metadata.json", [json.dumps(metadata(), indent=2)])
        for name in (*(f"{split}.jsonl" for split in splits), "metadata.json"):
            (staging / name).replace(out / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
