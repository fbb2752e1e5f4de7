"""Runs programs of strangers in processes of their own, each run within limits."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import saps
from saps.lang import Limits
from saps.serve.errors import ServiceError, too_late

_GRACE_S = 10.0
_MAX_ANSWER_BYTES = 256 << 20
_CODE = (
    "import sys; sys.path.append(sys.argv[1]); from saps.serve.program_process import main; main()"
)


class ProgramRunner:
    """A few processes, started when they are first needed, and anew when one dies or hangs.

    A program that computes holds Python's global lock: in the service's own process it would keep
    everybody waiting.
    """

    def __init__(self, n_processes: int, limits: Limits, grace_s: float = _GRACE_S) -> None:
        """Take note of the bounds; nothing starts yet.

        Args:
            n_processes: programs that run at a time.
            limits: of each run.
            grace_s: what a process gets beyond the seconds of a run before it is killed.
        """
        self._limits = limits
        self._patience_s = limits.seconds + grace_s
        self._free: asyncio.Queue[Process | None] = asyncio.Queue()
        self._all: set[Process] = set()
        self._running: set[asyncio.Task[dict[str, Any]]] = set()
        for _ in range(n_processes):
            self._free.put_nowait(None)

    async def run(
        self, program: Any, inputs: Mapping[str, Any], arguments: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return value, type and arguments of a program.

        Args:
            program: an s-expression or nested lists.
            inputs: by argument; those that the program does not use are passed over.
            arguments: declared types.

        Raises:
            ServiceError: with the code of the `AlgoLispError` that ended the run.
        """
        order = {"program": program, "inputs": inputs, "arguments": arguments}
        process = await self._free.get()
        # A run that has begun ends by itself, also when nobody waits for it: its process is then
        # ready for the next one.
        task = asyncio.create_task(self._run_in(process, order))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        answer = await asyncio.shield(task)
        if "error" in answer:
            raise _error(**answer["error"])
        return answer

    async def close(self) -> None:
        """Kill the processes."""
        for process in list(self._all):
            await self._kill(process)

    async def _run_in(self, process: Process | None, order: Mapping[str, Any]) -> dict[str, Any]:
        try:
            if process is not None and process.returncode is not None:  # it died while idle
                self._all.discard(process)
                process = None
            process = process or await self._start()
            async with asyncio.timeout(self._patience_s):
                line = await _ask(process, order)
        except TimeoutError:
            raise too_late(self._patience_s) from None
        except OSError as error:
            raise ServiceError(500, "process", f"programs can not be run: {error}") from error
        else:
            if not line:
                raise ServiceError(500, "process", "the process that ran the program died")
            answer: dict[str, Any] = json.loads(line)
            idle, process = process, None
            self._free.put_nowait(idle)
            return answer
        finally:
            if process is not None:
                await self._kill(process)
                self._free.put_nowait(None)

    async def _start(self) -> Process:
        root = str(Path(saps.__file__).resolve().parent.parent)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CODE, root),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=_MAX_ANSWER_BYTES,
            start_new_session=True,  # Ctrl-C is for the service, which stops its processes
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        self._all.add(process)
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(self._limits)).encode() + b"\n")
        return process

    async def _kill(self, process: Process) -> None:
        self._all.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ask(process: Process, order: Mapping[str, Any]) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(order).encode() + b"\n")
    await process.stdin.drain()
    return await process.stdout.readline()


def _error(code: str, message: str, **details: Any) -> ServiceError:
    return ServiceError(500 if code == "defect" else 422, code, message, details)
