"""Programs in processes of their own, which may die."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from saps.serve.responses import ServiceError
from saps.serve.sandbox import ProgramRunner
from saps.serve.server import ServiceSettings

LOOP = "(invoke1 (lambda1 (if (== arg1 0) 0 (self (- arg1 1)))) 900)"


def _with_runner(
    use: Callable[[ProgramRunner], Awaitable[Any]], n_processes: int = 1, grace_s: float = 30.0
) -> Any:
    async def run() -> Any:
        runner = ProgramRunner(ServiceSettings(n_processes=n_processes), grace_s)
        try:
            return await use(runner)
        finally:
            await runner.close()

    return asyncio.run(run())


def test_a_process_that_dies_costs_its_own_run_alone() -> None:
    async def use(runner: ProgramRunner) -> list[Any]:
        first = await runner.run("(+ 1 2)", {})
        (process,) = runner._all
        process.kill()
        with pytest.raises(ServiceError, match="died"):
            await asyncio.gather(runner.run("(+ 1 3)", {}))
        return [first["value"], (await runner.run("(+ 1 4)", {}))["value"]]

    assert _with_runner(use) == [3, 5]


def test_a_process_that_died_while_idle_costs_nothing() -> None:
    async def use(runner: ProgramRunner) -> Any:
        await runner.run("(+ 1 2)", {})
        (process,) = runner._all
        process.kill()
        await process.wait()
        value = (await runner.run("(+ 1 4)", {}))["value"]
        assert process not in runner._all
        return value

    assert _with_runner(use) == 5


def test_a_process_that_does_not_answer_is_killed_and_replaced() -> None:
    async def use(runner: ProgramRunner) -> Any:
        with pytest.raises(ServiceError) as caught:
            await runner.run("(+ 1 2)", {})
        assert caught.value.status == 504
        assert runner._all == set()
        runner._patience_s = 30.0
        return (await runner.run("(+ 1 2)", {}))["value"]

    # No process is up in this time.
    assert _with_runner(use, grace_s=-0.999) == 3


def test_a_run_whose_client_left_ends_by_itself_and_its_process_goes_on() -> None:
    async def use(runner: ProgramRunner) -> Any:
        await runner.run("1", {})
        (process,) = runner._all
        abandoned = asyncio.create_task(runner.run(LOOP, {}))
        while not runner._running:
            await asyncio.sleep(0)
        abandoned.cancel()
        answer = await runner.run("(+ 1 2)", {})
        assert runner._all == {process}
        return answer["value"]

    assert _with_runner(use) == 3


def test_a_process_starts_without_torch_and_without_the_web() -> None:
    code = (
        "import sys, saps.serve.sandbox_process\n"
        "print(sorted({'torch', 'numpy', 'fastapi', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_value_too_large_to_write_is_refused() -> None:
    program = (
        "(invoke1 (lambda1 (if (> (strlen arg1) 999999) arg1 (self (str_concat arg1 arg1)))) s)"
    )

    async def use(runner: ProgramRunner) -> None:
        with pytest.raises(ServiceError) as caught:
            await runner.run(program, {"s": "ab"}, {"s": "string"})
        assert caught.value.code == "size"
        assert "100000" in str(caught.value)

    _with_runner(use)


def test_closing_kills_the_processes() -> None:
    async def use(runner: ProgramRunner) -> Any:
        await asyncio.gather(runner.run("1", {}), runner.run("2", {}))
        return set(runner._all)

    processes = _with_runner(use, n_processes=2)
    assert len(processes) == 2
    assert all(process.returncode is not None for process in processes)
