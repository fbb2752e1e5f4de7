"""What the installation brings along, and how commands and JSON are written for people."""

import errno
import io
import json
import math
import os
import re
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOCK = ".lock"
"""The file by which a command holds the folder that it writes into."""

DRAFT = ".part"
"""Ends the name of a draft of `whole_file`, which a command that was killed leaves behind."""

_PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """Return the folder `name` (`conf` or `grammar`) that belongs to this installation.

    In a source checkout these folders stand at the top level, for people; a wheel carries them
    inside the package.

    Raises:
        FileNotFoundError: neither place has the folder, so the installation is incomplete.
    """
    if name == "conf":
        _register_resolvers()  # whoever composes a configuration comes here first
    # A folder called `conf` beside site-packages' `saps` would not be ours.
    is_checkout = (_PACKAGE.parent / "pyproject.toml").is_file()
    folder = (_PACKAGE.parent if is_checkout else _PACKAGE) / name
    if folder.is_dir():
        return folder
    raise FileNotFoundError(
        f"the folder {name!r} of SAPS is missing beside {_PACKAGE}; reinstall the package"
    )


def _register_resolvers() -> None:
    """Let configurations say `${saps.folder_name:PATH}`, as conf/data does for the name of data."""
    from omegaconf import OmegaConf  # most commands compose nothing and need not wait for it

    # The last part of a path: /x/short/ is called short, and so is `.` within it.
    OmegaConf.register_new_resolver(
        "saps.folder_name", lambda path: Path(str(path)).resolve().name, replace=True
    )


def command_line(command: str, overrides: Mapping[str, str | Path], *more: str) -> str:
    """Return a command as a shell takes it: "saps evaluate", overrides, and further words."""
    told = [override(key, value) for key, value in overrides.items()]
    return shlex.join([*command.split(), *told, *more])


def override(key: str, value: str | Path, *, is_literal: bool = True) -> str:
    """Return `key=value`, the value quoted where Hydra would read something else without.

    Its grammar has no letters beyond ASCII, takes 123 for a number and a comma for a sweep.
    `${NAME}` is these characters, or, unless the value is literal, the value of a setting.
    """
    text = str(value)
    if is_literal:
        text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    plain = f"{key}={text}"
    if "${" not in text and _read(plain) == text:
        return plain
    # In quotes a backslash is itself, except before a quote.
    escaped = re.sub(r'(\\*)"', r'\1\1\\"', text)
    escaped = re.sub(r"(\\+)$", r"\1\1", escaped)  # the quote that ends it comes next
    return f'{key}="{escaped}"'


def _read(text: str) -> object:
    """Return the value of an override, None where it is none."""
    # Not at the top: most commands print no such line, and Hydra takes long to import.
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return OverridesParser.create().parse_override(text).value()
    except HydraException:
        return None


# Lines that only the authors of Hydra and OmegaConf need; what they say about appending would add
# a group or a setting that no command has.
_INTERNAL = ("full_key:", "object_type=", "reference_type=", "To append to your", "See https:")


def said_by_hydra(error: Exception, example: str) -> list[str]:
    """Return the lines of an error of Hydra or OmegaConf that are for people.

    One of them is what an override is like, such as the `example`, where the error is about that.
    """
    from hydra.errors import OverrideParseException

    told, cause = str(error), error.__cause__
    if cause is not None and str(cause) not in told:
        told = f"{told}\n{cause}"
    told = told.partition("\nConfig search path:")[0]
    if isinstance(error, OverrideParseException):
        told = f"{error.override!r} is not an override, such as {example}: {told}"
    lines = [line.rstrip() for line in told.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith(_INTERNAL)]


def usable_cores() -> int:
    """Count the cores that this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # not everywhere
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class FolderInUseError(ValueError):
    """Another command is writing into a folder, or to a file."""


@contextmanager
def held(place: Path) -> Iterator[None]:
    """Keep other commands from writing into a folder, or to a file, during the `with` block.

    What is not there yet is held from its parent folder, which must be there. The system lets go
    when this process ends, in whatever way.

    Raises:
        FolderInUseError: another command writes there.
        OSError: no lock can be made there. One of a disk that is full, in the block as well, names
            the place and the disk.
    """
    from filelock import FileLock, Timeout  # most commands write nothing

    beside = place.absolute().parent / f".{place.name}{LOCK}"
    file = place / LOCK if place.is_dir() else beside
    lock = FileLock(file, blocking=False)
    with _disk_named(file):
        try:
            lock.acquire()
        except Timeout:
            raise FolderInUseError(
                f"another command is writing into {place}: wait until it is over, or give another "
                "place"
            ) from None
        try:
            yield
        finally:
            with suppress(OSError):
                file.unlink()
            lock.release()


@contextmanager
def whole_file(path: Path, ending: str | None = None) -> Iterator[Path]:
    """Give the draft of a file, which takes its place when the `with` block is done without error.

    Drafts have random names, so that several commands may write the same file; with an `ending`
    all have one name, so that the next one replaces what a command that was killed has left.
    """
    ending = ending or f".{secrets.token_hex(4)}{DRAFT}"
    draft = path.with_name(f".{path.name}{ending}")
    try:
        yield draft
        draft.replace(path)
    finally:
        with suppress(OSError):  # what went wrong before is what is to be told
            draft.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; one in its place stays as it is until then.

    Raises:
        OSError: it cannot be written; a disk that is full is named.
    """
    if path.exists() and not path.is_file():  # a pipe, or /dev/stdout
        path.write_bytes(content)
        return
    # A link stays one.
    with _disk_named(path), whole_file(path.resolve(), ".draft") as draft:
        draft.write_bytes(content)


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder for the work of the `with` block; take it away where that is cut short.

    Folders that were there before stay, and so do those that something else was put into.

    Raises:
        OSError: the folder cannot be made.
    """
    missing = [place for place in (folder, *folder.absolute().parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # not empty
            for place in missing:
                place.rmdir()
        raise


def write_figure(path: Path, figure: "Figure", dpi: int = 120) -> None:
    """Write a picture whole or not at all, in the form that the name of the file says."""
    form = path.suffix.lower().removeprefix(".")
    content = io.BytesIO()
    # Without a date: the same picture has the same bytes.
    metadata = {"Date": None} if form == "svg" else {}
    figure.savefig(content, format=form, dpi=dpi, metadata=metadata)
    write_whole(path, content.getvalue())


@contextmanager
def _disk_named(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        if not full or shutil.disk_usage(file.parent).free > _LEAST_ROOM:
            raise  # some other disk, such as that of temporary files
        disk = next(folder for folder in file.absolute().parents if folder.is_mount())
        told = f"{error.strerror}; make room on the disk {disk}, or write to another one"
        raise OSError(error.errno, told, error.filename or str(file.parent)) from error


_LEAST_ROOM = 1 << 20


# Values as standard JSON can write them. Imports nothing, so that any room may use it.


def show_value(value: Any) -> str:
    """Return a value as one line of JSON, for people: letters of all scripts stand as they are."""
    return json.dumps(jsonable(value), ensure_ascii=False)


def jsonable(value: Any) -> Any:
    """Return `value` in types that standard JSON can write.

    JSON has no infinity and no NaN: they become the strings "Infinity", "-Infinity", "NaN".
    """
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    return value
