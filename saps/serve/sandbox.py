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
from typing import Any, Final

import saps
from saps.serve.responses import ServiceError, too_late
from saps.serve.server import ServiceSettings

# Beyond the seconds of a run, which the interpreter keeps by itself unless a program outwits it.
_GRACE_S: Final = 1.0
_START_S: Final = 60.0
_CODE: Final = (
    "import sys; sys.path.append(sys.argv[1]); from saps.serve.sandbox_process import main; main()"
)


class ProgramRunner:
    """A few processes, started when they are first needed, and anew when one dies or hangs.

    A program that computes holds Python's global lock: in the service's own process it would keep
    everybody waiting. There are more processes than cores, so that programs that have to be killed
    leave room for others in the meantime.
    """

    def __init__(self, settings: ServiceSettings, grace_s: float = _GRACE_S) -> None:
        """Start nothing yet. A process is killed `grace_s` after the seconds of a run."""
        self._settings = settings
        self._patience_s = settings.limits.seconds + grace_s
        # The last one given back is taken first: the others need not be started.
        self._free: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        self._all: set[Process] = set()
        self._running: set[asyncio.Task[dict[str, Any]]] = set()
        for _ in range(settings.n_processes):
            self._free.put_nowait(None)

    async def run(
        self, program: Any, inputs: Mapping[str, Any], arguments: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return value, type and arguments of a program, an s-expression or nested lists.

        Inputs that the program does not use are passed over; `arguments` are declared types.

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
        kept = None
        try:
            if process is not None and process.returncode is not None:  # it died while idle
                self._all.discard(process)
                process = None
            process = process or await self._start()
            try:
                async with asyncio.timeout(self._patience_s):
                    line = await _ask(process, order)
            except TimeoutError:
                raise too_late(self._patience_s) from None
            if not line:
                raise ServiceError(500, "process", "the process that ran the program died")
            answer: dict[str, Any] = json.loads(line)
            kept = process
            return answer
        except OSError as error:
            raise ServiceError(500, "process", f"programs cannot be run: {error}") from error
        finally:
            if process is not None and kept is None:
                await self._kill(process)
            self._free.put_nowait(kept)

    async def _start(self) -> Process:
        """Start a process, and wait until it is up."""
        root = str(Path(saps.__file__).resolve().parent.parent)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CODE, root),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            # Of a line; the process sends none that is longer than an answer.
            limit=2 * self._settings.max_answer_bytes,
            start_new_session=True,  # Ctrl-C is for the service, which stops its processes
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        self._all.add(process)
        bounds = {
            "limits": asdict(self._settings.limits),
            "memory_bytes": self._settings.max_process_bytes,
            "answer_bytes": self._settings.max_answer_bytes,
            "parent": os.getpid(),
        }
        try:
            async with asyncio.timeout(_START_S):
                line = await _ask(process, bounds)
        except (TimeoutError, asyncio.CancelledError):
            await self._kill(process)
            raise
        if not line:
            await self._kill(process)
            raise ServiceError(500, "process", "programs cannot be run: their process ends at once")
        return process

    async def _kill(self, process: Process) -> None:
        self._all.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ask(process: Process, order: Mapping[str, Any]) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):  # it is gone: the answer is empty then
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
    return await process.stdout.readline()


def _error(code: str, message: str, **details: Any) -> ServiceError:
    return ServiceError(500 if code == "defect" else 422, code, message, details)
