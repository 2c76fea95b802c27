"""Which file is the one that a crash can tear, in the layout of Redis 6 and of Redis 7."""

from __future__ import annotations

from pathlib import Path

from tuan.adapters.embedded_redis.paths import paths_in

MANIFEST = """file appendonly.aof.2.base.aof seq 2 type b
file appendonly.aof.1.incr.aof seq 1 type h
file appendonly.aof.3.incr.aof seq 3 type i
file appendonly.aof.4.incr.aof seq 4 type i
"""


def test_single_file(tmp_path: Path) -> None:
    """Goal: Redis 6 appends to one file. Method: before and after it is there."""
    paths = paths_in(tmp_path)
    assert paths.append_only_file() is None
    (paths.folder / "appendonly.aof").touch()
    assert paths.append_only_file() == paths.folder / "appendonly.aof"


def test_parts_with_a_manifest(tmp_path: Path) -> None:
    """Goal: of Redis 7's parts only the last increment is written to, so only that is repaired. Method: manifests with and
    without increments, beside an old single file that Redis 7 no longer reads."""
    paths = paths_in(tmp_path)
    (paths.folder / "appendonly.aof").touch()
    paths.multi_part.mkdir()
    manifest = paths.multi_part / "appendonly.aof.manifest"
    manifest.write_text(MANIFEST)
    assert paths.append_only_file() == paths.multi_part / "appendonly.aof.4.incr.aof"
    manifest.write_text(MANIFEST.splitlines(keepends=True)[0])
    assert paths.append_only_file() is None


def test_leftovers_of_rewrites_go(tmp_path: Path) -> None:
    """Goal: half-written rewrites do not fill the disk. Method: their names, and those of files that must stay."""
    paths = paths_in(tmp_path)
    paths.multi_part.mkdir()
    stay = {
        paths.folder / "appendonly.aof",
        paths.folder / "appendonly.aof.torn-1-2",
        paths.multi_part / "appendonly.aof.1.incr.aof",
    }
    go = {
        paths.folder / "temp-rewriteaof-7.aof",
        paths.folder / "temp-rewriteaof-bg-7.aof",
        paths.multi_part / "temp-8.rdb",
    }
    for path in stay | go:
        path.touch()
    paths.remove_leftovers()
    assert {path for path in stay | go if path.exists()} == stay
