"""The Ids port: UUIDv7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import threading
import time
import uuid

_TAIL_BITS = 74
_TAIL_MASK = (1 << _TAIL_BITS) - 1
_VARIANT_BITS = 62


class Uuid7Ids:
    """Ids that sort by time, and within one process strictly in the order in which they were made.

    48 bits of Unix milliseconds, then 74 bits: random for the first id of a millisecond, raised by a random 32-bit step for
    each further one (RFC 9562, 6.2, method 2). Each step reads `os.urandom`, so a forked process does not repeat its parent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ms = 0
        self._tail = 0

    def new(self) -> str:
        random = int.from_bytes(os.urandom(10), "big")
        with self._lock:
            now_ms = time.time_ns() // 1_000_000
            if now_ms > self._ms:
                # The top bit stays clear, so that steps within the millisecond have room to carry.
                self._ms, self._tail = now_ms, random & (_TAIL_MASK >> 1)
            else:
                self._tail += 1 + (random & 0xFFFFFFFF)
                if self._tail > _TAIL_MASK:
                    self._ms, self._tail = self._ms + 1, random & (_TAIL_MASK >> 1)
            ms, tail = self._ms, self._tail
        head, rest = tail >> _VARIANT_BITS, tail & ((1 << _VARIANT_BITS) - 1)
        return str(uuid.UUID(int=ms << 80 | 0x7 << 76 | head << 64 | 0b10 << 62 | rest))
