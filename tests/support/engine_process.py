"""An engine's stand-in, in a process of its own that a test can kill: starts the embedded Redis and writes blocks.

    python -m tests.support.engine_process DATA_DIR [orphan]

`orphan`: the server is not ended with its engine, as on systems without prctl. Prints the server's pid, then the
name of each block once it is acknowledged, a line each, until it is killed.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.support.blocks import connect, write_block
from tuan.adapters.embedded_redis import EmbeddedRedis, server
from tuan.adapters.embedded_redis.child import Child


@contextmanager
def engine_process(data_dir: Path, *, orphan: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Runs this module; the caller reads its lines. It is killed at the end if it still runs."""
    # As a module: run as a file, this folder would be the first place where it looks for `redis`.
    command = [sys.executable, "-m", "tests.support.engine_process", str(data_dir), *(["orphan"] if orphan else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    """The next whole line; a line that the kill cut off is empty, its block's outcome is unknown."""
    assert process.stdout is not None
    line = process.stdout.readline()
    return line.strip() if line.endswith("\n") else ""


def main(data_dir: Path, *, orphan: bool) -> None:
    if orphan:
        vars(server)["Child"] = partial(Child, death_signal=0)
    embedded = EmbeddedRedis(data_dir)
    embedded.start()
    print(embedded.pid, flush=True)
    with connect(embedded.url) as client:
        for number in itertools.count():
            write_block(client, f"b{number}")
            print(f"b{number}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), orphan="orphan" in sys.argv[2:])
