"""Kills of each command that writes; see `campaign`.

A command is killed with its worker processes, at any moment of the time that it takes. What it was
to replace must be whole then: as it was, or as it becomes. The command is given once more, and what
it leaves must be what one leaves that was never killed, and no draft beside it.
"""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from random import Random

from saps.cli.app import main as saps

PROGRAM = str(Path(saps.__code__.co_filename).parents[1] / "__main__.py")
SMALL = (
    *("model/size=small", "data.path=data", "n_samples=0", "data.vocabulary_size=120"),
    *("trainer.max_epochs=2", "checkpoints.every_n_steps=2"),
)


@dataclass(frozen=True)
class Command:
    """A command, and what it leaves.

    Attributes:
        words: of its command line.
        out: the file or folder that it writes.
        again: more words where it was killed before, if what it left is of a kind.
        changing: names of files that differ from one time to the next.
    """

    words: tuple[str, ...]
    out: str
    again: Callable[[Path], tuple[str, ...]] = field(default=lambda _: ())
    changing: tuple[str, ...] = ()


def _go_on(run: Path) -> tuple[str, ...]:
    has_checkpoint = any((run / name).exists() for name in ("last.ckpt", "previous.ckpt"))
    return ("ckpt_path=last",) if has_checkpoint else ("overwrite=true",)


COMMANDS = {
    "generate": Command(("generate", "out=made", "size=60", "seed=3", "workers=2"), "made"),
    "merge": Command(("data", "merge", "parts"), "parts"),
    "clean": Command(
        ("data", "clean", "data/train.jsonl", "cleaned.jsonl", "--overwrite"), "cleaned.jsonl"
    ),
    "import": Command(
        ("data", "import", "pairs.csv", "--out", "imported", "--overwrite"), "imported"
    ),
    "show": Command(("show", "(reduce a 0 +)", "--svg", "sum.svg"), "sum.svg"),
    "evaluate": Command(
        ("evaluate", "checkpoint=model", "data.path=data", "limit=2", "out=report", "workers=1"),
        "report",
        lambda report: ("overwrite=true",) if report.exists() else (),
        changing=("report.json", "report.html", "report.md"),
    ),
    "train": Command(
        ("train", "folder=run", *SMALL),
        "run",
        _go_on,
        ("last.ckpt", "metrics.csv", "curves.png", "config.yaml"),
    ),
}


def killed_commands(
    count: int, seed: int = 0, names: tuple[str, ...] = tuple(COMMANDS)
) -> list[str]:
    """Return what was wrong after `count` kills of each command."""
    found: list[str] = []
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            _prepare(names)
            for name in names:
                found += _kills_of(name, COMMANDS[name], count, Random(seed))
        finally:
            os.chdir(here)
    return found


def _prepare(names: tuple[str, ...]) -> None:
    _whole(("generate", "out=data", "size=40", "seed=1", "workers=1"))
    if "merge" in names:
        for part in ("1/2", "2/2"):
            _whole(("generate", "out=parts", "size=60", f"shard={part}", "workers=1"))
    if "import" in names:
        rows = "".join(f'"sum of xs plus {n}",(+ (reduce xs 0 +) {n})\n' for n in range(200))
        Path("pairs.csv").write_text("text,program\n" + rows)
    if "evaluate" in names:
        _whole(("train", "folder=trained", *SMALL, "trainer.max_epochs=1"))
        Path("trained/best").rename("model")


def _kills_of(name: str, command: Command, count: int, rng: Random) -> list[str]:
    found: list[str] = []
    out = Path(command.out)
    before = _contents(out, ())
    started = time.monotonic()
    _whole(command.words)
    took = time.monotonic() - started
    expected = _contents(out, command.changing)
    states = [before, _contents(out, ())]
    n_killed = 0
    for number in range(count):
        _put_back(name, out)
        process = _fork(command.words)
        time.sleep(rng.uniform(0, took))
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        n_killed += os.WIFSIGNALED(status)
        if not command.changing:
            torn = {n for n, c in _contents(out, ()).items() if all(s.get(n) != c for s in states)}
            found += [f"{name}, kill {number}: {torn} is torn"] if torn else []
        ended = _wait(_fork((*command.words, *command.again(out))))
        if ended:
            found.append(f"{name}, kill {number}: the next one ended with {ended}")
            shutil.rmtree(out, ignore_errors=True)
        elif (now := _contents(out, command.changing)) != expected:
            differing = {n for n, _ in now.items() ^ expected.items()}
            found.append(f"{name}, kill {number}: {differing} differs from an undisturbed run")
    left = [str(path) for path in Path().rglob(".*") if path.name not in (".lock", ".cache")]
    found += [f"{name}: {path} is left" for path in left]
    print(f"{name}: {count} times, {n_killed} of them killed in {took:.1f} s of work", flush=True)
    return found


def _put_back(name: str, out: Path) -> None:
    """Have the command begin where it began; clean and import replace what is there."""
    if name in ("generate", "evaluate", "train"):
        shutil.rmtree(out, ignore_errors=True)
    if name == "merge":
        for path in out.glob("*.json*"):
            path.unlink()


def _contents(out: Path, changing: tuple[str, ...]) -> dict[str, bytes | None]:
    """Return a hash of each file, or that it is there where its bytes change from run to run."""
    if out.is_file():
        return {out.name: _hash(out)}
    # A run that goes on writes another version of its logs.
    files = [path for path in sorted(out.rglob("*")) if path.is_file() and "logs" not in path.parts]
    # A draft is hidden, or lies in a hidden folder: whether one is left is asked at the end.
    return {
        str(path.relative_to(out)): None if path.name in changing else _hash(path)
        for path in files
        if not path.name.startswith(("events", "previous"))
        and not any(part.startswith(".") for part in path.relative_to(out).parts)
    }


def _hash(path: Path) -> bytes:
    return blake2b(path.read_bytes(), digest_size=16).digest()


def _whole(words: tuple[str, ...]) -> None:
    if status := _wait(_fork(words)):
        raise SystemExit(f"saps {' '.join(words)}: {status}, {Path('log').read_text()[-500:]}")


def _fork(words: tuple[str, ...]) -> int:
    """Run a command in a fork, which has imported what takes long, and a group of its own."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        with suppress(OSError):  # it has done so already, or is gone
            os.setpgid(process, process)
        return process
    status = 1
    try:
        with suppress(OSError):
            os.setpgid(0, 0)
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(os.open("log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        sys.argv = ["saps", *words]
        # Worker processes import the script that spawned them: not this one, with all its imports.
        vars(sys.modules["__main__"]).update(__file__=PROGRAM, __spec__=None)
        saps()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        os._exit(status)


def _wait(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
