"""One engine per data folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tuan.adapters.embedded_redis.errors import FolderInUse


class FolderLock:
    """An exclusive lock on `<folder>/engine.lock`, which holds the owner's pid. The kernel drops it when the owner dies.

    flock, not fcntl record locks: those do not exclude a second engine in the same process, and closing any descriptor of
    the file gives them up. Unlike those it is inherited by fork, so worker processes are spawned, as gRPC wants it anyway.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd = -1

    @property
    def held(self) -> bool:
        return self._fd >= 0

    def acquire(self) -> None:
        """Take it at once or raise FolderInUse. Makes the folder (mode 0700) when it is not there."""
        if self.held:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self._folder / "engine.lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not try_lock(fd):
            holder = os.pread(fd, 32, 0).strip()
            os.close(fd)
            raise FolderInUse(self._folder, int(holder) if holder.isdigit() else 0)
        os.ftruncate(fd, 0)
        os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        self._fd = fd

    def release(self) -> None:
        if self.held:
            os.close(self._fd)
            self._fd = -1


def try_lock(fd: int) -> bool:
    """Take the exclusive flock of an open file without waiting."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
