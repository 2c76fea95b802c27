"""One shard in the claims store against the same shard in SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tuan.domain.claim import (
    Answer,
    Code,
    CounterState,
    ReservationSnapshot,
    ReservationState,
    ShardSnapshot,
    ShardState,
)
from tuan.ports import Inventory, Record, ShardRow, Unit
from tuan.usecases.shard_counters import expected_counters, limits_of


@dataclass(frozen=True, slots=True)
class ShardDifference:
    """`figure`: the name of one of the audit's figures."""

    figure: str
    name: str
    subject: str
    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class _SqlShard:
    row: ShardRow
    snapshot: ShardSnapshot
    counted: dict[str, CounterState]


class ShardAuditor:
    def __init__(self, inventory: Inventory, record: Record) -> None:
        self._inventory = inventory
        self._record = record

    async def compare(self, shard: str, last_look: bool) -> list[ShardDifference] | None:
        """What does not agree; None when the shard moved meanwhile, or is closed, so that nothing can be said.

        On the `last_look`, intents that are still not drained are a difference of their own.
        """
        sql = await self._record.read(lambda unit: _read(unit, shard))
        before = await self._inventory.shard_state(shard)
        if before is None:
            return list(_without_store(sql))
        if before.sequence != sql.row.cursor:
            return await self._undrained(sql, before) if last_look else None
        if not before.open:
            return None
        counters = await self._inventory.counters(shard)
        answers = await self._inventory.reservations(shard, [each.key for each in sql.snapshot.reservations])
        after = await self._inventory.shard_state(shard)
        if after is None or (after.sequence, after.epoch, after.open) != (before.sequence, before.epoch, True):
            return None
        return [*_compare_counters(sql, counters, after.time_ms), *_compare_reservations(sql, answers)]

    async def _undrained(self, sql: _SqlShard, state: ShardState) -> list[ShardDifference] | None:
        shard, cursor = sql.row.shard, sql.row.cursor
        if state.sequence < cursor:
            return [ShardDifference("lost", "store_behind", shard, cursor, state.sequence)]
        fresh = await self._record.read(lambda unit: unit.shards.get(shard))
        if fresh is not None and fresh.cursor > cursor:
            return None
        return [ShardDifference("lost", "undrained", shard, state.sequence, cursor)]


def _read(unit: Unit, shard: str) -> _SqlShard:
    row = unit.shards.get(shard)
    assert row is not None
    return _SqlShard(row, unit.shards.snapshot(shard, row.epoch), unit.checks.counters(shard))


def _without_store(sql: _SqlShard) -> Iterator[ShardDifference]:
    """A shard that was never used may be missing; one that SQL has seen intents of was lost."""
    if sql.row.cursor:
        yield ShardDifference("lost", "shard_missing", sql.row.shard, 1, 0)


def _compare_counters(sql: _SqlShard, found: dict[str, CounterState], now_ms: int) -> Iterator[ShardDifference]:
    expected = expected_counters(sql.snapshot, now_ms)
    limits = limits_of(sql.snapshot)
    nothing = CounterState(None, 0, 0)
    for name in sorted(expected.keys() | found.keys()):
        subject = f"{sql.row.shard} {name}"
        want, have = expected.get(name, nothing), found.get(name, nothing)
        yield from _differ("counter", subject, want, have)
        if want.capacity is not None:
            yield from _differ("counter_table", subject, want, sql.counted.get(name, nothing))
        most = have.capacity if have.capacity is not None else limits.get(name)
        if most is not None and have.used > most:
            yield ShardDifference("oversold", "over_capacity", subject, most, have.used)


def _differ(name: str, subject: str, want: CounterState, have: CounterState) -> Iterator[ShardDifference]:
    """More capacity than there is will be oversold, less is stranded; used by nobody is stranded, and used less is lost."""
    if want.capacity != have.capacity:
        wanted, had = want.capacity or 0, have.capacity or 0
        figure = "oversold" if had > wanted else "stranded"
        yield ShardDifference(figure, f"{name}_capacity", subject, wanted, had)
    if want.used != have.used:
        figure = "stranded" if have.used > want.used else "lost"
        yield ShardDifference(figure, f"{name}_used", subject, want.used, have.used)
    if want.taken != have.taken:
        figure = "duplicated" if have.taken > want.taken else "lost"
        yield ShardDifference(figure, f"{name}_taken", subject, want.taken, have.taken)


def _compare_reservations(sql: _SqlShard, answers: list[Answer]) -> Iterator[ShardDifference]:
    for known, answer in zip(sql.snapshot.reservations, answers, strict=True):
        subject = f"{sql.row.shard} {known.key}"
        if answer.code is not Code.GRANTED:
            if not _may_be_forgotten(sql.row, known):
                yield ShardDifference("lost", "reservation_missing", subject, 1, 0)
        elif answer.state is not known.state:
            yield ShardDifference("lost", f"reservation_{known.state.value}_in_sql", subject, 1, 0)


def _may_be_forgotten(row: ShardRow, reservation: ReservationSnapshot) -> bool:
    """A forgetful shard drops reservations that ended; SQL answers for them."""
    return row.forgetful and reservation.state is not ReservationState.PENDING
