"""The engine of the demo: a process of its own, so that it can be killed like any other."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

START_S_MAX = 40.0


class EngineProcess:
    """`tuan serve` on a data folder and a port that stay the same over restarts; its log goes to `engine.log` there."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.address = f"127.0.0.1:{_free_port()}"
        self.log_path = data_dir / "engine.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TUAN_")},
            "TUAN_DATA_DIR": str(data_dir),
            "TUAN_LISTEN_ADDRESS": self.address,
            "TUAN_METRICS_ADDRESS": "off",
            "TUAN_LOG_LEVEL": "warning",
            **{f"TUAN_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def key(self) -> str:
        """The operator's key, made at the first start."""
        return (self.data_dir / "admin.key").read_text().strip()

    @property
    def pid(self) -> int:
        """The engine's process id. Raises RuntimeError before the first start."""
        if self._process is None:
            raise RuntimeError("the engine was not started")
        return self._process.pid

    async def start(self) -> float:
        """Until it answers; seconds that it took. Raises RuntimeError with the end of its log when it does not."""
        begun = asyncio.get_running_loop().time()
        self._process = self._launch()
        try:
            await asyncio.wait_for(asyncio.to_thread(self._wait_ready, self._process), START_S_MAX)
        except TimeoutError:
            raise RuntimeError(f"the engine did not start within {START_S_MAX} s\n{self._log_tail()}") from None
        return asyncio.get_running_loop().time() - begun

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing flushed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)

    def _launch(self) -> subprocess.Popen[str]:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tuan.server", "serve"],
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _wait_ready(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("tuan: ready"):
                return
        raise RuntimeError(f"the engine ended at its start\n{self._log_tail()}")

    def _log_tail(self) -> str:
        return "\n".join(self.log_path.read_text().splitlines()[-20:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
