"""The servers that tests are given: they survive a kill, databases are separate, and nothing is left running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from tests.support.blocks import connect, whole_blocks, write_block
from tests.support.postgres import PostgresServer
from tests.support.postgres_binaries import bin_folder, reachable_bin_folder
from tests.support.processes import children, running, wait_gone
from tests.support.redis import RedisServer


@pytest.mark.postgres
@pytest.mark.parametrize("fsync", [False, True])
def test_postgres_survives_a_kill(fsync: bool) -> None:
    """Goal: the chaos tests may kill it at any time. Method: commit, kill with its sessions, start, read; its folder goes."""
    with PostgresServer(fsync=fsync) as server:
        url, first = server.create_database(), server.pid
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE kept (x int)"))
            connection.execute(sa.text("INSERT INTO kept VALUES (7)"))
        assert first is not None
        family = [first, *children(first)]
        assert len(family) > 3
        server.kill()
        assert not any(running(pid) for pid in family)
        assert server.pid is None
        with pytest.raises(psycopg.OperationalError):
            server.execute("SELECT 1")
        server.start()
        engine.dispose()
        with engine.begin() as connection:
            assert connection.execute(sa.text("SELECT x FROM kept")).scalar() == 7
        server.stop()
        assert server.pid is None
        server.start()
        folder, last = Path(url.partition("host=")[2]), server.pid
    assert not folder.exists()
    assert last is not None
    assert not running(last)


@pytest.mark.parametrize("turn", [1, 2])
def test_databases_are_separate(database_url: str, turn: int) -> None:
    """Goal: no test sees another's tables. Method: make one twice over both kinds; it is never there already."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (x int)"))
    engine.dispose()


@pytest.mark.postgres
def test_template_databases(postgres_server: PostgresServer) -> None:
    """Goal: a migrated schema is copied instead of migrated again. Method: a database with a table as template of another."""
    template = postgres_server.create_database()
    engine = sa.create_engine(template)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE made_before (x int)"))
    engine.dispose()
    copy = postgres_server.create_database(template=sa.make_url(template).database or "")
    copied = sa.create_engine(copy)
    assert sa.inspect(copied).get_table_names() == ["made_before"]
    copied.dispose()
    for url in (copy, template):
        postgres_server.drop_database(url)


@pytest.mark.postgres
def test_programs_in_a_private_folder_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the tests run as root from a virtualenv in root's home. Method: hide the wheel's folder from others and run
    initdb's copy."""
    real = bin_folder()
    home = tmp_path / "private" / real.parent.parent.name
    home.mkdir(parents=True, mode=0o700)
    (tmp_path / "private").chmod(0o700)
    (home / real.parent.name).symlink_to(real.parent)
    monkeypatch.setattr("tests.support.postgres_binaries.bin_folder", lambda: home / real.parent.name / "bin")
    programs = reachable_bin_folder((65534, 65534), tmp_path / "scratch")
    assert programs.is_relative_to(tmp_path / "scratch")
    shown = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert "PostgreSQL" in shown.stdout


@pytest.mark.parametrize("turn", [1, 2])
def test_session_redis_is_emptied(redis_url: str, turn: int) -> None:
    """Goal: each test starts with an empty Redis. Method: two turns that write; each finds it empty."""
    with connect(redis_url) as client:
        assert client.dbsize() == 0
        write_block(client, "a")
        assert whole_blocks(client) == ["a"]


def test_redis_for_chaos(tmp_path: Path) -> None:
    """Goal: kill and restart for the chaos tests. Method: write, kill, restart, read; nothing runs afterwards."""
    with RedisServer(tmp_path) as server, connect(server.url) as client:
        write_block(client, "a")
        first = server.pid
        server.kill()
        assert server.pid is None
        server.restart()
        assert whole_blocks(client) == ["a"]
        second = server.pid
    assert first is not None
    assert second is not None
    assert not running(first)
    assert not running(second)


_SERVERS = """
import os
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
redis, postgres = RedisServer(), PostgresServer()
redis.start()
postgres.start()
print(redis.pid, postgres.pid, redis.data_dir, postgres._folder, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.postgres
def test_killed_session_leaves_no_process() -> None:
    """Goal: also a test run that is killed leaves no server behind. Method: start both in a process that kills itself."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", _SERVERS], capture_output=True, text=True, env=environment, check=False)
    redis_pid, postgres_pid, *folders = run.stdout.split()
    assert run.returncode == -9
    wait_gone([int(redis_pid), int(postgres_pid)])
    for folder in folders:
        subprocess.run(["rm", "-r", folder], check=True)
