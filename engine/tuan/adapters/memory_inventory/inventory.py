"""The Inventory port in plain Python: checks, refusals of whole batches, and the verbs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tuan.adapters import claim_checks as checks
from tuan.adapters.memory_inventory import verbs
from tuan.adapters.memory_inventory.loading import shard_of
from tuan.adapters.memory_inventory.shard import Shard
from tuan.domain.claim import (
    Answer,
    Code,
    CounterSpec,
    CounterState,
    EndRequest,
    GiveBackRequest,
    ReserveRequest,
    RestockRequest,
    ShardSnapshot,
    ShardState,
)
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Clock

T = TypeVar("T")


class MemoryInventory:
    """No verb awaits anything, so each is one step for the tasks of one event loop. Lost when the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.shards: dict[str, Shard] = {}

    async def define(self, shard: str, epoch: int, key: str, counters: Sequence[CounterSpec]) -> Answer:
        checks.check_shard(shard)
        checks.check_name("key", key)
        checks.check_specs(counters)
        is_new = shard not in self.shards
        if is_new:
            self.shards[shard] = Shard(epoch)
        return self._each(shard, epoch, [key], lambda at, _, now: verbs.define(at, is_new, key, counters, now))[0]

    async def reserve(self, shard: str, epoch: int, requests: Sequence[ReserveRequest]) -> list[Answer]:
        checks.check_batch(requests)
        for request in requests:
            checks.check_reserve(request)
        return self._each(shard, epoch, requests, verbs.reserve)

    async def confirm(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]:
        checks.check_batch(requests)
        for request in requests:
            checks.check_end(request)
        return self._each(shard, epoch, requests, verbs.confirm)

    async def release(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]:
        checks.check_batch(requests)
        for request in requests:
            checks.check_end(request)
        return self._each(shard, epoch, requests, verbs.release)

    async def expire(self, shard: str, epoch: int, count_max: int) -> list[str]:
        checks.check_count(count_max)
        if self._refusal(shard, epoch) is not Code.GRANTED:
            return []
        return verbs.expire(self.shards[shard], count_max, self._now_ms(shard))

    async def restock(self, shard: str, epoch: int, requests: Sequence[RestockRequest]) -> list[Answer]:
        checks.check_batch(requests)
        for request in requests:
            checks.check_restock(request)
        return self._each(shard, epoch, requests, verbs.restock)

    async def give_back(self, shard: str, epoch: int, requests: Sequence[GiveBackRequest]) -> list[Answer]:
        checks.check_batch(requests)
        for request in requests:
            checks.check_give_back(request)
        return self._each(shard, epoch, requests, verbs.give_back)

    async def counters(self, shard: str, names: Sequence[str] | None = None) -> dict[str, CounterState]:
        checks.check_shard(shard)
        if shard not in self.shards:
            return {}
        at, now_ms = self.shards[shard], self._now_ms(shard)
        wanted = [*at.limits, *at.capacities] if names is None else names
        return {name: state for name in wanted if (state := at.counter(name, now_ms))}

    async def reservations(self, shard: str, keys: Sequence[str]) -> list[Answer]:
        return self._each(shard, None, keys, lambda at, key, _: verbs.look_up(at, key))

    async def shard_state(self, shard: str) -> ShardState | None:
        checks.check_shard(shard)
        if shard not in self.shards:
            return None
        at = self.shards[shard]
        return ShardState(at.epoch, at.sequence, at.open, self._now_ms(shard))

    async def load(self, shard: str, snapshot: ShardSnapshot) -> None:
        checks.check_shard(shard)
        checks.check_snapshot(snapshot)
        self.shards[shard] = shard_of(snapshot, self._clock.now_ms())

    async def open_shard(self, shard: str, epoch: int) -> None:
        code = self._refusal(shard, epoch)
        if code not in (Code.GRANTED, Code.SHARD_CLOSED):
            message = f"shard {shard} answered {code.name}: it needs a whole load at its current epoch"
            raise TuanError(Reason.SHARD_REBUILDING, message, shard=shard, code=code.name)
        self.shards[shard].open = True

    async def close_shard(self, shard: str) -> None:
        checks.check_shard(shard)
        if shard in self.shards:
            self.shards[shard].open = False

    async def forget(self, shard: str, ended_before_ms: int, count_max: int) -> int:
        checks.check_count(count_max)
        if self._refusal(shard, None) is not Code.GRANTED:
            return 0
        return verbs.forget(self.shards[shard], ended_before_ms, count_max)

    def _each(
        self, shard: str, epoch: int | None, items: Sequence[T], verb: Callable[[Shard, T, int], Answer]
    ) -> list[Answer]:
        """The verb's answer to each item, each seeing the effect of those before it; or the batch's refusal for each."""
        code = self._refusal(shard, epoch)
        if code is not Code.GRANTED:
            return [Answer(code) for _ in items]
        at, now_ms = self.shards[shard], self._now_ms(shard)
        return [verb(at, item, now_ms) for item in items]

    def _refusal(self, shard: str, epoch: int | None) -> Code:
        checks.check_shard(shard)
        at = self.shards.get(shard)
        if at is None:
            return Code.SHARD_MISSING
        if epoch is not None and epoch != at.epoch:
            return Code.STALE_EPOCH
        return Code.GRANTED if at.open else Code.SHARD_CLOSED

    def _now_ms(self, shard: str) -> int:
        return self.shards[shard].time_ms(self._clock.now_ms())
