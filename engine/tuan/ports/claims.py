"""The claims store and its log of intents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from tuan.domain.claim import (
    Answer,
    CounterSpec,
    CounterState,
    EndRequest,
    GiveBackRequest,
    Intent,
    ReserveRequest,
    RestockRequest,
    ShardSnapshot,
    ShardState,
)


class Inventory(Protocol):
    """The claims store. One answer per request, in order; a batch-wide refusal (epoch, missing shard) answers every item.

    Raises StoreUnavailable (nothing was done) or OutcomeUnknown (it may have been: ask again with the same keys) as TuanError
    with reasons STORE_UNAVAILABLE and OUTCOME_UNKNOWN.
    """

    async def define(self, shard: str, epoch: int, key: str, counters: Sequence[CounterSpec]) -> Answer:
        """Create the shard if it is not there, and named capacities in it, once per key. Existing counters keep their use."""

    async def reserve(self, shard: str, epoch: int, requests: Sequence[ReserveRequest]) -> list[Answer]: ...
    async def confirm(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]: ...
    async def release(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]: ...
    async def expire(self, shard: str, epoch: int, count_max: int) -> list[str]:
        """End up to `count_max` pending reservations whose due time is past; their keys."""

    async def restock(self, shard: str, epoch: int, requests: Sequence[RestockRequest]) -> list[Answer]: ...
    async def give_back(self, shard: str, epoch: int, requests: Sequence[GiveBackRequest]) -> list[Answer]: ...

    async def counters(self, shard: str, names: Sequence[str] | None = None) -> dict[str, CounterState]:
        """The named counters, or (None) every counter of the shard, for the audit. Unknown names are left out."""

    async def reservations(self, shard: str, keys: Sequence[str]) -> list[Answer]:
        """Ask for the outcome of reservations: GRANTED with their state, or UNKNOWN_RESERVATION."""

    async def shard_state(self, shard: str) -> ShardState | None: ...

    async def load(self, shard: str, snapshot: ShardSnapshot) -> None:
        """Replace the shard by `snapshot` (rebuild). It stays closed until `open_shard`."""

    async def open_shard(self, shard: str, epoch: int) -> None: ...
    async def close_shard(self, shard: str) -> None: ...
    async def forget(self, shard: str, ended_before_ms: int, count_max: int) -> int:
        """Drop ended reservations older than that (they are in SQL); how many. Limits that count on are kept."""


class IntentLog(Protocol):
    """The shards' intents, for the drainer. Synchronous: it runs in a thread or process of its own."""

    def wait(self, cursors: Mapping[str, int], timeout_ms: int) -> list[str]:
        """Block until some shard has intents after its cursor, or the timeout; those shards."""

    def read(self, shard: str, after: int, count_max: int) -> list[Intent]:
        """The next ones in their order, `count_max` or fewer; none only when there are none."""

    def trim(self, shard: str, through: int) -> None:
        """Drop intents up to and with this sequence number, which are committed in SQL. Those that one call wrote may stay until all of
        them are."""
