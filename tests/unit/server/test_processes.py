"""The parts of an engine of several processes: the port that they share, and a process that is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence

import pytest

from tests.support.processes import running, wait_gone
from tuan.server.processes import shared_port
from tuan.server.processes.part import Part, PartFailed
from tuan.server.processes.shared_port import SharedPort
from tuan.settings import SettingsError

SERVES = "import signal; print('it is ready', flush=True); signal.pause()"
IGNORES = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVES}"


def _listening(address: str, shared: bool) -> socket.socket:
    host, _, port = address.rpartition(":")
    made = socket.socket()
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((host, int(port)))
    made.listen()
    return made


def test_a_port_is_kept_for_the_processes() -> None:
    """Goal: port 0 is one port for all, now and after a restart, and nobody's calls get lost in the parent. Method: two listen on it, one
    ends; calls reach the other one."""
    port = SharedPort("127.0.0.1:0")
    first, second = (_listening(port.address, shared=True) for _ in range(2))
    first.close()
    with socket.create_connection(("127.0.0.1", int(port.address.rpartition(":")[2])), timeout=5):
        assert second.accept()
    second.close()
    port.close()


def test_a_port_of_somebody_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: two engines do not share a port by accident. Method: one that shares its port, and one that does not, listen there already."""
    monkeypatch.setattr(shared_port, "TAKEN_S_MAX", 0.0)
    for shared in (True, False):
        other = _listening("127.0.0.1:0", shared)
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(SettingsError, match=f"TUAN_LISTEN_ADDRESS='{taken}': cannot listen there"):
            SharedPort(taken)
        other.close()


def test_a_unix_socket_is_left_alone() -> None:
    """Goal: one process may listen on a path. Method: the address stays what it is."""
    port = SharedPort("unix:/run/nowhere/tuan.sock")
    assert port.address == "unix:/run/nowhere/tuan.sock"
    port.close()


class Started:
    """A part that runs `program`, and the names of its runs; `again`: it is being started once more."""

    def __init__(self, program: str) -> None:
        self.runs: list[tuple[str, str]] = []
        self.again = asyncio.Event()
        self.program = program
        self.part = Part("part", self._command, os.environ)

    def _command(self, run: str, dead: str) -> Sequence[str]:
        self.runs.append((run, dead))
        if dead:
            self.again.set()
        return [sys.executable, "-S", "-c", self.program]


async def test_what_dies_is_started_again() -> None:
    """Goal: a killed process comes back under a new name, knows whom it follows, and ends when it is told to. Method: kill it once."""
    started = Started(SERVES)
    keeping = asyncio.create_task(started.part.keep())
    await started.part.ready.wait()
    killed = started.part.pid
    os.kill(killed, signal.SIGKILL)
    await asyncio.to_thread(wait_gone, [killed])
    await started.again.wait()
    started.part.ready.clear()
    await started.part.ready.wait()
    pid = started.part.pid
    assert pid != killed
    await started.part.end(10)
    await keeping
    assert not running(pid)
    [first, second] = started.runs
    assert first[1] == "" and second == (second[0], first[0]) and second[0] != first[0]


async def test_what_was_never_ready_is_told() -> None:
    """Goal: a wrong setting ends the start, and is not tried for ever. Method: a process that ends by itself."""
    started = Started("raise SystemExit(2)")
    with pytest.raises(PartFailed, match="part ended at its start, with 2"):
        await started.part.keep()
    assert len(started.runs) == 1


async def test_what_does_not_end_is_killed() -> None:
    """Goal: the end comes within its time. Method: a process that ignores SIGTERM."""
    started = Started(IGNORES)
    keeping = asyncio.create_task(started.part.keep())
    await started.part.ready.wait()
    await started.part.end(0.05)
    await keeping
    assert not running(started.part.pid)
