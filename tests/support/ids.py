"""Ids that are the same in each run."""

from __future__ import annotations

import itertools
import threading


class FakeIds:
    """The Ids port for tests: `id-000001`, `id-000002` ..., which sort in the order in which they were made."""

    def __init__(self, prefix: str = "id") -> None:
        self._prefix = prefix
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def new(self) -> str:
        return self.many(1)[0]

    def many(self, count: int) -> list[str]:
        with self._lock:
            return [f"{self._prefix}-{next(self._numbers):06}" for _ in range(count)]
