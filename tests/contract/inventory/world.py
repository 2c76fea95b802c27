"""A claims store under test, with the short forms that keep a test to its point."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.clock import FakeClock
from tuan.domain.claim import (
    Answer,
    Claim,
    CounterSpec,
    CounterState,
    EndRequest,
    GiveBackRequest,
    Intent,
    OnRelease,
    ReserveRequest,
    RestockRequest,
)
from tuan.ports import IntentLog, Inventory

SHARD = "sale"
EPOCH = 7


def stock(name: str, quantity: int = 1) -> Claim:
    return Claim(name, quantity)


def limit(name: str, limit: int, quantity: int = 1, window_ms: int = 0, keep: bool = False) -> Claim:
    return Claim(name, quantity, limit, window_ms, OnRelease.KEEP if keep else OnRelease.GIVE_BACK)


@dataclass
class World:
    """One store, one shard, a clock that only the test moves."""

    inventory: Inventory
    log: IntentLog
    clock: FakeClock

    async def define(self, key: str = "define", **capacities: int) -> Answer:
        specs = [CounterSpec(name, capacity) for name, capacity in capacities.items()]
        return await self.inventory.define(SHARD, EPOCH, key, specs)

    async def reserve(
        self, key: str, *claims: Claim, hold_ms: int = 1000, fingerprint: str = "same", confirm: bool = False
    ) -> Answer:
        request = ReserveRequest(
            key, fingerprint, claims, hold_ms, b"body of " + key.encode(), confirm, f"label of {key}"
        )
        (answer,) = await self.inventory.reserve(SHARD, EPOCH, [request])
        return answer

    async def confirm(self, key: str, body: bytes = b"") -> Answer:
        (answer,) = await self.inventory.confirm(SHARD, EPOCH, [EndRequest(key, body)])
        return answer

    async def release(self, key: str, body: bytes = b"") -> Answer:
        (answer,) = await self.inventory.release(SHARD, EPOCH, [EndRequest(key, body)])
        return answer

    async def expire(self, count_max: int = 100) -> list[str]:
        return await self.inventory.expire(SHARD, EPOCH, count_max)

    async def restock(self, key: str, counter: str, delta: int, clip: bool = False) -> Answer:
        (answer,) = await self.inventory.restock(SHARD, EPOCH, [RestockRequest(key, counter, delta, clip)])
        return answer

    async def give_back(self, key: str, reservation: str, **quantities: int) -> Answer:
        request = GiveBackRequest(key, reservation, tuple(quantities.items()))
        (answer,) = await self.inventory.give_back(SHARD, EPOCH, [request])
        return answer

    async def counter(self, name: str) -> CounterState | None:
        return (await self.inventory.counters(SHARD, [name])).get(name)

    async def used(self, name: str) -> int:
        state = await self.counter(name)
        return 0 if state is None else state.used

    def intents(self, after: int = 0) -> list[Intent]:
        return self.log.read(SHARD, after, 1_000_000)
