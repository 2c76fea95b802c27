"""Rebuild a shard's counters from SQL: the store was lost, is stale after a failover, or disagrees with the record.

    close the shard -> wait until the drain has written what can still be read -> raise the epoch (whatever believes in the old
    one is refused from here on, in Redis and in SQL) -> load the snapshot -> compare -> open

Every step may be repeated; a rebuild that stopped half-way is finished by the next one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from tuan.domain.claim import CounterState, ShardSnapshot
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Inventory, Record, ShardRow
from tuan.usecases.shard_counters import expected_counters

log = structlog.get_logger()

DRAIN_WAIT_MS = 10_000
POLL_MS = 20
#: How often the drain may be looked at without having moved before its log counts as read to its end.
IDLE_POLLS_MAX = 50
RETRY_AFTER_MS = 1_000


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """`lost`: sequence numbers that the store had given out and that never came to SQL; 0 unless the rebuild was forced."""

    shard: str
    epoch: int
    reservations: int
    counters: int
    lost: int = 0


async def rebuild(
    shard: str, inventory: Inventory, record: Record, *, force: bool = False, wait_ms: int = DRAIN_WAIT_MS
) -> RebuildReport:
    """Replace what the claims store has of `shard` by what SQL has.

    Raises SHARD_REBUILDING when the drain cannot reach the end of the old log (a gap, a drain that is not running): those
    intents were acknowledged. `force` gives them up.
    """
    row = await record.read(lambda unit: unit.shards.get(shard))
    if row is None:
        raise TuanError(Reason.INVALID_FIELD, f"shard: {shard} is not known to the record", field="shard")
    lost = await _close_and_drain(row, inventory, record, wait_ms)
    if lost and not force:
        raise TuanError(
            Reason.SHARD_REBUILDING,
            f"{shard}: {lost} acknowledged intents are not in SQL yet; let the drain write them, or give them up by force",
            retry_after_ms=RETRY_AFTER_MS,
            shard=shard,
        )

    epoch = await record.write(lambda unit: unit.shards.raise_epoch(shard))
    snapshot = await record.read(lambda unit: unit.shards.snapshot(shard, epoch))
    await inventory.load(shard, snapshot)
    await _compare(shard, snapshot, inventory)
    await inventory.open_shard(shard, epoch)
    await record.write(lambda unit: unit.shards.set_state(shard, "open"))
    log.info("shard_rebuilt", shard=shard, epoch=epoch, reservations=len(snapshot.reservations), lost=lost)
    return RebuildReport(shard, epoch, len(snapshot.reservations), len(snapshot.counters), lost)


async def _close_and_drain(row: ShardRow, inventory: Inventory, record: Record, wait_ms: int) -> int:
    """How many intents the store had numbered that SQL does not have in the end."""
    state = await inventory.shard_state(row.shard)
    if state is None:
        return 0
    await inventory.close_shard(row.shard)
    state = await inventory.shard_state(row.shard)
    if state is None or state.epoch != row.epoch:
        return 0  # Of another epoch: the drain refuses its intents, and this very rebuild is the answer.
    cursor, idle_polls = row.cursor, 0
    for _ in range(max(1, wait_ms // POLL_MS)):
        if cursor >= state.sequence or idle_polls > IDLE_POLLS_MAX:
            break
        await asyncio.sleep(POLL_MS / 1_000)
        fresh = await record.read(lambda unit: unit.shards.get(row.shard))
        moved = fresh is not None and fresh.cursor > cursor
        cursor = fresh.cursor if fresh is not None else cursor
        idle_polls = 0 if moved else idle_polls + 1
    return max(0, state.sequence - cursor)


async def _compare(shard: str, snapshot: ShardSnapshot, inventory: Inventory) -> None:
    """Counter by counter, before anybody may use them. A difference is a bug: the shard stays closed."""
    found = await inventory.counters(shard)
    state = await inventory.shard_state(shard)
    expected = expected_counters(snapshot, state.time_ms if state is not None else 0)
    wrong = sorted(name for name in expected.keys() | found.keys() if _differ(expected.get(name), found.get(name)))
    if wrong:
        raise TuanError(
            Reason.SHARD_REBUILDING,
            f"{shard}: after loading, {len(wrong)} counters differ from SQL, the first is {wrong[0]}: "
            f"{found.get(wrong[0])} instead of {expected.get(wrong[0])}",
            shard=shard,
        )


def _differ(expected: CounterState | None, found: CounterState | None) -> bool:
    """A limit that counts nothing may be there or not."""
    nothing = CounterState(None, 0, 0)
    return (expected or nothing) != (found or nothing)
