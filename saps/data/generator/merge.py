"""Makes one data set of its parts, byte for byte the one that would have been made in one piece."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from saps.data.algolisp import DataError, read_lines
from saps.data.generator.folder import check_folder, write_folder
from saps.data.generator.shard import Shard
from saps.data.generator.split import split_sizes

_OF_A_PART = ("shard", "sizes", "programs", "held_out_pairs")
"""The metadata in which parts of one set differ."""

_PROGRAM = re.compile(rb'"short_tree": (.*?), "tests": ')

_REMEDY = "move it away, or give --overwrite to replace it"

Progress = Callable[[int], None]
"""Told how many more lines are done."""


def merge_parts(
    folder: str | Path, progress: Progress | None = None, *, overwrite: bool = False
) -> Path:
    """Write the whole set into the folder that holds its parts, and return the folder.

    The parts stay; files of the whole that are there already are replaced when all is done.

    Args:
        folder: that holds the parts.
        progress: told how many lines are done.
        overwrite: replace a data set of other settings that the folder holds beside its parts.

    Raises:
        DataError: a part is missing, is not whole, or was made with other settings, or the
            folder holds another set; nothing is written then.
        OSError: the folder can not be written.
    """
    folder = Path(folder)
    shards = _shards(folder)
    parts = [_metadata(folder / shard.folder) for shard in shards]
    _check_alike(folder, shards, parts)
    check_folder(folder, _whole(parts, 0), _REMEDY, overwrite=overwrite)
    lines = _Lines([folder / shard.folder for shard in shards], parts, progress)
    splits = {name: lines.of(name) for name in split_sizes(0)}
    write_folder(folder, splits, lambda: _whole(parts, len(lines.programs)))
    return folder


def _shards(folder: Path) -> list[Shard]:
    """Return all parts of the set, in their order."""
    names = [path.name for path in folder.glob("*-of-*") if path.is_dir()]
    matches = [re.fullmatch(r"(\d+)-of-(\d+)", name) for name in names]
    counts = {int(match[2]) for match in matches if match is not None}
    if not counts:
        reason = "holds no parts, such as 1-of-2; make them with `saps generate shard=1/2`"
        raise DataError(folder, reason)
    if len(counts) > 1:
        found = " and of ".join(map(str, sorted(counts)))
        raise DataError(folder, f"holds parts of {found}; delete those that you do not want")
    (count,) = counts
    shards = [Shard(number, count) for number in range(1, count + 1)]
    missing = [shard for shard in shards if shard.folder not in names]
    if missing:
        listed = ", ".join(shard.folder for shard in missing)
        reason = f"lacks {listed}; make it with `saps generate shard={missing[0]}`"
        raise DataError(folder, reason)
    return shards


def _metadata(part: Path) -> dict[str, Any]:
    path = part / "metadata.json"
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"can not be read ({error.strerror}); make the part anew"
        raise DataError(path, reason) from error
    except ValueError as error:
        raise DataError(path, f"is no JSON ({error}); make the part anew") from error
    lacking = [name for name in ("shard", "sizes", "split") if name not in dict(fields)]
    if lacking:
        raise DataError(path, f"lacks {', '.join(lacking)}; make the part anew")
    return dict(fields)


def _check_alike(folder: Path, shards: Sequence[Shard], parts: Sequence[dict[str, Any]]) -> None:
    for shard, part in zip(shards, parts, strict=True):
        path = folder / shard.folder / "metadata.json"
        if part["shard"] != str(shard):
            reason = f"says that it is part {part['shard']}; the folder was renamed"
            raise DataError(path, reason)
        for name in sorted((parts[0].keys() | part.keys()) - set(_OF_A_PART)):
            one, other = parts[0].get(name), part.get(name)
            if one != other:
                reason = f"{name} is {other!r}, but {one!r} in part 1; make the parts alike"
                raise DataError(path, reason)


class _Lines:
    """The lines of the parts one after another, and the different programs seen in them."""

    def __init__(
        self, folders: Sequence[Path], parts: Sequence[dict[str, Any]], progress: Progress | None
    ) -> None:
        self.folders, self.parts, self.progress = folders, parts, progress
        self.programs: set[bytes] = set()

    def of(self, split: str) -> Iterator[bytes]:
        for folder, part in zip(self.folders, self.parts, strict=True):
            expected, n_lines = part["sizes"][split], 0
            path = folder / f"{split}.jsonl"
            for line in _lines(path) if expected else ():
                n_lines += 1
                self._note_program(path, n_lines, line)
                yield line
            if n_lines != expected:
                reason = f"holds {n_lines:,} tasks, expected {expected:,}; make the part anew"
                raise DataError(path, reason)
            if self.progress is not None:
                self.progress(n_lines)

    def _note_program(self, path: Path, number: int, line: bytes) -> None:
        found = _PROGRAM.search(line)
        if found is None:
            raise DataError(path, "is no task of the generator; make the part anew", number)
        self.programs.add(blake2b(found[1], digest_size=12).digest())


def _lines(path: Path) -> Iterator[bytes]:
    for _, line in read_lines(path):
        yield line.rstrip(b"\r\n")


def _whole(parts: Sequence[dict[str, Any]], n_programs: int) -> dict[str, Any]:
    """Return the metadata of the parts together."""
    whole = {name: value for name, value in parts[0].items() if name != "shard"}
    whole["sizes"] = {
        name: sum(part["sizes"][name] for part in parts) for name in parts[0]["sizes"]
    }
    whole["programs"] = n_programs
    if "held_out_pairs" in whole:
        found: dict[str, set[str]] = {}
        for part in parts:
            for name, pairs in part["held_out_pairs"].items():
                found.setdefault(name, set()).update(pairs)
        whole["held_out_pairs"] = {name: sorted(found[name]) for name in sorted(found)}
    return whole
