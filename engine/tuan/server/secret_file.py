"""Secrets that are made once and kept in the data folder, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept_secret(path: Path, make: bytes) -> bytes:
    """What the file holds; `make`, from now on, where there is none yet.

    Written aside and put there whole: a crash in between would leave an empty file, and an empty secret signs for everybody. Of several
    processes that find none, one makes it, and all have the same.
    """
    found = _read(path)
    if not found:
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make)
            file.flush()
            os.fsync(file.fileno())
        _put(aside, path)
        found = _read(path)
    return found


def _put(aside: Path, path: Path) -> None:
    try:
        os.link(aside, path)
    except OSError:  # somebody was faster, or left it empty, or this file system knows no links
        if not _read(path):
            aside.replace(path)
            return
    aside.unlink()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
