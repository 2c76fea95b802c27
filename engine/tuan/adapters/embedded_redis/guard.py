"""Runs as the child's first program: ties its life to the engine's, then becomes redis-server (or a test's server).

    guard.py PARENT_PID DEATH_SIGNAL UID GID FILE_BYTES_MAX PID_FD COMMAND [ARGUMENT ...]      (0: do not)

It exists because `preexec_fn` runs Python between fork and exec of a process that has gRPC's threads, which can deadlock.
It is started with `-I -S` and imports nothing of tuan: one start costs about 20 ms.
"""

from __future__ import annotations

import ctypes  # before setuid: another user may not reach this interpreter's own modules
import os
import resource
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent_pid, death_signal, uid, gid, file_bytes_max, pid_fd = map(int, arguments[:6])
    command = arguments[6:]
    if uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if death_signal and sys.platform == "linux":
        # After setuid, which clears it; before the check, so that a parent that dies in between is still noticed.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit("the process that started this one is gone")
    if file_bytes_max:
        # Python ignores SIGXFSZ and exec keeps that, so a write past the limit fails with EFBIG as it would with ENOSPC.
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))
    if pid_fd:
        os.ftruncate(pid_fd, 0)
        os.pwrite(pid_fd, b"%d\n" % os.getpid(), 0)
    os.execv(command[0], command)  # noqa: S606 - the engine's own command line, no shell wanted


if __name__ == "__main__":
    main(sys.argv[1:])
