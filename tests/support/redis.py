"""A Redis for tests, launched as the engine launches its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.folders import data_folder
from tests.support.processes import kill_tree
from tuan.adapters.embedded_redis import Death, EmbeddedRedis


class RedisServer:
    """start / stop / kill / restart over one data folder; as a context manager it starts, stops and removes the folder.

    Without `data_dir` it makes a folder of its own: in memory, so that the fsync of each write costs nothing; on the disk
    with `fsync=True`. The server is the embedded one either way: appendonly, appendfsync always.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        fsync: bool = False,
        options: Mapping[str, str] | None = None,
        on_death: Callable[[Death], None] | None = None,
    ) -> None:
        self._own_folder = data_dir is None
        self.data_dir = data_dir or data_folder("redis", in_memory=not fsync)
        self.embedded = EmbeddedRedis(self.data_dir, options=options, on_death=on_death)

    @property
    def url(self) -> str:
        return self.embedded.url

    @property
    def pid(self) -> int | None:
        return self.embedded.pid

    @property
    def append_only_file(self) -> Path:
        return self.data_dir / "redis" / "appendonly.aof"

    def start(self) -> None:
        self.embedded.start()

    def stop(self) -> None:
        self.embedded.stop()

    def kill(self) -> None:
        """SIGKILL it and whatever it forked; returns when they are gone."""
        if self.pid is not None:
            kill_tree(self.pid)
            self.embedded.wait_dead()

    def restart(self) -> None:
        """After `kill`, or instead of it: end it if it runs, and start it on the same folder."""
        self.embedded.restart()

    def remove(self) -> None:
        """Kill it and, if the folder is its own, remove that."""
        self.kill()
        self.embedded.stop()
        if self._own_folder:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()
