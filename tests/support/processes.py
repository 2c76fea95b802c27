"""Who runs, who is whose child, and killing a whole tree at once, from /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path


def running(pid: int) -> bool:
    """Whether the process runs. A zombie does not: its parent, or a container's init, may never ask for it."""
    try:
        return _stat(pid)[0] not in "ZX"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Direct children, zombies left out."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent, *_ = _stat(int(entry.name))
            if int(parent) == pid and state not in "ZX":
                found.append(int(entry.name))
    return found


def kill_tree(pid: int) -> None:
    """SIGKILL a process and its children as a power cut would: none of them gets to notice that another one died."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # so that it forks no more
    family = [*children(pid), pid]
    for member in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    wait_gone(family)


def wait_gone(pids: Iterable[int], timeout_s: float = 20) -> None:
    """Return once none of them runs; raises TimeoutError which names those that still do."""
    deadline = time.monotonic() + timeout_s
    left = [pid for pid in pids if running(pid)]
    while left:
        if time.monotonic() > deadline:
            raise TimeoutError(f"still running after {timeout_s} s: {left}")
        time.sleep(0.005)  # other processes' children cannot be waited for
        left = [pid for pid in left if running(pid)]


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; the name before it may hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
