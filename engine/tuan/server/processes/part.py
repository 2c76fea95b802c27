"""One process of several: started, watched, started again when it dies, ended."""

from __future__ import annotations

import asyncio
import signal
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from tuan.adapters.embedded_redis.child import guarded

log = structlog.get_logger()

#: Before one that died before it was ready is started once more; it doubles. One that had been ready is started again at once.
PAUSE_S, PAUSE_S_MAX = 0.5, 8.0
READY = " ready"


class PartFailed(Exception):
    """A process ended before it was ever ready; it has told why on stderr."""


class Part:
    """`command(run, dead)`: what to start; `run` names this run and is new each time, `dead` the one before, "" at first.

    It is ready when it prints a line with ` ready` in it. A new interpreter each time (spawn): gRPC does not survive a fork. It is killed
    with its parent, however that ends, and has a session of its own: Ctrl-C reaches the parent alone, which ends the parts in order.
    """

    def __init__(self, name: str, command: Callable[[str, str], Sequence[str]], environment: Mapping[str, str]) -> None:
        self.name = name
        self.ready = asyncio.Event()
        self._command = command
        self._environment = dict(environment)
        self._run = ""
        self._process: Process | None = None
        self._ending = asyncio.Event()

    @property
    def pid(self) -> int:
        """0 before the first start."""
        return self._process.pid if self._process is not None else 0

    async def keep(self) -> None:
        """Run it until it is ended by `end`. Raises PartFailed when it was never ready."""
        pause_s = PAUSE_S
        while True:
            was_ready, code = await self._run_once()
            if self._ending.is_set():
                return
            if not self.ready.is_set():
                raise PartFailed(f"{self.name} ended at its start, with {code}")
            log.error("process_died", part=self.name, exit_code=code)
            if was_ready:
                pause_s = PAUSE_S
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause_s)
                return
            pause_s = min(2 * pause_s, PAUSE_S_MAX)

    async def end(self, patience_s: float) -> None:
        """Tell it to end, and SIGKILL it where that is not enough; returns when it has ended."""
        self._ending.set()
        process = self._process
        if process is None or process.returncode is not None:
            return
        _tell_to_end(process)
        try:
            await asyncio.wait_for(process.wait(), patience_s)
        except TimeoutError:
            log.error("process_does_not_end", part=self.name, patience_s=patience_s)
            process.send_signal(signal.SIGKILL)
            await process.wait()

    async def _run_once(self) -> tuple[bool, int]:
        """Whether it became ready, and its exit status."""
        dead, self._run = self._run, str(uuid.uuid4())
        process = self._process = await asyncio.create_subprocess_exec(
            *guarded(self._command(self._run, dead)),
            env=self._environment,
            stdin=PIPE,  # held open: where the system does not kill it with its parent, its end says so
            stdout=PIPE,
            start_new_session=True,
        )
        if self._ending.is_set():  # asked to while it was being started
            _tell_to_end(process)
        was_ready = False
        assert process.stdout is not None
        async for line in process.stdout:
            if not was_ready and READY in line.decode(errors="replace"):
                was_ready = True
                log.info("process_ready", part=self.name, pid=process.pid)
                self.ready.set()
        return was_ready, await process.wait()


def _tell_to_end(process: Process) -> None:
    """By SIGTERM, and by the end of its stdin for a part that has to wait for its turn when a service manager signals all at once."""
    assert process.stdin is not None
    process.stdin.close()
    process.terminate()
