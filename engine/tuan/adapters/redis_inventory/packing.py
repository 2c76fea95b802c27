"""msgpack as the scripts take it: Redis 6.2 reads it inside Lua, but for its `bin` type."""

from __future__ import annotations

import msgspec

encode = msgspec.msgpack.Encoder().encode


def packed(inner: bytes) -> msgspec.Raw:
    """msgpack inside a msgpack string: Lua stores it as it is, which saves packing it again (twice 1.2 µs per reservation)."""
    return msgspec.Raw(_head(len(inner)) + inner)


def packed_text(text: bytes) -> bytes:
    """UTF-8 text as a msgpack string."""
    return _head(len(text)) + text


def _head(size: int) -> bytes:
    if size < 1 << 8:
        return b"\xd9" + size.to_bytes(1, "big")
    if size < 1 << 16:
        return b"\xda" + size.to_bytes(2, "big")
    return b"\xdb" + size.to_bytes(4, "big")
