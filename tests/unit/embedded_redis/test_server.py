"""The embedded server's life: start, stop, restart, where it listens, and that its death is noticed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.blocks import connect, whole_blocks, write_block
from tests.support.processes import running
from tests.support.redis import RedisServer
from tuan.adapters.embedded_redis import BinaryNotUsable, Death, EmbeddedRedis, FolderInUse, LaunchFailed
from tuan.domain.errors import InvalidValue, Reason


def test_listens_privately_and_durably(redis_server: RedisServer) -> None:
    """Goal: only this user reaches it, and its promises are configured. Method: look at modes, ports and CONFIG GET."""
    folder = redis_server.data_dir / "redis"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "redis.sock").stat().st_mode) == 0o700
    with connect(redis_server.url) as client:
        expected = {
            "port": "0",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
            "aof-load-truncated": "no",
            "aof-use-rdb-preamble": "no",
            "no-appendfsync-on-rewrite": "no",
        }
        assert {name: client.config_get(name)[name] for name in expected} == expected


def test_stop_and_start_keep_the_data(tmp_path: Path) -> None:
    """Goal: a normal restart loses nothing. Method: write, stop, start, restart; the url stays and the process does not."""
    server = RedisServer(tmp_path)
    with server, connect(server.url) as client:
        write_block(client, "a")
        first, url = server.pid, server.url
        server.stop()
        assert first is not None
        assert not running(first)
        assert (server.pid, server.embedded.alive) == (None, False)
        server.start()
        write_block(client, "b")
        server.restart()
        assert server.url == url
        assert whole_blocks(client) == ["a", "b"]


def test_start_twice_is_one_server(tmp_path: Path) -> None:
    """Goal: start is idempotent. Method: the pid after a second start."""
    with RedisServer(tmp_path) as server:
        pid = server.pid
        server.start()
        assert server.pid == pid


def test_second_engine_in_this_process_is_refused(redis_server: RedisServer) -> None:
    """Goal: one engine per folder, also within a process. Method: a second launcher; the message names folder and pid."""
    with pytest.raises(FolderInUse) as refused:
        EmbeddedRedis(redis_server.data_dir).start()
    assert refused.value.reason is Reason.STORE_UNAVAILABLE
    assert str(redis_server.data_dir) in refused.value.message
    assert f"pid {os.getpid()}" in refused.value.message
    assert "TUAN_DATA_DIR" in refused.value.message


def test_unexpected_death_is_told_once(tmp_path: Path) -> None:
    """Goal: the engine knows at once that its store is gone. Method: SIGKILL the server, wait for the callback; stop is silent."""
    deaths: list[Death] = []
    told = threading.Event()

    def on_death(death: Death) -> None:
        deaths.append(death)
        told.set()

    with RedisServer(tmp_path, on_death=on_death) as server:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert told.wait(10)
        death = server.embedded.wait_dead()
        assert deaths == [death]
        assert death is not None
        assert (death.exit_code, death.wanted, str(death)) == (-signal.SIGKILL, False, "killed by SIGKILL")
        assert "ready to accept connections" in death.log_tail
        server.restart()
        server.stop()
        ended = server.embedded.wait_dead()
        assert ended is not None
        assert (ended.exit_code, ended.wanted) == (0, True)
    assert len(deaths) == 1


def test_wait_dead_gives_up_in_time(redis_server: RedisServer) -> None:
    """Goal: a watcher can wait with a limit. Method: a live server and a limit of 10 ms."""
    assert redis_server.embedded.wait_dead(0.01) is None


def test_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    """Goal: a server launched by `to_thread` survives the end of the executor (Linux ties children to the starting *thread*).
    Method: start it in a pool, end the pool, ask it something."""
    server = RedisServer(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(server.start).result()
    with server, connect(server.url) as client:
        assert server.embedded.wait_dead(0.05) is None
        assert client.ping()


async def test_works_from_asyncio(tmp_path: Path) -> None:
    """Goal: the synchronous interface is usable from the event loop. Method: start, restart and stop by to_thread."""
    embedded = EmbeddedRedis(tmp_path)
    await asyncio.to_thread(embedded.start)
    await asyncio.to_thread(embedded.restart)
    assert embedded.alive
    await asyncio.to_thread(embedded.stop)
    assert not embedded.alive


@pytest.mark.parametrize("name", ["d" * 150, "空 格's \"?#%\\folder"], ids=["long", "odd"])
def test_any_folder_name(tmp_path: Path, name: str) -> None:
    """Goal: neither a path longer than a socket's address nor odd characters matter. Method: start, write, kill, restart."""
    data_dir = tmp_path / name
    with RedisServer(data_dir) as server, connect(server.url) as client:
        write_block(client, "a")
        server.kill()
        server.restart()
        assert whole_blocks(client) == ["a"]
        assert (data_dir / "redis" / "appendonly.aof").exists()
        socket_path = Path(urllib.parse.unquote(server.url.removeprefix("unix://")))
        assert socket_path.exists()
    assert not socket_path.exists()
    assert socket_path.parent.exists() == (socket_path.parent == data_dir / "redis")


