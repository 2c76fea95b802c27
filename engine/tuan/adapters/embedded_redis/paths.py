"""Where the embedded Redis keeps its files: all in `<data folder>/redis`, mode 0700."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tuan.adapters.embedded_redis.errors import LaunchFailed

#: sun_path of a unix socket's address is 108 bytes on Linux (104 on macOS), its closing NUL included.
_SOCKET_PATH_BYTES_MAX = 103


@dataclass(frozen=True, slots=True)
class Paths:
    folder: Path
    socket: Path

    @property
    def config(self) -> Path:
        return self.folder / "redis.conf"

    @property
    def lock(self) -> Path:
        return self.folder / "redis.lock"

    @property
    def log(self) -> Path:
        return self.folder / "redis.log"

    @property
    def multi_part(self) -> Path:
        """The folder in which Redis 7 and later keeps the append-only file's parts."""
        return self.folder / "appendonlydir"

    def append_only_file(self) -> Path | None:
        """The file that Redis appends to, whose tail a crash can tear; None before the first start."""
        manifest = self.multi_part / "appendonly.aof.manifest"
        if manifest.exists():
            # Lines of `file NAME seq NUMBER type b|i|h`, increments last and in order; only the last one is written to.
            parts = [line.split() for line in manifest.read_text().splitlines() if line.startswith("file ")]
            names = [part[1] for part in parts if part[-1] == "i"]
            return self.multi_part / names[-1] if names else None
        single = self.folder / "appendonly.aof"
        return single if single.exists() else None

    def remove_socket(self) -> None:
        """After the end: drop the socket, and the folder that was made elsewhere for it."""
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            with contextlib.suppress(OSError):
                self.socket.parent.rmdir()

    def remove_leftovers(self) -> None:
        """Drop half-written rewrites: each can be as large as the data, and Redis removes only those of its own pid."""
        for folder in (self.folder, self.multi_part):
            for leftover in (*folder.glob("temp-*.aof"), *folder.glob("temp-*.rdb")):
                leftover.unlink(missing_ok=True)


def paths_in(data_dir: Path) -> Paths:
    """The paths for a data folder, made if needed. Raises LaunchFailed when the folder for a short socket path is not ours."""
    folder = data_dir.absolute() / "redis"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    socket = folder / "redis.sock"
    if len(os.fsencode(socket)) <= _SOCKET_PATH_BYTES_MAX:
        return Paths(folder, socket)
    # The name follows from the data folder, so that the next engine finds the socket of a survivor.
    name = f"tuan-{os.getuid()}-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]}"
    bases = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - a private folder inside, checked below
    base = next(
        (base for base in bases if len(os.fsencode(base / name / "redis.sock")) <= _SOCKET_PATH_BYTES_MAX), bases[-1]
    )
    return Paths(folder, _private(base / name) / "redis.sock")


def _private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Anybody can make this name in a shared folder first, and then answer in Redis's place.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise LaunchFailed(
            f"{folder} must be a folder of mode 0700 owned by uid {os.getuid()}; remove it, or shorten TUAN_DATA_DIR"
        )
    return folder
