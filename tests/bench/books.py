"""What must be true after every station, whatever its figures are; a station that fails this has measured nothing."""

from __future__ import annotations

import asyncio
import time

from tests.bench.load.outcomes import Outcomes
from tests.bench.shop import Shop

_DRAIN_S_MAX = 300.0
SHED_SHARE_MAX = 0.02


class Wrong(Exception):
    """The engine sold too much, lost something, or answered with errors."""


async def check(shop: Shop, station: str, placed: int, unknown: int = 0) -> None:
    """Stock exact (what is gone was acknowledged, and nothing else), and the audit clean. Raises Wrong.

    `unknown`: orders whose callers gave up waiting: they may have been placed, and nobody else may.
    """
    async with shop.client() as client:
        counted = await shop.counted(client)
        taken = sum(capacity - available for capacity, available in counted)
        if any(available < 0 or capacity > shop.stock for capacity, available in counted):
            raise Wrong(f"{station}: a counter is out of its bounds: {counted}")
        if not placed <= taken <= placed + unknown:
            raise Wrong(f"{station}: {placed} acknowledged, {unknown} unknown, {taken} taken")
        audit = await client.admin.audit(timeout_s=600)
    found = {name: getattr(audit, name) for name in ("oversold", "stranded", "lost", "duplicated", "unbalanced")}
    if any(found.values()):
        raise Wrong(f"{station}: the audit is not clean: {found}")


def all_placed(station: str, outcomes: Outcomes) -> None:
    """Where nothing may be refused, since there is enough of everything. Raises Wrong.

    An engine may put a few off ("come back later"), which costs it their orders; where it does so to many, nothing was measured.
    """
    answered = outcomes.placed + outcomes.shed
    if outcomes.all != answered or not outcomes.placed or outcomes.shed > SHED_SHARE_MAX * answered:
        raise Wrong(f"{station}: not every order was placed: {outcomes}")


async def drained(shop: Shop, station: str) -> float:
    """Seconds until SQL has everything that Redis has. Raises Wrong when it never does."""
    begun_s = time.monotonic()
    async with shop.client() as client:
        while any(shard.cursor < shard.sequence for shard in (await client.admin.get_status()).shards):
            if time.monotonic() - begun_s > _DRAIN_S_MAX:
                raise Wrong(f"{station}: the drain has not caught up within {_DRAIN_S_MAX:.0f} s")
            await asyncio.sleep(0.05)
    return time.monotonic() - begun_s
