"""A full disk: Redis exits instead of acknowledging what it could not write, and goes on where it was once there is room.

The disk is played by RLIMIT_FSIZE, which fails the write as ENOSPC does: partly first, then whole.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import redis

from tests.support.blocks import assert_blocks, connect, write_block
from tests.support.redis import RedisServer
from tuan.adapters.embedded_redis import Death

BLOCK_BYTES = 700


def fill(client: redis.Redis, prefix: str, count: int = 10_000) -> tuple[list[str], str]:
    """Write blocks until the store fails; the names of those acknowledged, and of the one whose outcome is unknown."""
    acknowledged: list[str] = []
    for number in range(count):
        name = f"{prefix}{number}"
        try:
            write_block(client, name, BLOCK_BYTES)
        except redis.RedisError:
            return acknowledged, name
        acknowledged.append(name)
    raise AssertionError("the disk never filled up")


# Limits that end in different parts of a block: its MULTI, its values, its EXEC.
@pytest.mark.parametrize("file_bytes_max", [50_000, 50_150, 50_600, 51_000])
def test_full_disk_loses_nothing_acknowledged(tmp_path: Path, file_bytes_max: int) -> None:
    """Goal: what was acknowledged before the disk was full is there afterwards, and nothing in part. Method: write against a
    limit until Redis exits; its death is told; restart with room; check, write more, kill, restart, check."""
    died = threading.Event()
    deaths: list[Death] = []

    def on_death(death: Death) -> None:
        deaths.append(death)
        died.set()

    server = RedisServer(tmp_path, on_death=on_death)
    server.embedded.file_bytes_max = file_bytes_max
    with server, connect(server.url) as client:
        acknowledged, unknown = fill(client, "first-")
        assert len(acknowledged) > 20
        assert died.wait(10)
        assert not server.embedded.alive
        assert deaths[0].exit_code != 0
        assert "AOF" in deaths[0].log_tail

        server.embedded.file_bytes_max = 0
        server.restart()
        assert_blocks(client, acknowledged, unknown=[unknown])
        write_block(client, "later")
        server.kill()
        server.restart()
        assert_blocks(client, [*acknowledged, "later"], unknown=[unknown])


def test_restarts_while_the_disk_is_still_full(tmp_path: Path) -> None:
    """Goal: restarting in vain does no harm. Method: three restarts under the limit, each followed by a write that fails; then
    room again: all acknowledged blocks are there."""
    server = RedisServer(tmp_path)
    server.embedded.file_bytes_max = 30_000
    with server, connect(server.url) as client:
        acknowledged, unknown = fill(client, "first-")
        outcomes = [unknown]
        for round_number in range(3):
            server.embedded.wait_dead()
            server.restart()
            more, unknown = fill(client, f"round{round_number}-")
            acknowledged += more
            outcomes.append(unknown)
        server.embedded.wait_dead()
        server.embedded.file_bytes_max = 0
        server.restart()
        assert_blocks(client, acknowledged, unknown=outcomes)
