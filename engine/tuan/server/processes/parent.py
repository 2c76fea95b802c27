"""The parent of an engine's processes: N that serve, one that drains; started together, watched, ended in order.

It does nothing else: no call, no SQL, and it loads neither gRPC nor a database driver.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence

import structlog

from tuan.domain.errors import Reason, TuanError
from tuan.server import access
from tuan.server.kept_redis import KeptRedis
from tuan.server.processes.part import Part, PartFailed
from tuan.server.processes.shared_port import SharedPort
from tuan.settings import Settings, variable

log = structlog.get_logger()

#: What a process gets to end after its calls have: streams, jobs under way, stores; and the drain for what it has read.
END_S_MAX = 15.0


class Parent:
    """`settings`: with an operator's key. PostgreSQL only. The embedded Redis, if any, is the parent's, and shared."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redis: KeptRedis | None = None
        self._port: SharedPort | None = None
        self._engines: list[Part] = []
        self._drainer: Part | None = None
        self._watching: list[asyncio.Task[None]] = []

    async def run(self, when_ready: Callable[[str], Awaitable[None]]) -> None:
        """Until SIGTERM or SIGINT. `when_ready`: called with the address when every process is ready.

        Raises STORE_UNAVAILABLE when one of them ends before it was ever ready; it has said why.
        """
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        try:
            await self._start()
            address = access.address_of(self._listen_address)
            if await self._all_ready(stop):
                key = self._settings.admin_key.get_secret_value()
                access.announce(self._settings, access.Access(address, key, os.getpid(), self._settings.tls))
                await when_ready(address)
                await self._until(stop.wait())
        except PartFailed as error:
            raise TuanError(Reason.STORE_UNAVAILABLE, f"{error}; what it said stands above") from None
        finally:
            access.withdraw(self._settings)
            await self._end()

    @property
    def _listen_address(self) -> str:
        assert self._port is not None
        return self._port.address

    async def _start(self) -> None:
        settings = self._settings
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port = await asyncio.to_thread(SharedPort, settings.listen_address)
        variables = {"listen_address": self._port.address, "processes": str(settings.processes)}
        if not settings.redis_url:
            self._redis = KeptRedis(settings)
            variables["redis_url"] = await self._redis.start()
        for index in range(settings.processes):
            own = {**variables, "metrics_address": _metrics_address(settings, index)}
            self._engines.append(Part(f"engine {index}", _serve, _environment(own)))
        self._drainer = Part("drainer", _drain, _environment(variables))
        loop = asyncio.get_running_loop()
        parts = [*self._engines, self._drainer]
        self._watching = [loop.create_task(part.keep(), name=f"tuan-{part.name}") for part in parts]

    async def _all_ready(self, stop: asyncio.Event) -> bool:
        """False when it was told to stop before."""
        assert self._drainer is not None
        everyone = asyncio.gather(*(part.ready.wait() for part in (*self._engines, self._drainer)))
        await self._until(everyone, stop.wait())
        everyone.cancel()
        return not stop.is_set()

    async def _until(self, *events: Awaitable[object]) -> None:
        """The first of `events`. Raises PartFailed."""
        waiting = [asyncio.ensure_future(event) for event in events]
        try:
            await asyncio.wait([*waiting, *self._watching], return_when=asyncio.FIRST_COMPLETED)
            for task in self._watching:
                if task.done():
                    task.result()
        finally:
            for each in waiting:
                each.cancel()

    async def _end(self) -> None:
        """Those that serve first: their last answers may wait for the drain, and the drain for Redis."""
        log.info("stopping", grace_s=self._settings.grace_period_s)
        await asyncio.gather(*(part.end(self._settings.grace_period_s + END_S_MAX) for part in self._engines))
        if self._drainer is not None:
            await self._drainer.end(END_S_MAX)
        await asyncio.gather(*self._watching, return_exceptions=True)
        if self._redis is not None:
            await self._redis.stop()
        if self._port is not None:
            self._port.close()


def _serve(run: str, dead: str) -> Sequence[str]:
    del run, dead
    return [sys.executable, "-m", "tuan.server", "serve", "--part"]


def _drain(run: str, dead: str) -> Sequence[str]:
    """Under its own name, so that the next one need not wait for its leases: whoever starts that one knows that this one has ended."""
    return [sys.executable, "-m", "tuan.server", "drain", "--part", "--owner", run, "--after", dead]


def _environment(settings: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **{variable(name): value for name, value in settings.items()}}


def _metrics_address(settings: Settings, index: int) -> str:
    """Each process counts its own calls: the second one is asked at the port after."""
    host, _, port = settings.metrics_address.rpartition(":")
    if settings.metrics_address == "off" or port == "0":
        return settings.metrics_address
    return f"{host}:{int(port) + index}"
