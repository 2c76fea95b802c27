"""A PostgreSQL for tests that can be killed and started again."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from tests.support.folders import data_folder
from tests.support.postgres_binaries import reachable_bin_folder, server_user
from tests.support.processes import kill_tree
from tuan.adapters.embedded_redis.child import Child, log_tail

# Not synchronous_commit=off: commits would wait in the server's own memory, and SIGKILL would lose them.
_FSYNC_OFF = ("fsync=off", "full_page_writes=off")
_SMALL = (
    "shared_buffers=64MB",
    "max_connections=100",
    "listen_addresses=",
    "unix_socket_permissions=0777",
    "max_wal_size=256MB",
)


class PostgresServer:
    """start / stop / kill over one data folder; as a context manager it starts, stops and removes the folder.

    `fsync=False` survives `kill` (the kernel keeps what was written) but not a power cut, and is several times faster. Runs as
    `nobody` when the tests run as root, trusts everybody who reaches its socket, and ends with the test process.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = fsync
        self._folder = data_folder("postgres", in_memory=False)
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._user = server_user()
        self._bin: Path | None = None
        self._child: Child | None = None
        self._names = (f"t{os.getpid()}_{number}" for number in itertools.count(1))

    @property
    def url(self) -> str:
        """SQLAlchemy's URL of the maintenance database `postgres`. The same after each restart."""
        return self.url_of("postgres")

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.alive else None

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self._folder))}"

    def start(self) -> None:
        """Returns when it answers queries; after `kill`, when its recovery is done."""
        if self.pid is not None:
            return
        if self._bin is None:
            self._bin = self._initialise()
        settings = [*_SMALL, f"unix_socket_directories={self._folder}", *(() if self._fsync else _FSYNC_OFF)]
        arguments = [word for setting in settings for word in ("-c", setting)]
        self._child = Child(
            [self._bin / "postgres", "-D", self._data, *arguments],
            self._log,
            death_signal=signal.SIGQUIT,  # "immediate shutdown": its children end too
            user=self._user,
        )
        while not self._answers():
            if self._child.wait_death(0.02) is not None:
                raise RuntimeError(f"postgres ended at its start:\n{log_tail(self._log)}")

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, a checkpoint is written."""
        if self._child is not None:
            self._child.end(30, signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL the server and its sessions; returns when they are gone."""
        if self._child is not None and self._child.alive:
            kill_tree(self._child.pid)
            self._child.wait_death()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_database(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of `template`, which must have no sessions at that moment."""
        name = next(self._names)
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Drop it, ending the sessions that are still in it."""
        self.execute(f'DROP DATABASE "{database_of(url)}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """One statement outside a transaction, on the maintenance database."""
        with psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def _initialise(self) -> Path:
        programs = reachable_bin_folder(self._user, self._folder)
        if self._user != (0, 0):
            os.chown(self._folder, *self._user)
        command = [
            programs / "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]
        as_user = {"user": self._user[0], "group": self._user[1], "extra_groups": []} if self._user != (0, 0) else {}
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, check=False, **as_user)  # type: ignore[call-overload]
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")
        return programs

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


def database_of(url: str) -> str:
    """The database's name in a URL made here."""
    return url.rpartition("@/")[2].partition("?")[0]
