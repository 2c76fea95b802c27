"""The append-only file: where its last complete block ends, and cutting what a crash tore after it.

Under `appendfsync always` what follows the last complete block was never acknowledged. Redis 6.2 would cut *inside* an open
MULTI (TRAPS: writes acknowledged after that load are lost at the next one, or half an order rises again), so the cut is made
here, between blocks. Format: RESP arrays of bulk strings, https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from __future__ import annotations

import mmap
import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tuan.adapters.embedded_redis.errors import AofCorrupt

_TORN_FILES_MAX = 16
_CRLF = b"\r\n"
_HEADER_BYTES_MAX = 24
#: Without their line ends, which Redis skips unread, as this scan does: both must call the same file whole.
_MULTI, _EXEC = b"*1\r\n$5\r\nMULTI", b"*1\r\n$4\r\nEXEC"
_HEADER_PREFIX = re.compile(rb"[*$][0-9]{0,10}\r?")
#: A command inside a string that runs past the end of the file: its length is wrong, the file is not torn there.
_FURTHER_COMMAND = re.compile(rb"\r\n\*[0-9]{1,10}\r\n\$[0-9]{1,10}\r\n")

# Nearly all headers are short; a slice and a lookup instead of find and int() halve the time (2 µs a command of 5 strings).
_COUNTS = {b"*%d\r\n" % count: count for count in range(10)}
_STEPS_4 = {b"$%d\r\n" % length: 4 + length + 2 for length in range(10)}
_STEPS_5 = {b"$%d\r\n" % length: 5 + length + 2 for length in range(10, 100)}

Bytes = bytes | mmap.mmap


class _Torn(Exception):
    """The bytes end within a command."""


class _Damaged(Exception):
    """The bytes contradict the format: (offset, what)."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What was cut: the bytes from `offset` on, kept in `kept_in`."""

    path: Path
    offset: int
    torn_bytes: int
    kept_in: Path


def repair(path: Path, now_s: float | None = None) -> Cut | None:
    """Cut the file after its last complete block; None when it ends there already. Raises AofCorrupt, and OSError on a full disk.

    The torn bytes are on the disk in `<name>.torn-<unix ms>-<offset>` before the file is shortened; the newest 16 are kept.
    """
    with path.open("r+b") as file:
        total_bytes = file.seek(0, os.SEEK_END)
        if total_bytes == 0:
            return None
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                end = complete_bytes(data)
        except _Damaged as damaged:
            offset, what = damaged.args
            raise AofCorrupt(path, offset, total_bytes, what) from None
        if end == total_bytes:
            return None
        now_ms = int((time.time() if now_s is None else now_s) * 1000)
        kept_in = path.with_name(f"{path.name}.torn-{now_ms}-{end}")
        with kept_in.open("wb") as kept:
            file.seek(end)
            shutil.copyfileobj(file, kept)
            kept.flush()
            os.fsync(kept.fileno())
        _fsync_folder(path.parent)
        file.truncate(end)
        os.fsync(file.fileno())
    for old in sorted(path.parent.glob(f"{path.name}.torn-*"))[:-_TORN_FILES_MAX]:
        old.unlink(missing_ok=True)
    return Cut(path, end, total_bytes - end, kept_in)


def ends_in_zeros(path: Path) -> bool:
    """Whether a power cut left zeros at the end, which Redis may take for the value of a last command outside blocks."""
    with path.open("rb") as file:
        return file.seek(0, os.SEEK_END) > 0 and os.pread(file.fileno(), 1, file.tell() - 1) == b"\0"


def complete_bytes(data: Bytes) -> int:
    """The length of the complete top-level units (commands, MULTI..EXEC blocks) that `data` begins with. Raises _Damaged.

    What follows them is torn when it is the beginning of a unit, or when the file system left zeros where data should be.
    """
    size = _without_zeros(data)
    position = unit_end = 0
    in_block = False
    try:
        while position < size:
            start = position
            position = _command_end(data, position, size)
            command = data[start : position - 2].upper() if position - start < 20 else b""
            if command == _MULTI:
                if in_block:
                    raise _Damaged(start, "MULTI inside a MULTI block")
                in_block = True
            elif command == _EXEC:
                if not in_block:
                    raise _Damaged(start, "EXEC without MULTI")
                in_block = False
            if not in_block:
                unit_end = position
    except _Torn:
        pass
    return unit_end


def _command_end(data: Bytes, position: int, size: int) -> int:
    """Where the command at `position` ends. Raises _Torn or _Damaged."""
    count = _COUNTS.get(data[position : position + 4])
    if count is not None:
        position += 4
    elif data[position : position + 1] == b"#":  # a timestamp of Redis 7
        line_end = data.find(_CRLF, position, position + 64)
        if line_end < 0:
            _end_of_header(data, position, size, b"#")
        return line_end + 2
    else:
        count, position = _header(data, position, size, b"*")
    for _ in range(count):
        step = _STEPS_4.get(data[position : position + 4]) or _STEPS_5.get(data[position : position + 5])
        if step is None:
            length, body = _header(data, position, size, b"$")
            step = body - position + length + 2
        position += step
        if position > size:
            _check_last_string(data, position - step)
            raise _Torn
    return position


def _header(data: Bytes, position: int, size: int, marker: bytes) -> tuple[int, int]:
    """The number after `marker`, and where its line ends."""
    line_end = data.find(_CRLF, position, position + _HEADER_BYTES_MAX)
    if line_end < 0:
        _end_of_header(data, position, size, marker)
    line = data[position:line_end]
    if line[:1] != marker or not line[1:].isdigit():
        raise _Damaged(position, f"expected {marker.decode()} and a number, found {line!r}")
    return int(line[1:]), line_end + 2


def _end_of_header(data: Bytes, position: int, size: int, marker: bytes) -> NoReturn:
    """A header without its line end is torn at the end of the file and damaged anywhere else."""
    rest = data[position : min(size, position + _HEADER_BYTES_MAX)]
    if position == size:
        raise _Torn
    if position + len(rest) == size and rest[:1] == marker and (marker == b"#" or _HEADER_PREFIX.fullmatch(rest)):
        raise _Torn
    if rest.startswith(b"REDIS"):
        raise _Damaged(position, "an RDB preamble, written without `aof-use-rdb-preamble no`")
    raise _Damaged(position, f"expected {marker.decode()} and a number, found {rest!r}")


def _check_last_string(data: Bytes, position: int) -> None:
    """A length that was changed by damage must not make the rest of the file look like one torn string."""
    swallowed = _FURTHER_COMMAND.search(data, position)
    if swallowed is not None:
        raise _Damaged(
            position, f"a string that runs past the end of the file, over the command at byte {swallowed.start() + 2}"
        )


def _without_zeros(data: Bytes) -> int:
    """The length without zeros at the end, which no whole file has: after a power cut they stand where data should be."""
    size, step = len(data), 1 << 16
    while size > 0:
        part = data[max(0, size - step) : size]
        stripped = part.rstrip(b"\0")
        size -= len(part) - len(stripped)
        if stripped:
            break
    return size


def _fsync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
