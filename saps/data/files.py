"""Files of lines: read however they are packed and encoded, written whole or not at all."""

import bz2
import glob
import gzip
import hashlib
import io
import json
import lzma
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from saps.resources import DRAFT, held, whole_file

MAX_LINE_BYTES = 16_000_000
"""A longer line is refused before memory is spent on it; published ones have some 3,000 bytes."""

MAX_DOCUMENT_BYTES = 256_000_000
"""Of a file that is one JSON document, which is read as a whole; the published set fits."""

# What a command that was killed leaves behind of a whole folder.
STAGING = ".generating."

_Line = TypeVar("_Line", bound=bytes | str)
Progress = Callable[[int], None]
"""Told how many more lines are done."""

_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, zipfile.BadZipFile)
# The first line of a JSON document that goes on over several lines, or holds several tasks.
_DOCUMENT = re.compile(r"\s*(\[|\{[ \t\r]*\n)")
_BLANK = re.compile(r"\s*")
_BETWEEN = re.compile(r"[\s,]*")


class DataError(ValueError):
    """A file of tasks cannot be read.

    Attributes:
        path: the file.
        reason: what is wrong and what to do, in one clause without a full stop.
        line: counted from 1; None when the whole file is at fault.
        field: the field at fault, if one is.
    """

    def __init__(
        self, path: str | Path, reason: str, line: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(path, reason, line, field)  # all fields: errors cross the worker pool
        self.path, self.reason, self.line, self.field = Path(path), reason, line, field

    def __str__(self) -> str:
        line = "" if self.line is None else f", line {self.line}"
        field = "" if self.field is None else f", field '{self.field}'"
        return f"{self.path}{line}{field}: {self.reason}"


def read_lines(path: str | Path, of: str = "task") -> Iterator[tuple[int, bytes]]:
    """Stream the lines that are not blank, in UTF-8, numbered from 1.

    Reads plain files and what gzip, xz, bzip2 and zip have packed, whatever their names; UTF-8, -16
    and -32. Of a JSON array, or of objects that are spread over lines, each item is one line with
    the number at which it starts. `of` is what the lines are, for a file that holds none.

    Raises:
        DataError: the file is missing, unreadable, empty, or packed data that are cut. With a line
            number where lines were read before.
    """
    path, number, n_lines = Path(path), 0, 0
    with _told(path, lambda: number + 1), open_binary(path) as file:
        for number, line in _numbered(file, path):
            if line.strip():
                n_lines += 1
                yield number, line
    if n_lines == 0:
        raise holds_no(of, path)


def holds_no(what: str, path: Path) -> DataError:
    """Return the error for a file without contents."""
    return DataError(path, f"holds no {what}; download or write the file again")


@contextmanager
def _told(path: Path, line: Callable[[], int | None]) -> Iterator[None]:
    """Say what is wrong with a file that cannot be read, and at which line."""
    try:
        yield
    except UnicodeDecodeError as error:
        reason = f"is not {error.encoding.upper()} ({error.reason}); save the file as UTF-8"
        raise DataError(path, reason, line()) from error
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(path, f"cannot be read ({error.strerror}); check the path") from error
        kind = _packing(path) or "packed"
        reason = (
            f"the {kind} data is cut short or damaged ({error}); download or write the file again"
        )
        raise DataError(path, reason, line()) from error


@contextmanager
def open_text(path: Path) -> Iterator[io.TextIOWrapper]:
    """Open a file for reading as text, however it is packed and encoded; see `read_lines`.

    Raises:
        DataError: the file cannot be read, or its data are damaged.
    """
    with _told(path, lambda: None), open_binary(path) as file:
        yield io.TextIOWrapper(file, json.detect_encoding(file.peek(4)[:4]), newline="")


def content_digest(path: Path) -> str:
    """Return a hash of a file's bytes, in hexadecimal digits.

    Raises:
        DataError: the file cannot be read.
    """
    with _told(path, lambda: None), path.open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b").hexdigest()
    return digest  # noqa: RET504 - to mypy `_told` may swallow an error


def open_binary(path: Path) -> Any:
    """Open a file for reading, unpacked by its first bytes."""
    packing = _packing(path)
    if packing is None:
        return path.open("rb")
    if packing == "zip":
        return _only_member(path)
    openers: dict[str, Any] = {"gzip": gzip.open, "xz": lzma.open, "bzip2": bz2.open}
    return openers[packing](path, "rb")


def _packing(path: Path) -> str | None:
    """Return how a file is packed, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(6)
    magic = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2", b"PK\3\4": "zip"}
    return next((kind for start, kind in magic.items() if head.startswith(start)), None)


def _only_member(path: Path) -> Any:
    archive = zipfile.ZipFile(path)
    names = [
        info.filename
        for info in archive.infolist()
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    if len(names) != 1:
        listed = ", ".join(names[:5]) or "none"
        raise DataError(path, f"holds {len(names)} files ({listed}); unpack it and give one")
    try:
        return archive.open(names[0])
    except (RuntimeError, NotImplementedError) as error:  # a password, a rare way of packing
        raise DataError(path, f"cannot be unpacked here ({error}); unpack it") from error


def _numbered(file: Any, path: Path) -> Iterator[tuple[int, bytes]]:
    encoding = json.detect_encoding(file.peek(4)[:4])  # by its mark, or by where zeros stand
    if encoding == "utf-8-sig":
        file.read(3)
        encoding = "utf-8"
    if _DOCUMENT.match(file.peek(512).decode(encoding, "ignore")):
        yield from _items(_whole(file, path).decode(encoding), path)
        return
    readline: Callable[[int], bytes | str] = file.readline
    if encoding != "utf-8":
        readline = io.TextIOWrapper(file, encoding, newline="\n").readline
    for number, line in enumerate(bounded(readline, path), 1):
        yield number, line if isinstance(line, bytes) else line.encode()


def bounded(readline: Callable[[int], _Line], path: Path, most: int = 0) -> Iterator[_Line]:
    """Yield lines until there is no more; a DataError for one longer than `most`."""
    number, most = 1, most or MAX_LINE_BYTES
    while line := readline(most + 1):
        if len(line) > most:
            raise DataError(path, f"is longer than {most:,} bytes; delete the line", number)
        yield line
        number += 1


def _whole(file: Any, path: Path) -> bytes:
    content = bytearray()
    while block := file.read(1 << 20):
        content += block
        if len(content) > MAX_DOCUMENT_BYTES:
            reason = (
                f"is one JSON document of more than {MAX_DOCUMENT_BYTES:,} bytes; write a task a "
                f"line (jq -c '.[]' does)"
            )
            raise DataError(path, reason)
    return bytes(content)


def _items(text: str, path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the items of a JSON array, or the objects of a text, each on one line."""
    decoder = json.JSONDecoder()
    at = _end(_BLANK, text, 0)
    is_array = text[at] == "["
    number = 1 + text.count("\n", 0, at)
    at += is_array
    while True:
        start = _end(_BETWEEN, text, at)
        number += text.count("\n", at, start)
        if start == len(text) and not is_array:
            return
        if text.startswith("]", start) and is_array:
            return
        try:
            _, at = decoder.raw_decode(text, start)
        except (RecursionError, ValueError) as error:
            reason = f"not JSON from here on ({error}); fix the file"
            raise DataError(path, reason, number) from error
        # Within JSON a line ends between tokens alone.
        yield number, " ".join(part.strip() for part in text[start:at].split("\n")).encode()
        number += text.count("\n", start, at)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return start if found is None else found.end()


def write_lines(path: str | Path, lines: Iterable[str | bytes]) -> int:
    """Write lines and return how many; the file appears when it is complete and not before.

    A name that ends in .gz, .xz or .bz2 is packed; the same lines give the same bytes.

    Raises:
        DataError: the name ends in .zip.
    """
    path, n_lines = Path(path), 0
    if path.suffix == ".zip":
        raise DataError(path, "a .zip cannot be written; end the name in .jsonl or .jsonl.gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        whole_file(path) as draft,
        draft.open("xb") as raw,
        _packed(raw, path.suffix) as file,
    ):
        for line in lines:
            file.write((line.encode() if isinstance(line, str) else line) + b"\n")
            n_lines += 1
    return n_lines


def _packed(raw: Any, suffix: str) -> AbstractContextManager[Any]:
    if suffix == ".gz":
        return gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0)
    packers = {".xz": lzma.LZMAFile, ".bz2": bz2.BZ2File}
    return packers[suffix](raw, "wb") if suffix in packers else nullcontext(raw)


@contextmanager
def sole_writer(place: Path) -> Iterator[None]:
    """Let no other command write to a file, or into a folder, during the `with` block.

    First deletes what a command that was killed has left of the same file or folder.

    Args:
        place: a folder that is there, or else a file in one.

    Raises:
        FolderInUseError: another command writes there at the moment.
        DataError: nothing can be written there.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(held(place))
        except OSError as error:
            told = (
                f"cannot be written to ({error.strerror}); give another place, or change its "
                "permissions"
            )
            raise DataError(place, told) from error
        if place.is_dir():
            for staging in place.glob(f"{STAGING}*"):
                shutil.rmtree(staging, ignore_errors=True)
        else:
            for name in map(glob.escape, (place.name, f"{place.name}.report.json")):
                for draft in place.parent.glob(f".{name}.????????{DRAFT}"):
                    draft.unlink(missing_ok=True)
        yield
