"""Work that one process does for all: who has it, and that what another decided meanwhile is not undone."""

from __future__ import annotations

from tests.contract.record.test_leases import LEASE_MS, PausedLog
from tests.contract.record.world import World, order_placed
from tuan.adapters.memory_inventory import MemoryIntentLog
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.activity import Activity, ActivityState

DUTY = "jobs"


def _take(record: SqlRecord, owner: str, now_ms: int, lease_ms: int = 100) -> bool:
    return record.write_now(lambda unit: unit.duties.take(DUTY, owner, now_ms, now_ms + lease_ms))


def test_one_owner_at_a_time(record: SqlRecord) -> None:
    """Goal: a duty has one owner until its lease is over. Method: two owners ask in turn, around the moment of its end."""
    assert _take(record, "a", 1_000)
    assert not _take(record, "b", 1_099)
    assert _take(record, "a", 1_099), "the owner renews"
    assert not _take(record, "b", 1_198)
    assert _take(record, "b", 1_199)
    assert not _take(record, "a", 1_200), "late is lost"


def test_duties_are_apart(record: SqlRecord) -> None:
    """Goal: each duty has a lease of its own. Method: another one is free while this one is held."""
    assert _take(record, "a", 1_000)
    assert record.write_now(lambda unit: unit.duties.take("other", "b", 1_000, 1_100))


def test_what_is_given_up_is_free_at_once(record: SqlRecord) -> None:
    """Goal: an ordered end waits for no lease, and ends nobody else's. Method: give up one's own, then what another has by now."""
    assert _take(record, "a", 1_000)
    record.write_now(lambda unit: unit.duties.give_up(DUTY, "a"))
    assert _take(record, "b", 1_001)
    record.write_now(lambda unit: unit.duties.give_up(DUTY, "a"))
    assert not _take(record, "c", 1_002)


def test_a_state_moves_from_where_it_was_seen(record: SqlRecord) -> None:
    """Goal: an activity that was ended meanwhile is not called running. Method: move it from a state that it has, then has no more."""
    activity = Activity("sale", "flash", "flash/sale", "Sale", "rules", 1, 2, {})
    record.write_now(lambda unit: unit.activities.put(activity))

    def move(before: ActivityState, after: ActivityState) -> bool:
        return record.write_now(lambda unit: unit.activities.move_state("sale", before, after))

    before = record.read_now(lambda unit: unit.activities.revision())
    assert move(ActivityState.PROVISIONING, ActivityState.CLOSING)
    between = record.read_now(lambda unit: unit.activities.revision())
    assert between > before, "the processes that serve look again"
    assert not move(ActivityState.PROVISIONING, ActivityState.RUNNING)
    assert record.read_now(lambda unit: unit.activities.revision()) == between
    found = record.read_now(lambda unit: unit.activities.get("sale"))
    assert found is not None and found.state is ActivityState.CLOSING


async def test_a_successor_of_a_dead_drain_waits_for_nothing(world: World) -> None:
    """Goal: who knows that a drain has ended takes its shards at once. Method: one drain writes and ends without a word; the clock stands
    still; another one waits, one that was told goes on where it stopped."""
    await world.open()
    dead, stranger, heir = world.new_drainer("dead"), world.new_drainer("stranger"), world.new_drainer("heir")
    assert dead.drain_once() == 2
    await world.place(order_placed())
    assert stranger.drain_once() == 0 and stranger.cursors() == {}
    heir.succeed("dead")
    assert heir.drain_once() == 1
    assert heir.cursors() == {"sale": 3}
    assert await world.kinds() == ["order.placed"]


async def test_a_drain_that_was_not_dead_after_all_cannot_commit(world: World) -> None:
    """Goal: the same range is never written twice, even when a death was announced too early. Method: between reading and writing, the
    other one succeeds it, takes its shards, and has written or not."""
    await world.open()
    log = PausedLog(world)
    early, heir = world.new_drainer("early", log), world.new_drainer("heir", MemoryIntentLog(world.inventory))
    early.drain_once()
    await world.place(order_placed())

    def take_over() -> None:
        heir.succeed("early")
        assert heir.drain_once() == 1

    log.pause.append(take_over)
    assert early.drain_once() == 0
    assert early.cursors() == {}
    assert await world.kinds() == ["order.placed"]
    world.clock.advance(LEASE_MS // 2)
    await world.place(order_placed("o2"))
    assert early.drain_once() == 0 and heir.drain_once() == 1