def test_folder_for_a_short_socket_path_must_be_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: nobody else's socket is taken for ours in a shared folder. Method: make the folder first, open to all."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr("tuan.adapters.embedded_redis.paths._SOCKET_PATH_BYTES_MAX", len(str(tmp_path)) + 60)
    embedded = EmbeddedRedis(tmp_path / ("d" * 150))
    private = Path(embedded.url.removeprefix("unix://")).parent
    assert private.parent == tmp_path
    private.chmod(0o777)
    with pytest.raises(LaunchFailed, match="must be a folder of mode 0700"):
        embedded.start()


@pytest.mark.parametrize("name", ["appendfsync", "port", "dir", "aof-load-truncated"])
def test_durability_is_not_an_option(tmp_path: Path, name: str) -> None:
    """Goal: no option weakens what the engine promises. Method: try to set each; the folder is free again afterwards."""
    with pytest.raises(InvalidValue, match=name):
        EmbeddedRedis(tmp_path, options={name: "no"}).start()
    with RedisServer(tmp_path) as server:
        assert server.pid


def test_a_server_that_refuses_its_config_says_why(tmp_path: Path) -> None:
    """Goal: a failed start shows Redis's own words and leaves the folder free. Method: an option that it does not know."""
    with pytest.raises(LaunchFailed, match="no-such-option"):
        EmbeddedRedis(tmp_path, options={"no-such-option": "1"}).start()
    with RedisServer(tmp_path) as server:
        assert server.pid


def test_binary_that_is_none(tmp_path: Path) -> None:
    """Goal: a wrong TUAN_REDIS_BIN is told by name. Method: a missing file, a folder."""
    for binary in (tmp_path / "missing", tmp_path):
        with pytest.raises(BinaryNotUsable, match="TUAN_REDIS_BIN"):
            EmbeddedRedis(tmp_path / "data", binary).start()


def test_folder_of_a_newer_redis_is_refused(tmp_path: Path) -> None:
    """Goal: Redis 6.2 must not serve an empty store over the files of Redis 7. Method: a folder in the new layout."""
    (tmp_path / "redis" / "appendonlydir").mkdir(parents=True)
    with pytest.raises(BinaryNotUsable, match="Redis 7"):
        EmbeddedRedis(tmp_path).start()


def test_port_is_closed(redis_server: RedisServer) -> None:
    """Goal: no TCP port is opened. Method: the server's sockets in /proc/net of its own pid hold no listening inode of it."""
    inodes = {str(fd.readlink()) for fd in Path(f"/proc/{redis_server.pid}/fd").iterdir() if fd.is_symlink()}
    listening = [
        f"socket:[{line.split()[9]}]"
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    ]
    assert inodes.isdisjoint(listening)
    with socket.socket(socket.AF_UNIX) as probe:
        probe.connect(str(redis_server.data_dir / "redis" / "redis.sock"))
