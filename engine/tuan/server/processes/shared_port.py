"""The port that engine processes share (SO_REUSEPORT), reserved by their parent, so that it stays theirs while one is started again."""

from __future__ import annotations

import errno
import socket
import time

from tuan.settings import SettingsError

#: What a killed engine left listening is gone by then.
TAKEN_S_MAX = 2.0
LOOK_AGAIN_S = 0.1


class SharedPort:
    """`listen_address`: as in the settings; `address` is the same with a port that is known. A unix socket is left as it is.

    Bound, and never listened on: the kernel gives connections to the processes that listen. Blocks. Raises SettingsError where somebody
    else listens there: without the look another engine's processes would share the port, and each get half of the other's calls.
    """

    def __init__(self, listen_address: str) -> None:
        self.address = listen_address
        self._socket: socket.socket | None = None
        if listen_address.startswith("unix:"):
            return
        host, _, port = listen_address.rpartition(":")
        try:
            self._wait_free(host, int(port))
            self._socket = _bound(host, int(port), shared=True)
        except OSError as error:
            message = (
                f"TUAN_LISTEN_ADDRESS={listen_address!r}: cannot listen there ({error.strerror}); write another one"
            )
            raise SettingsError([message]) from error
        self.address = f"{host}:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    @staticmethod
    def _wait_free(host: str, port: int) -> None:
        deadline_s = time.monotonic() + TAKEN_S_MAX
        while port:
            try:
                _bound(host, port, shared=False).close()
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline_s:
                    raise
            time.sleep(LOOK_AGAIN_S)


def _bound(host: str, port: int, shared: bool) -> socket.socket:
    [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
        host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made = socket.socket(family, kind, protocol)
    try:
        # Connections of an engine that ended a minute ago still wait to be forgotten.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
