"""The folder of a data set: what it holds, how it is written, and one set made of its parts.

All files of a set appear together, when they are complete. The parts of a set, made apart, lie in
folders of their own within its folder, such as 2-of-4.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from saps.data.algolisp import SPLITS, find_split
from saps.data.files import STAGING, DataError, Progress, read_lines, sole_writer, write_lines
from saps.data.tasks.sharding import SAME_BYTES, Shard, split_sizes

_METADATA = "metadata.json"

_REMEDY = "move it away, or give --overwrite to replace it"

# The metadata in which parts of one set differ.
_OF_A_PART = ("shard", "sizes", "programs", "held_out_pairs")

_PROGRAM = re.compile(rb'"short_tree": (.*?), "tests": ')


def check_folder(folder: Path, wanted: Mapping[str, Any], remedy: str, *, overwrite: bool) -> None:
    """Refuse a folder that holds another data set; meant for before the long work.

    Args:
        folder: that is to be written to; it need not be there.
        wanted: the metadata of the set to write, as far as it is known.
        remedy: what to do where it holds another set, in one clause.
        overwrite: another set may be replaced.

    Raises:
        DataError: the folder holds tasks that are not those of a set with these settings, or
            cannot be written to.
    """
    if not folder.is_dir():
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        refusal = "cannot be written to; give another folder, or change its permissions"
        raise DataError(folder, refusal)
    told = None if overwrite else _held_already(folder, wanted)
    if told is not None:
        raise DataError(folder, f"holds {told}; {remedy}")


def _held_already(folder: Path, wanted: Mapping[str, Any]) -> str | None:
    """Return what the folder holds besides a set with these settings; None for nothing."""
    path = folder / _METADATA
    if not path.exists():
        files = ", ".join(_split_files(folder))
        return f"{files} but no {_METADATA}, which would say how they were made" if files else None
    try:
        found = _flat(dict(json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return f"a data set whose {_METADATA} cannot be read"
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
        with suppress(DataError):
            yield find_split(folder, split).name


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
        OSError: the folder cannot be written.
    """
    staging = Path(tempfile.mkdtemp(dir=out, prefix=STAGING))
    try:
        for name, lines in splits.items():
            write_lines(staging / f"{name}.jsonl", lines)
        write_lines(staging / _METADATA, [json.dumps(metadata(), indent=2)])
        for name in (*(f"{split}.jsonl" for split in splits), _METADATA):
            (staging / name).replace(out / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


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
        FolderInUseError: another command writes there.
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    shards = _shards(folder)
    parts = [_metadata(folder / shard.folder) for shard in shards]
    _check_alike(folder, shards, parts)
    check_folder(folder, _whole(parts, 0), _REMEDY, overwrite=overwrite)
    programs: set[bytes] = set()

    def lines(split: str) -> Iterator[bytes]:
        for shard, part in zip(shards, parts, strict=True):
            path, expected = folder / shard.folder / f"{split}.jsonl", part["sizes"][split]
            yield from _lines(path, expected, programs)
            if progress is not None:
                progress(expected)

    with sole_writer(folder):
        splits = {name: lines(name) for name in split_sizes(0)}
        write_folder(folder, splits, lambda: _whole(parts, len(programs)))
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
    path = part / _METADATA
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror}); make the part again") from error
    except ValueError as error:
        raise DataError(path, f"is not JSON ({error}); make the part again") from error
    lacking = [name for name in ("shard", "sizes", "split") if name not in dict(fields)]
    if lacking:
        raise DataError(path, f"lacks {', '.join(lacking)}; make the part again")
    return dict(fields)


def _check_alike(folder: Path, shards: Sequence[Shard], parts: Sequence[dict[str, Any]]) -> None:
    for shard, part in zip(shards, parts, strict=True):
        path = folder / shard.folder / _METADATA
        if part["shard"] != str(shard):
            reason = f"says that it is part {part['shard']}; the folder was renamed"
            raise DataError(path, reason)
        for name in sorted((parts[0].keys() | part.keys()) - set(_OF_A_PART)):
            one, other = parts[0].get(name), part.get(name)
            if one != other:
                reason = f"{name} is {other!r}, but {one!r} in part 1; make the parts alike"
                raise DataError(path, reason)


def _lines(path: Path, expected: int, programs: set[bytes]) -> Iterator[bytes]:
    """Yield the lines of a part's split, and note hashes of their programs."""
    n_lines = 0
    for n_lines, line in read_lines(path) if expected else ():
        found = _PROGRAM.search(line)
        if found is None:
            reason = "is not a task of the generator; make the part again"
            raise DataError(path, reason, n_lines)
        programs.add(blake2b(found[1], digest_size=12).digest())
        yield line.rstrip(b"\r\n")
    if n_lines != expected:
        reason = f"holds {n_lines:,} tasks, expected {expected:,}; make the part again"
        raise DataError(path, reason)


def _whole(parts: Sequence[dict[str, Any]], n_programs: int) -> dict[str, Any]:
    """Return the metadata of the parts together."""
    whole = {name: value for name, value in parts[0].items() if name != "shard"}
    sizes = [part["sizes"] for part in parts]
    whole["sizes"] = {name: sum(each[name] for each in sizes) for name in sizes[0]}
    whole["programs"] = n_programs
    if "held_out_pairs" in whole:
        found: dict[str, set[str]] = {}
        for part in parts:
            for name, pairs in part["held_out_pairs"].items():
                found.setdefault(name, set()).update(pairs)
        whole["held_out_pairs"] = {name: sorted(found[name]) for name in sorted(found)}
    return whole
