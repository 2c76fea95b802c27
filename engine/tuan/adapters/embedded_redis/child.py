"""A child process that cannot outlive the engine, and whose death is noticed at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_GUARD = Path(__file__).with_name("guard.py")
_LOG_TAIL_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Death:
    """How the child ended. `exit_code` is negative for a signal; `wanted`: the engine itself ended it; `log_tail`: its last words."""

    exit_code: int
    wanted: bool
    log_tail: str

    def __str__(self) -> str:
        if self.exit_code < 0:
            return f"killed by {signal.Signals(-self.exit_code).name}"
        return f"exit code {self.exit_code}"


class Child:
    """One run of a command in the foreground, output appended to `log`. Started by the constructor; raises OSError.

    A keeper thread of its own starts the process and waits for its end. It must be that thread, because Linux sends the
    parent-death signal when the *thread* that started the child ends: a server launched from an executor's thread would be
    killed when the executor is shut down.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        death_signal: int = signal.SIGKILL,
        pass_fd: int = 0,
        file_bytes_max: int = 0,
        user: tuple[int, int] = (0, 0),
    ) -> None:
        self._command = guarded(command, death_signal, user, file_bytes_max, pass_fd)
        self._log = log
        self._pass_fds = (pass_fd,) if pass_fd else ()
        self._watcher: Callable[[Death], None] | None = None
        self._watch_turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._launch_error: OSError | None = None
        self._launched = threading.Event()
        self._ended = threading.Event()
        self._wanted = False
        self._death: Death | None = None
        threading.Thread(target=self._keep, name="child-keeper", daemon=True).start()
        self._launched.wait()
        if self._launch_error is not None:
            raise self._launch_error

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    def wait_death(self, timeout_s: float | None = None) -> Death | None:
        """Block until it has ended; None when the time is up first."""
        self._ended.wait(timeout_s)
        return self._death

    def watch(self, on_death: Callable[[Death], None]) -> None:
        """Call `on_death` once, in a thread of its own, when it ends without having been asked to; also when it just did."""
        with self._watch_turn:
            self._watcher = on_death
        if self._ended.is_set():
            threading.Thread(target=self._tell, name="child-death", daemon=True).start()

    def end(self, graceful_s: float, graceful_signal: int = signal.SIGTERM) -> Death:
        """Ask it to end, kill it when that takes longer than `graceful_s`, and return when it has ended."""
        assert self._process is not None
        self._wanted = True
        self._process.send_signal(graceful_signal)
        if not self._ended.wait(graceful_s):
            self._process.kill()
            self._ended.wait()
        assert self._death is not None
        return self._death

    def _keep(self) -> None:
        try:
            with self._log.open("ab") as log:
                log_begin = log.tell()
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._log.parent,
                    pass_fds=self._pass_fds,
                    # Ctrl-C in a terminal reaches the whole group: the engine drains first and ends the child after that.
                    start_new_session=True,
                )
        except OSError as error:
            self._launch_error = error
            return
        finally:
            self._launched.set()
        code = self._process.wait()
        self._death = Death(code, self._wanted, log_tail(self._log, log_begin))
        self._ended.set()
        self._tell()

    def _tell(self) -> None:
        with self._watch_turn:
            watcher, self._watcher = self._watcher, None
        if watcher is not None and self._death is not None and not self._death.wanted:
            watcher(self._death)


def guarded(
    command: Sequence[str | Path],
    death_signal: int = signal.SIGKILL,
    user: tuple[int, int] = (0, 0),
    file_bytes_max: int = 0,
    pass_fd: int = 0,
) -> list[str]:
    """The command with its life tied to that of the thread that starts it (on Linux); see guard.py."""
    limits = [os.getpid(), int(death_signal), *user, file_bytes_max, pass_fd]
    return [sys.executable, "-I", "-S", str(_GUARD), *map(str, limits), *map(str, command)]


def log_tail(log: Path, begin: int = 0) -> str:
    """The end of a log file, at most 2,000 bytes, and nothing before `begin`."""
    try:
        with log.open("rb") as file:
            file.seek(max(begin, file.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
