"""The shards as SQL knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tuan.domain.claim import ShardSnapshot


@dataclass(frozen=True, slots=True)
class ShardRow:
    """A shard as SQL knows it: `cursor`: the last drained sequence number; `epoch`: the generation that may write."""

    shard: str
    epoch: int
    cursor: int
    state: str
    forgetful: bool = False


class Shards(Protocol):
    def register(self, shard: str) -> int:
        """Create the row with epoch 1 if it is not there; the epoch."""

    def get(self, shard: str) -> ShardRow | None: ...
    def all(self) -> list[ShardRow]: ...
    def raise_epoch(self, shard: str) -> int: ...
    def set_state(self, shard: str, state: str) -> None: ...
    def set_forgetful(self, shard: str) -> None: ...
    def has_ended_before(self, shard: str, time_ms: int) -> bool:
        """True when the shard has ended reservations that were made before then."""

    def snapshot(self, shard: str, epoch: int) -> ShardSnapshot:
        """The whole shard as its drained intents left it: what a rebuild loads, and what the audit compares with."""
