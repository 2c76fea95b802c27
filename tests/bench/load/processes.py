"""The generator from outside: its processes side by side, begun together, their results added up."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from tests.bench.load.histogram import Latencies
from tests.bench.load.outcomes import Outcomes
from tests.bench.load.settings import LoadResult, LoadSettings
from tests.bench.load.transfer import result_from_json, settings_to_json

#: A result with a timeline is one long line.
_LINE_BYTES_MAX = 1 << 28


class GeneratorProcess:
    """`async with` starts it, connected and ready; `run()` begins, and returns what it found."""

    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.load",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_LINE_BYTES_MAX,
        )  # fmt: skip
        await self._tell(settings_to_json(self._settings))
        await self._hear()
        return self

    async def run(self) -> LoadResult:
        await self._tell("go")
        return result_from_json(await self._hear())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def _hear(self) -> str:
        assert self._process.stdout is not None
        if not (line := await self._process.stdout.readline()):
            raise RuntimeError(f"the load generator ended with status {await self._process.wait()}")
        return line.decode()


async def run_processes(settings: Sequence[LoadSettings]) -> LoadResult:
    """One process per settings, side by side; their results together."""
    async with AsyncExitStack() as stack:
        processes = [await stack.enter_async_context(GeneratorProcess(each)) for each in settings]
        return together(await asyncio.gather(*(process.run() for process in processes)))


def together(results: Sequence[LoadResult]) -> LoadResult:
    """As one: from the first begin to the last answer."""
    begun_s = min(result.begun_s for result in results)
    until_s = max(result.begun_s + result.seconds for result in results)
    found = LoadResult(begun_s, until_s - begun_s, 0, Outcomes(), Latencies(), Latencies())
    for result in results:
        found.messages += result.messages
        found.cpu_s += result.cpu_s
        found.outcomes.add(result.outcomes)
        found.latencies.add(result.latencies)
        found.behind.add(result.behind)
        found.timeline += result.timeline
    found.timeline.sort()
    return found
