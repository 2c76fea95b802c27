"""Secrets that are made once and kept in the data folder, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept_secret(path: Path, make: bytes) -> bytes:
    """What the file holds; `make`, from now on, where there is none yet.

    Written aside and renamed: a crash in between would leave an empty file, and an empty secret signs for everybody.
    """
    found = _read(path)
    if not found:
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        found = _read(path)
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
