"""The folder of a data set: all its files appear together, when they are complete."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from saps.data.algolisp import SPLITS, DataError, find_split, write_lines
from saps.data.generator.settings import SAME_BYTES

METADATA = "metadata.json"


def check_folder(folder: Path, wanted: Mapping[str, Any], remedy: str, *, overwrite: bool) -> None:
    """Refuse a folder that holds another data set; meant for before the long work.

    Args:
        folder: that is to be written to; it need not be there.
        wanted: the metadata of the set to write, as far as it is known.
        remedy: what to do where it holds another set, in one clause.
        overwrite: another set may be replaced.

    Raises:
        DataError: the folder holds tasks that are not those of a set with these settings, or
            can not be written to.
    """
    if not folder.is_dir():
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise DataError(folder, "can not be written to; give another folder, or its permissions")
    told = None if overwrite else _held_already(folder, wanted)
    if told is not None:
        raise DataError(folder, f"holds {told}; {remedy}")


def _held_already(folder: Path, wanted: Mapping[str, Any]) -> str | None:
    """Return what the folder holds besides a set with these settings; None for nothing."""
    path = folder / METADATA
    if not path.exists():
        files = ", ".join(_split_files(folder))
        return f"{files} but no {METADATA}, which would say how they were made" if files else None
    try:
        found = _flat(dict(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return f"a data set whose {METADATA} can not be read"
    asked = _flat(wanted)
    names = [name for name in (asked | found) if found.get(name) != asked.get(name)]
    if not names:
        return None
    one, other = (", ".join(f"{n}={given.get(n)}" for n in names) for given in (found, asked))
    return f"a data set of {one}, not of {other}"


def _flat(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the bytes of a set, under the names that the command has for it."""
    fields = {name: metadata[name] for name in SAME_BYTES if name in metadata}
    noise = fields.pop("noise", {})
    return fields | {f"noise.{name}": rate for name, rate in dict(noise).items()}


def _split_files(folder: Path) -> Iterator[str]:
    for split in SPLITS:
        try:
            yield find_split(folder, split).name
        except DataError:
            continue


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder for the work of the `with` block; take it away where that is cut short.

    Folders that were there before stay, and so do those that something else was put into.

    Raises:
        OSError: the folder can not be made.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        _remove_empty(missing)
        raise


def _remove_empty(folders: Iterable[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # not empty: another part of the set is made in it at the same time
            return


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
        write_lines(staging / METADATA, [json.dumps(metadata(), indent=2)])
        for name in (*(f"{split}.jsonl" for split in splits), METADATA):
            (staging / name).replace(out / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
