"""One at a time per key, within this process: two payments must not reinstate the same order side by side, nor two tries of a
request over several sales build on each other's holds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager


class KeyLocks:
    """Locks by key, each there as long as somebody has or wants it."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted: dict[str, int] = {}

    def taken(self, key: str) -> bool:
        """Somebody has it; `of` would wait."""
        return key in self._locks

    @asynccontextmanager
    async def of(self, *keys: str) -> AsyncIterator[None]:
        """Waits for whoever has one of them. In the order of keys, so that no two can wait for each other."""
        names = sorted(set(keys))
        for name in names:
            self._wanted[name] = self._wanted.get(name, 0) + 1
        try:
            async with AsyncExitStack() as held:
                for name in names:
                    await held.enter_async_context(self._locks.setdefault(name, asyncio.Lock()))
                yield
        finally:
            for name in names:
                self._wanted[name] -= 1
                if not self._wanted[name]:
                    del self._wanted[name]
                    self._locks.pop(name, None)
