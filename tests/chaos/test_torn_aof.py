"""A torn append-only file: cut it anywhere in its last blocks, start, write, kill, start again.

Redis 6.2 itself would cut inside an open MULTI; what it acknowledges after that is lost at the next restart, or half a block
rises. The short form takes a sample of the bytes, TUAN_CAMPAIGN=long every one of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.blocks import assert_blocks, connect, whole_blocks, write_block
from tests.support.redis import RedisServer
from tuan.adapters.embedded_redis import EmbeddedRedisError, aof, config

LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
SHORT_CUTS = 24


@dataclass(frozen=True)
class History:
    """A file as Redis wrote it: `ends[n]` is its length when the first n blocks were acknowledged."""

    content: bytes
    names: list[str]
    ends: list[int]

    def blocks_before(self, length: int) -> list[str]:
        return self.names[: max(index for index, end in enumerate(self.ends) if end <= length)]

    def cuts(self) -> list[int]:
        """Lengths within the last two blocks: all, or those around each end and evenly between."""
        every = range(self.ends[-3], self.ends[-1] + 1)
        if LONG:
            return list(every)
        edges = {end + offset for end in self.ends[-3:] for offset in (-1, 0, 1, 20) if end + offset in every}
        return sorted(edges | set(every[:: max(1, len(every) // SHORT_CUTS)]))


@pytest.fixture(scope="module")
def history() -> History:
    with RedisServer() as server, connect(server.url) as client:
        names, ends = ["a", "b", "c", "d"], [0]
        for name in names:
            write_block(client, name)
            ends.append(server.append_only_file.stat().st_size)
        return History(server.append_only_file.read_bytes(), names, ends)


def two_restarts(server: RedisServer, history: History, length: int, tail: bytes = b"") -> None:
    """Put the torn file in place and start; write one block; kill; start again. Raises AssertionError when a block is lost or half."""
    server.append_only_file.write_bytes(history.content[:length] + tail)
    expected = history.blocks_before(length)
    with connect(server.url) as client:
        server.restart()
        assert whole_blocks(client) == expected
        write_block(client, "new")
        server.kill()
        server.restart()
        assert_blocks(client, [*expected, "new"])
        server.kill()


def stopped_server() -> RedisServer:
    server = RedisServer()
    server.start()
    server.kill()
    return server


def test_torn_at_every_byte_of_the_last_blocks(history: History) -> None:
    """Goal: no acknowledged block is lost and no other rises in part, over two restarts. Method: real Redis, cuts at every byte
    (short form: a sample)."""
    server = stopped_server()
    try:
        for length in history.cuts():
            two_restarts(server, history, length)
    finally:
        server.remove()


def test_scan_agrees_at_every_byte(history: History) -> None:
    """Goal: the sample above stands for all bytes. Method: the scan alone over every prefix of the same real file."""
    for length in range(history.ends[1], history.ends[-1] + 1):
        whole = aof.complete_bytes(history.content[:length])
        assert whole == max(end for end in history.ends if end <= length)


@pytest.mark.parametrize("zeros", [1, 4096])
def test_zeros_where_the_tail_should_be(history: History, zeros: int) -> None:
    """Goal: the zeros that a file system leaves after a power cut count as torn. Method: as above, zeros after the cut."""
    server = stopped_server()
    try:
        for length in history.cuts()[:: 1 if LONG else 8]:
            two_restarts(server, history, length, bytes(zeros))
    finally:
        server.remove()


def test_damage_in_the_middle_is_refused(history: History) -> None:
    """Goal: acknowledged blocks are never cut away to make a damaged file load. Method: break a header in the second block;
    the start fails, names the place and leaves the file as it was."""
    server = stopped_server()
    try:
        at = history.content.index(b"*1\r\n$5\r\nMULTI", history.ends[1])
        damaged = history.content[:at] + b"?" + history.content[at + 1 :]
        server.append_only_file.write_bytes(damaged)
        with pytest.raises(EmbeddedRedisError, match=f"damaged at byte {at} of {len(damaged)}"):
            server.restart()
        assert server.append_only_file.read_bytes() == damaged
    finally:
        server.remove()


def test_this_harness_sees_what_redis_would_lose(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the sweep is not blind. Method: plant the bug: let Redis cut by itself. At least one cut must then lose a block."""
    monkeypatch.setitem(config._FIXED, "aof-load-truncated", "yes")
    server = stopped_server()
    seen = []
    try:
        for length in history.cuts():
            try:
                two_restarts(server, history, length)
            except (AssertionError, EmbeddedRedisError) as failure:
                seen.append((length, failure))
    finally:
        server.remove()
    assert seen
    assert Path(server.data_dir).exists() is False
