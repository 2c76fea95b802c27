"""The Inventory port on Redis: every verb is one script, one call and one fsync for a whole batch."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import redis.asyncio

from tuan.adapters import claim_checks as checks
from tuan.adapters.redis_inventory import wire
from tuan.adapters.redis_inventory.keys import shard_keys
from tuan.adapters.redis_inventory.loading import snapshot_parts
from tuan.adapters.redis_inventory.packing import encode
from tuan.adapters.redis_inventory.runner import ScriptRunner
from tuan.breaker import Breaker
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

#: Names, keys or reservations per script: up to 20 ms of Redis, during which no order is placed.
CHUNK = 1000


class RedisInventory:
    """`client`: from `connect` (it must not retry by itself). `clock` None: the time is that of Redis, as it should be."""

    def __init__(self, client: redis.asyncio.Redis, clock: Clock | None = None, breaker: Breaker | None = None) -> None:
        self._runner = ScriptRunner(client, breaker)
        self._clock = clock

    async def define(self, shard: str, epoch: int, key: str, counters: Sequence[CounterSpec]) -> Answer:
        (answer,) = await self._batch("define", shard, epoch, wire.definition(key, counters))
        return answer

    async def reserve(self, shard: str, epoch: int, requests: Sequence[ReserveRequest]) -> list[Answer]:
        checks.check_batch(requests)
        reply = await self._runner.run("reserve", shard, epoch, self._now(), wire.reserve_batch(requests))
        return wire.answers(reply, [request.label for request in requests])

    async def confirm(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]:
        checks.check_batch(requests)
        return await self._batch("confirm", shard, epoch, wire.end_batch(requests))

    async def release(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]:
        checks.check_batch(requests)
        return await self._batch("release", shard, epoch, wire.end_batch(requests))

    async def expire(self, shard: str, epoch: int, count_max: int) -> list[str]:
        """A shard that refuses (missing, other epoch, closed) has nothing to expire: an empty list."""
        checks.check_count(count_max)
        expired: list[str] = []
        while len(expired) < count_max:
            wanted = min(count_max - len(expired), CHUNK)
            keys = await self._runner.run("expire", shard, epoch, self._now(), wanted)
            expired += [key.decode() for key in keys]
            if len(keys) < wanted:
                break
        return expired

    async def restock(self, shard: str, epoch: int, requests: Sequence[RestockRequest]) -> list[Answer]:
        checks.check_batch(requests)
        return await self._batch("restock", shard, epoch, wire.restock_batch(requests))

    async def give_back(self, shard: str, epoch: int, requests: Sequence[GiveBackRequest]) -> list[Answer]:
        checks.check_batch(requests)
        return await self._batch("give_back", shard, epoch, wire.give_back_batch(requests))

    async def counters(self, shard: str, names: Sequence[str] | None = None) -> dict[str, CounterState]:
        """With None the names are scanned first, so what begins to count meanwhile may be missing: audit a quiet shard."""
        found: dict[str, CounterState] = {}
        async for chunk in self._counter_names(shard) if names is None else _chunks(names):
            reply = await self._runner.run("counters", shard, "", self._now(), encode(chunk))
            found |= wire.counter_states(reply)
        return found

    async def reservations(self, shard: str, keys: Sequence[str]) -> list[Answer]:
        """A missing or closed shard answers so for every key: it cannot tell what it does not know from what never was."""
        answers: list[Answer] = []
        async for chunk in _chunks(keys):
            answers += await self._batch("reservations", shard, "", encode(chunk))
        return answers

    async def shard_state(self, shard: str) -> ShardState | None:
        reply = await self._runner.run("shard_state", shard, "", self._now())
        if reply is None:
            return None
        epoch, sequence, is_open, time_ms = (int(value) for value in reply)
        return ShardState(epoch, sequence, is_open == 1, time_ms)

    async def load(self, shard: str, snapshot: ShardSnapshot) -> None:
        """Raises SHARD_REBUILDING when another load of the same shard came between."""
        checks.check_snapshot(snapshot)
        for part in snapshot_parts(snapshot):
            _must_be_granted(await self._runner.run("load", shard, snapshot.epoch, self._now(), part), shard)

    async def open_shard(self, shard: str, epoch: int) -> None:
        """Raises SHARD_REBUILDING when the shard is missing, of another epoch, or not wholly loaded."""
        _must_be_granted(await self._runner.run("open_shard", shard, epoch), shard)

    async def close_shard(self, shard: str) -> None:
        await self._runner.run("close_shard", shard)

    async def forget(self, shard: str, ended_before_ms: int, count_max: int) -> int:
        checks.check_count(count_max)
        return int(await self._runner.run("forget", shard, "", self._now(), encode((ended_before_ms, count_max))))

    async def _batch(self, verb: str, shard: str, epoch: int | str, batch: bytes) -> list[Answer]:
        return wire.answers(await self._runner.run(verb, shard, epoch, self._now(), batch))

    async def _counter_names(self, shard: str) -> AsyncIterator[Sequence[str]]:
        keys = shard_keys(shard)
        for key in (keys.capacities, keys.limits):
            cursor = b"0"
            while True:
                cursor, fields = await self._runner.call("HSCAN", key, cursor, "COUNT", CHUNK)
                yield [name.decode() for name in fields[::2]]
                if cursor == b"0":
                    break

    def _now(self) -> int | str:
        return "" if self._clock is None else self._clock.now_ms()


async def _chunks(values: Sequence[str]) -> AsyncIterator[Sequence[str]]:
    for first in range(0, len(values), CHUNK):
        yield values[first : first + CHUNK]


def _must_be_granted(code: Any, shard: str) -> None:
    if code != Code.GRANTED:
        message = f"shard {shard} answered {Code(code).name}: it needs a whole load at its current epoch"
        raise TuanError(Reason.SHARD_REBUILDING, message, shard=shard, code=Code(code).name)
