"""Two questions to a Redis on a unix socket, without a client library: is it ready, and please end."""

from __future__ import annotations

import socket
from pathlib import Path


def ping(path: Path, timeout_s: float) -> bytes:
    """The answer to PING: `+PONG`, `-LOADING ...`, or empty when nobody answers (no socket, refused, time up)."""
    return _ask(path, b"PING\r\n", timeout_s) or b""


def shutdown(path: Path, timeout_s: float) -> bool:
    """Ask it to flush its append-only file and end; False when nobody listens.

    Returns when it closed the connection, refused, or the time is up.
    """
    return _ask(path, b"SHUTDOWN NOSAVE\r\n", timeout_s) is not None


def _ask(path: Path, line: bytes, timeout_s: float) -> bytes | None:
    """The first line of the answer, empty without one; None when there was nobody to ask."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except OSError:
            return None
        try:
            connection.sendall(line)
            return connection.recv(256).strip()
        except OSError:
            return b""
