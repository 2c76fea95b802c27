"""What a dead engine leaves behind, and that the next one on the folder copes with it."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.support.blocks import assert_blocks, connect, whole_blocks, write_block
from tests.support.engine_process import engine_process, read_line
from tests.support.processes import children, running, wait_gone
from tests.support.redis import RedisServer
from tuan.adapters.embedded_redis import EmbeddedRedis, FolderInUse


def test_second_engine_is_refused_at_once(tmp_path: Path) -> None:
    """Goal: two engines never serve one folder. Method: one in another process, one here, which names folder and pid; after
    a SIGKILL of the first the folder is free without any cleaning up."""
    with engine_process(tmp_path) as first:
        read_line(first)
        with pytest.raises(FolderInUse) as refused:
            EmbeddedRedis(tmp_path).start()
        assert str(tmp_path) in refused.value.message
        assert f"pid {first.pid}" in refused.value.message
        assert refused.value.holder_pid == first.pid
        first.kill()
        first.wait()
        with RedisServer(tmp_path) as second:
            assert second.pid


@pytest.mark.parametrize("orphan", [False, True], ids=["server dies with its engine", "server survives its engine"])
def test_kill_of_the_engine_loses_nothing(tmp_path: Path, orphan: bool) -> None:
    """Goal: kill -9 of the engine leaves one server at most, no orphan, and every acknowledged block. Method: kill it while it
    writes; where the server survives (no prctl there), the next start ends that first."""
    with engine_process(tmp_path, orphan=orphan) as engine:
        server_pid = int(read_line(engine))
        acknowledged = [read_line(engine) for _ in range(200)]
        engine.kill()
        acknowledged += iter(lambda: read_line(engine), "")
    if orphan:
        assert running(server_pid)
    else:
        wait_gone([server_pid])
    with RedisServer(tmp_path) as server, connect(server.url) as client:
        wait_gone([server_pid])
        assert server.pid != server_pid
        # The block in flight at the kill was never acknowledged, and may be there all the same.
        assert_blocks(client, acknowledged, unknown=[f"b{len(acknowledged)}"])


def test_survivor_that_does_not_answer(tmp_path: Path) -> None:
    """Goal: a hanging orphan cannot block the shop. Method: stop it by SIGSTOP, so that it takes SHUTDOWN and does nothing."""
    with engine_process(tmp_path, orphan=True) as engine:
        server_pid = int(read_line(engine))
        acknowledged = [read_line(engine) for _ in range(20)]
        engine.kill()
        acknowledged += iter(lambda: read_line(engine), "")
    os.kill(server_pid, signal.SIGSTOP)
    with RedisServer(tmp_path) as server, connect(server.url) as client:
        assert not running(server_pid)
        assert_blocks(client, acknowledged, unknown=[f"b{len(acknowledged)}"])


def test_rewrite_that_outlives_its_server(tmp_path: Path) -> None:
    """Goal: a rewrite cut short loses nothing and leaves no process and no file. Method: stop the rewriting child by SIGSTOP,
    kill its server alone, restart: the child and its temporary file are gone."""
    with RedisServer(tmp_path) as server, connect(server.url) as client, socket.socket(socket.AF_UNIX) as raw:
        write_block(client, "a")
        raw.connect(str(tmp_path / "redis" / "redis.sock"))
        # The child cannot finish while its server sleeps, which does so right after the fork.
        raw.sendall(b"BGREWRITEAOF\r\nDEBUG SLEEP 1\r\n")
        assert server.pid is not None
        while not (rewriting := children(server.pid)):
            assert server.embedded.wait_dead(0.005) is None
        os.kill(rewriting[0], signal.SIGSTOP)
        write_block(client, "b")
        os.kill(server.pid, signal.SIGKILL)
        server.embedded.wait_dead()
        assert running(rewriting[0])
        half_written = tmp_path / "redis" / f"temp-rewriteaof-{rewriting[0]}.aof"
        assert half_written.exists() or half_written.with_name(f"temp-rewriteaof-bg-{rewriting[0]}.aof").exists()
        server.restart()
        assert not running(rewriting[0])
        assert list(half_written.parent.glob("temp-*")) == []
        assert whole_blocks(client) == ["a", "b"]


def test_rewritten_file_is_read_by_the_scan(tmp_path: Path) -> None:
    """Goal: a rewritten file can be repaired too. Method: rewrite, append a block, tear its tail, restart."""
    with RedisServer(tmp_path) as server, connect(server.url) as client:
        for name in "abc":
            write_block(client, name)
        client.bgrewriteaof()
        while (
            client.info("persistence")["aof_rewrite_in_progress"] or client.info("persistence")["aof_rewrite_scheduled"]
        ):
            server.embedded.wait_dead(0.01)
        write_block(client, "d")
        server.kill()
        whole = server.append_only_file.read_bytes()
        server.append_only_file.write_bytes(whole[:-3])
        server.restart()
        assert whole_blocks(client) == ["a", "b", "c"]
