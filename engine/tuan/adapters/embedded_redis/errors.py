"""Why the embedded Redis does not run. All of them are STORE_UNAVAILABLE to a caller; the message is for the operator."""

from __future__ import annotations

from pathlib import Path

from tuan.domain.errors import Reason, TuanError


class EmbeddedRedisError(TuanError):
    """The embedded Redis cannot serve."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.STORE_UNAVAILABLE, message)


class FolderInUse(EmbeddedRedisError):
    """Another engine works in the data folder. `holder_pid` 0: it has not written its pid yet."""

    def __init__(self, folder: Path, holder_pid: int) -> None:
        holder = f"pid {holder_pid}" if holder_pid else "it is just starting"
        super().__init__(
            f"data folder {folder} is in use by another engine ({holder}); stop that engine, or set TUAN_DATA_DIR to another folder"
        )
        self.folder = folder
        self.holder_pid = holder_pid


class AofCorrupt(EmbeddedRedisError):
    """The append-only file is damaged before its last block: acknowledged data follows the damage, so nothing is cut."""

    def __init__(self, path: Path, offset: int, total_bytes: int, what: str) -> None:
        super().__init__(
            f"{path} is damaged at byte {offset} of {total_bytes}: {what}. This is not the torn tail of a crash, so nothing was cut. "
            f"Restore the file from a backup, or move its folder away and run `tuan rebuild` to restore the counters from SQL"
        )
        self.path = path
        self.offset = offset


class BinaryNotUsable(EmbeddedRedisError):
    """There is no redis-server to launch, or not one that can read this data folder."""


class LaunchFailed(EmbeddedRedisError):
    """redis-server did not come up; the message ends with the end of its log."""
