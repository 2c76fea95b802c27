"""Where test servers keep their data."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_FREE_BYTES_MIN = 1 << 30


def data_folder(name: str, *, in_memory: bool) -> Path:
    """A new folder with a short path (sockets live in it). `in_memory`: where fsync costs nothing, if there is room."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _FREE_BYTES_MIN
    base = tempfile.gettempdir() if len(tempfile.gettempdir()) < 40 else "/tmp"
    return Path(tempfile.mkdtemp(prefix=f"tuan-{name}-", dir=_MEMORY if in_memory and roomy else base))
