"""How far SQL is behind Redis while something is measured: what the engine itself says, twice a second."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from tests.bench.shop import Shop

_PAUSE_S = 0.5


class LagWatch:
    """`max_s`: the worst so far."""

    def __init__(self, shop: Shop) -> None:
        self._client = shop.client()
        self.max_s = 0.0

    async def now_s(self) -> float:
        status = await self._client.admin.get_status()
        lag_s = max((shard.lag.total_seconds() if shard.lag else 0.0 for shard in status.shards), default=0.0)
        self.max_s = max(self.max_s, lag_s)
        return lag_s

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await self._client.__aexit__(kind, error, trace)

    async def _watch(self) -> None:
        while True:
            await self.now_s()
            await asyncio.sleep(_PAUSE_S)
