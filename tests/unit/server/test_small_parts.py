"""Small parts of the server: kept secrets, the drain's thread before its start."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tuan.server.access import Access, announce, find, with_admin_key, withdraw
from tuan.server.drain_thread import DrainThread
from tuan.server.secret_file import kept_secret
from tuan.settings import Settings


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """Goal: the same after a restart, readable by its owner alone, never empty. Method: ask twice; then leave the empty file
    that a crash between creation and writing leaves behind."""
    path = tmp_path / "secret"
    assert kept_secret(path, b"first") == b"first" == kept_secret(path, b"second")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"")
    assert kept_secret(path, b"third") == b"third" == kept_secret(path, b"fourth")
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_processes_that_start_at_once_have_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: what one process signs another one believes. Method: a second one makes its own while the first one is about to."""
    path = tmp_path / "secret"
    link, others = os.link, []

    def late(source: Path, target: Path) -> None:
        monkeypatch.undo()
        others.append(kept_secret(path, b"second"))
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert kept_secret(path, b"first") == b"second" == others[0] == path.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_the_operator_s_key_is_never_empty(tmp_path: Path) -> None:
    """Goal: no crash makes the empty text an operator's key. Method: an empty key file."""
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "admin.key").write_text("")
    key = with_admin_key(settings).admin_key.get_secret_value()
    assert len(key) >= 32
    assert with_admin_key(settings).admin_key.get_secret_value() == key


def test_an_engine_is_found_while_it_is_announced(tmp_path: Path) -> None:
    """Goal: tools find the engine, and nothing where none is. Method: before, during, after, and a torn file."""
    settings, access = Settings(data_dir=tmp_path), Access("127.0.0.1:1", "k", 1)
    assert find(tmp_path) is None
    announce(settings, access)
    assert find(tmp_path) == access
    (tmp_path / "engine.json").write_text('{"addr')
    assert find(tmp_path) is None
    withdraw(settings)
    withdraw(settings)
    assert find(tmp_path) is None


async def test_a_drain_that_was_never_started_can_be_stopped() -> None:
    """Goal: an engine whose start fails closes its stores and says why. Method: stop a drain's thread before its start."""
    drain = DrainThread.__new__(DrainThread)
    drain._stop, drain._thread = threading.Event(), threading.Thread()
    await drain.stop()
