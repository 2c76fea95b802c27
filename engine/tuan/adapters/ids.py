"""The Ids port: UUIDv7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import threading
import time
from array import array

_TAIL_BITS = 74
_TAIL_MASK = (1 << _TAIL_BITS) - 1
_VARIANT_BITS = 62
_REST_MASK = (1 << _VARIANT_BITS) - 1
_TAIL_BYTES = 10
#: Read at once: a read costs more than all the rest.
_STEPS = 1_000


class Uuid7Ids:
    """Ids that sort by time, and within one process strictly in the order in which they were made.

    48 bits of Unix milliseconds, then 74 bits: random for the first id of a millisecond, raised by a random 32-bit step for
    each further one (RFC 9562, 6.2, method 2). Steps are read many at once; a forked process throws away what it inherited, so
    that it does not repeat its parent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ms = 0
        self._tail = 0
        self._entropy = array("I")
        self._used = 0
        os.register_at_fork(after_in_child=self._forked)

    def new(self) -> str:
        return self.many(1)[0]

    def many(self, count: int) -> list[str]:
        made: list[str] = []
        with self._lock:
            ms, tail, top = self._ms, self._tail, -1
            now_ms = time.time_ns() // 1_000_000
            prefix = ""
            for step in self._steps(count):
                if now_ms > ms:
                    ms, tail = now_ms, self._first_tail()
                else:
                    tail += 1 + step
                    if tail > _TAIL_MASK:
                        ms, tail = ms + 1, self._first_tail()
                if (head := ms << 16 | 0x7 << 12 | tail >> _VARIANT_BITS) != top:
                    top, text = head, f"{head:016x}"
                    prefix = f"{text[:8]}-{text[8:12]}-{text[12:]}-"
                rest = f"{0b10 << _VARIANT_BITS | tail & _REST_MASK:016x}"
                made.append(f"{prefix}{rest[:4]}-{rest[4:]}")
            self._ms, self._tail = ms, tail
        return made

    def _steps(self, count: int) -> list[int]:
        """So many random numbers of 32 bits; one read serves many calls for one id."""
        end = self._used + count
        if end > len(self._entropy):
            self._entropy = array("I", os.urandom(max(count, _STEPS) * array("I").itemsize))
            self._used, end = 0, count
        start, self._used = self._used, end
        return self._entropy[start:end].tolist()

    def _first_tail(self) -> int:
        """Of a millisecond. The top bit stays clear, so that steps within the millisecond have room to carry."""
        return int.from_bytes(os.urandom(_TAIL_BYTES), "big") & (_TAIL_MASK >> 1)

    def _forked(self) -> None:
        self._lock = threading.Lock()
        self._entropy, self._used = array("I"), 0
