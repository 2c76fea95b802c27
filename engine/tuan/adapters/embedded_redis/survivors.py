"""Ends what an engine that died left behind in its folder: a redis-server, or the child that was rewriting its file.

Whoever runs on a folder holds the flock of `redis.lock`, inherited from the engine that launched it. So the lock, not a pid
that may have been given to another process since, says whether somebody is there; and `/proc` says who has it open.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tuan.adapters.embedded_redis import wire
from tuan.adapters.embedded_redis.errors import LaunchFailed
from tuan.adapters.embedded_redis.folder_lock import try_lock

_GRACEFUL_S = 2.0
#: It closes its connections by ending, after the fsync: nothing is left to wait for but the kernel.
_ENDING_S = 0.5
_KILLED_S = 10.0


def take_over(lock: Path, socket: Path) -> int:
    """A descriptor of `lock` with its flock held, once nobody else has it. Raises LaunchFailed when somebody stays.

    A survivor is asked to shut down; one that does not answer (stopped, a rewrite without its server) is killed. Both are
    safe: what it acknowledged is on the disk.
    """
    fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    if try_lock(fd):
        return fd
    if wire.shutdown(socket, _GRACEFUL_S) and _locked_within(fd, _ENDING_S):
        return fd
    for pid in holders(lock):
        _kill(pid)
    if _locked_within(fd, _KILLED_S):
        return fd
    pids = ", ".join(map(str, holders(lock))) or os.pread(fd, 32, 0).decode().strip() or "unknown"
    os.close(fd)
    raise LaunchFailed(
        f"a redis-server of an earlier engine still runs on {lock.parent} (pid {pids}) and does not end; kill it"
    )


def holders(lock: Path) -> Iterator[int]:
    """Pids of other processes that have this very file open; none where there is no /proc."""
    wanted = lock.stat()
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid() and any(_same(entry, wanted) for entry in _descriptors(process)):
            yield int(process.name)


def _descriptors(process: Path) -> list[Path]:
    try:
        return list((process / "fd").iterdir())
    except OSError:  # it ended meanwhile, or belongs to another user, who could not have opened our lock
        return []


def _same(entry: Path, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(entry.stat(), wanted)
    except OSError:
        return False


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _locked_within(fd: int, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if try_lock(fd):
            return True
        time.sleep(0.01)
    return False
