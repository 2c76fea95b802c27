"""One at a time per key, for the few things that must not overlap; everybody else pays a look into an empty dict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class KeyTurns:
    """`async with turns.of(keys)`: nobody else is inside with one of these keys. All of them at once, so nobody waits in a circle."""

    def __init__(self) -> None:
        self._busy: dict[str, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, keys: Collection[str]) -> AsyncIterator[None]:
        while others := {self._busy[key] for key in keys if key in self._busy}:
            await asyncio.wait(others)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for key in keys:
            self._busy[key] = mine
        try:
            yield
        finally:
            for key in keys:
                del self._busy[key]
            mine.set_result(None)
