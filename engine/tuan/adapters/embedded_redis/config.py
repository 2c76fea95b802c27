"""The redis.conf of the embedded server. An own file, so that no setting of the machine's Redis applies."""

from __future__ import annotations

from collections.abc import Mapping

from tuan.adapters.embedded_redis.paths import Paths
from tuan.domain.errors import InvalidValue

#: What the engine's promises rest on; options may not change these.
_FIXED = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "databases": "1",
    "appendonly": "yes",
    # An order is acknowledged after its fsync; also while a rewrite is running.
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    # The tail is cut by aof.py between blocks; Redis itself would cut inside one (6.2, see docs/adr/0003).
    "aof-load-truncated": "no",
    # Commands only, so that aof.py can read the whole file; loading a rewritten file takes longer for it.
    "aof-use-rdb-preamble": "no",
    "save": '""',
    "maxmemory-policy": "noeviction",
}

#: What suits the engine's load; options may change these.
_TUNED = {
    # At 21,000 orders/s the file grows by about 30 MB/s, nearly all of it intents that are drained within a second. The
    # default of 64 MB would fork and rewrite every 2 s; at 256 MB it is every 9 s, and loading it takes up to 10 s.
    "auto-aof-rewrite-min-size": "256mb",
    "auto-aof-rewrite-percentage": "100",
    "aof-rewrite-incremental-fsync": "yes",
    # The engine, its drainers and a few tools; Redis reserves as many file descriptors.
    "maxclients": "512",
    "loglevel": "notice",
    "maxmemory": "0",
}


def render(paths: Paths, options: Mapping[str, str]) -> str:
    """The file's text. Raises InvalidValue for an option that would break a promise."""
    for name in options:
        if name in _FIXED or name in ("dir", "unixsocket"):
            raise InvalidValue(name, "this Redis option is fixed for the embedded server; leave it out")
    lines = {
        "dir": _quoted(str(paths.folder)),
        "unixsocket": _quoted(str(paths.socket)),
        **_FIXED,
        **_TUNED,
        **options,
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def _quoted(text: str) -> str:
    """A string as redis.conf reads it: in double quotes, with everything but plain ASCII as \\xHH."""
    plain = [
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in text.encode(errors="surrogateescape")
    ]
    return f'"{"".join(plain)}"'
