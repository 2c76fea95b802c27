"""Stores behind which the power can fail: the n-th call to either takes effect, and its caller never hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tuan.adapters.memory_inventory import MemoryInventory
from tuan.adapters.sql_record import SqlRecord
from tuan.ports import Unit

T = TypeVar("T")


#: What a crash cannot halve.
READS = frozenset({"counters", "reservations", "shard_state"})


class PowerCut(BaseException):
    """The process is gone: whatever was to come after the call did not happen, and no `except Exception` sees it."""


class Power:
    """Counts calls that reach a store; `fail_at` names the one after which the power fails, 0 never."""

    def __init__(self) -> None:
        self.calls = 0
        self.fail_at = 0

    def used(self) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise PowerCut(f"after store call {self.calls}")

    def restore(self, fail_at: int = 0) -> None:
        self.calls, self.fail_at = 0, fail_at


class PoweredInventory:
    """The reference inventory; after each verb that writes, `drain` brings its intents to SQL, then the power may fail.

    `trouble`: answers for a shard instead of the store, where a test wants it lost, closed or raising.
    """

    def __init__(self, inner: MemoryInventory, power: Power, drain: Callable[[], object]) -> None:
        self.inner = inner
        self.power = power
        self.drain = drain
        self.trouble: dict[tuple[str, str], Callable[[Any], Any]] = {}
        self.seen: list[tuple[str, str]] = []

    def __getattr__(self, verb: str) -> Any:
        method = getattr(self.inner, verb)

        async def call(shard: str, *arguments: Any) -> Any:
            self.seen.append((verb, shard))
            if (verb, shard) in self.trouble:
                return self.trouble[verb, shard](arguments)
            result = await method(shard, *arguments)
            if verb not in READS:
                self.drain()
                self.power.used()
            return result

        return call


class PoweredRecord:
    """The SQL record, with the power that may fail after a transaction was committed."""

    def __init__(self, inner: SqlRecord, power: Power) -> None:
        self.inner = inner
        self.power = power

    async def write(self, work: Callable[[Unit], T]) -> T:
        result = await self.inner.write(work)
        self.power.used()
        return result

    async def read(self, work: Callable[[Unit], T]) -> T:
        return await self.inner.read(work)
