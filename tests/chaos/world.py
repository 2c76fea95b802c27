"""An engine with its stores, each a process that can be killed: all embedded, or Redis, PostgreSQL, engine and drainer apart."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, create_engine

from tests.chaos.mutant import environment
from tests.support.folders import data_folder
from tests.support.postgres import PostgresServer
from tests.support.processes import children, kill_tree, wait_gone
from tests.support.redis import RedisServer
from tuan.server.demo.engine_process import EngineProcess
from tuan_client import AsyncClient, ClientConfig
from tuan_sandbox.channel import FILE_NAME, Channel

HOLD_MS = 2_500
START_TRIES = 5
SETTINGS = {
    "payment_hold_ms": str(HOLD_MS),
    "payment_window_ms": str(HOLD_MS),
    "drain_lease_ms": "1000",
    "drain_wait_ms": "20",
    "plugin_deadline_ms": "5000",
    "orders_per_buyer_per_min_max": "0",
    "log_level": "error",
}


class _PlantedEngine(EngineProcess):
    """An engine with a bug of `tests.chaos.mutations` in it."""

    bug = "none"

    def _launch(self) -> subprocess.Popen[str]:
        variables = {name: value for name, value in self._environment.items() if name.startswith("TUAN_")}
        with self.log_path.open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.mutant", self.bug, "serve"],
                env={**environment(), **variables},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )


class World:
    """`async with World(embedded=True) as world:`. `targets`: what can be killed. `bug`: one to plant into the engine.

    `processes`: engine processes under one parent, which has a drainer of its own and starts again what is killed.
    """

    def __init__(self, *, embedded: bool, ack: str = "aof", bug: str = "", processes: int = 1) -> None:
        self._bug = bug
        self.embedded = embedded
        self.folder = data_folder("chaos", in_memory=True)
        self.redis = None if embedded else RedisServer()
        self.postgres = None if embedded else PostgresServer()
        self.targets = ("engine", "redis") if embedded else ("engine", "drainer", "redis", "postgres")
        if bug:
            self.targets = ("engine",)
        self._processes = processes
        if processes > 1:
            self.targets = ("server", "part-drainer", "redis", "postgres")
        self._ack = ack
        self._drainer: subprocess.Popen[str] | None = None
        self.engine: EngineProcess
        self.database_url = ""

    async def start(self) -> None:
        settings = {**SETTINGS, "ack": self._ack, "processes": str(self._processes)}
        if self.redis is not None and self.postgres is not None:
            await asyncio.gather(asyncio.to_thread(self.redis.start), asyncio.to_thread(self.postgres.start))
            self.database_url = self.postgres.create_database()
            settings |= {"redis_url": self.redis.url, "database_url": self.database_url}
        else:
            self.database_url = f"sqlite:///{self.folder / 'tuan.db'}"
        self._settings = settings
        if self._bug:
            self.engine = _PlantedEngine(self.folder, **settings)
            self.engine.bug = self._bug
        else:
            self.engine = EngineProcess(self.folder, **settings)
        await self.engine.start()
        if not self.embedded and self._processes == 1:
            await asyncio.to_thread(self._start_drainer)

    def client(self) -> AsyncClient:
        """A caller with patience: it asks until it is answered."""
        config = ClientConfig(
            self.engine.address,
            token=self.engine.key,
            deadline_s=30,
            attempt_count_max=1_000,
            retry_delay_max_s=0.2,
            channel_count=2 * self._processes,
        )
        return AsyncClient(config)

    async def kill(self, target: str) -> None:
        """SIGKILL; returns when it is gone."""
        match target:
            case "engine":
                await asyncio.to_thread(self.engine.kill)
            case "drainer" if self._drainer is not None:
                self._drainer.kill()
                await asyncio.to_thread(self._drainer.wait)
            case "server" | "part-drainer":
                pids = self.parts("drain" if target == "part-drainer" else "serve")
                if pids:  # the last one that was killed may be on its way up again
                    os.kill(pids[0], signal.SIGKILL)
                    await asyncio.to_thread(wait_gone, pids[:1])
            case "redis" if self.redis is not None:
                await asyncio.to_thread(self.redis.kill)
            case "redis":
                for pid in children(self.engine.pid):
                    await asyncio.to_thread(kill_tree, pid)
            case "postgres" if self.postgres is not None:
                await asyncio.to_thread(self.postgres.kill)

    async def restart(self, target: str) -> None:
        """Up again on the same folder. The embedded Redis is the engine's own affair."""
        match target:
            case "engine":
                await self._restart_engine()
            case "drainer":
                await asyncio.to_thread(self._start_drainer)
            case "redis" if self.redis is not None:
                await asyncio.to_thread(self.redis.restart)
            case "postgres" if self.postgres is not None:
                await asyncio.to_thread(self.postgres.start)

    async def stop(self) -> None:
        """Everything ends in good order; an engine with a bug in it may not be able to."""
        if self._bug:
            await asyncio.to_thread(self.engine.kill)
        else:
            await self.engine.stop()
        if self._drainer is not None:
            self._drainer.terminate()
            await asyncio.to_thread(self._drainer.wait)

    def parts(self, command: str) -> list[int]:
        """Process ids of the engine's children that run `tuan COMMAND --part`, the oldest first."""
        wanted = f"\0{command}\0--part".encode()
        return sorted(pid for pid in children(self.engine.pid) if wanted in Path(f"/proc/{pid}/cmdline").read_bytes())

    def record(self) -> Engine:
        """SQL as an outsider reads it."""
        return create_engine(self.database_url)

    def channel(self) -> Channel:
        """The payment channel's own books."""
        return Channel(self.folder / FILE_NAME)

    async def _restart_engine(self) -> None:
        """As a service manager does: again, when a store was away at that moment."""
        for left in reversed(range(START_TRIES)):
            try:
                await self.engine.start()
                return
            except RuntimeError:
                if not left:
                    raise

    def _start_drainer(self) -> None:
        variables = {f"TUAN_{name.upper()}": value for name, value in self._settings.items()}
        folder = self.folder / "drainer"
        with (self.folder / "drainer.log").open("a") as log:
            self._drainer = subprocess.Popen(
                [sys.executable, "-m", "tuan.server", "drain"],
                env={**environment(), **variables, "TUAN_DATA_DIR": str(folder)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._drainer.stdout is not None
        for line in self._drainer.stdout:
            if line.startswith("tuan drain: ready"):
                return
        raise RuntimeError(f"the drainer ended at its start\n{Path(log.name).read_text()[-2000:]}")

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self._remove()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._remove()

    async def _remove(self) -> None:
        if hasattr(self, "engine"):
            await asyncio.to_thread(self.engine.kill)
        if self._drainer is not None:
            self._drainer.kill()
            await asyncio.to_thread(self._drainer.wait)
        for server in (self.redis, self.postgres):
            if server is not None:
                await asyncio.to_thread(
                    server.stop
                )  # in good order: a killed PostgreSQL leaves its shared memory behind
                await asyncio.to_thread(server.remove)
        shutil.rmtree(self.folder, ignore_errors=True)
