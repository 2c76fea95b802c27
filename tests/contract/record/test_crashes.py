"""Crash anywhere, run again: no gap, no duplicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from tests.contract.record.world import World, order_placed
from tests.support.clock import FakeClock
from tuan.adapters.memory_inventory import MemoryInventory
from tuan.adapters.sql_record import Drainer, DrainSettings, SqlRecord
from tuan.adapters.sql_record.drain.bulk import PostgresBulk, SqliteBulk
from tuan.codec import encode
from tuan.domain.claim import Claim, Intent, ReserveRequest
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import OrderState


class Crash(BaseException):
    """The process is gone: no handler of errors may see it."""


@dataclass
class FixedLog:
    """Intents that were written once; trimming forgets them, as Redis does."""

    intents: dict[str, list[Intent]]
    crash_on_trim: bool = False
    trimmed: list[int] = field(default_factory=list)

    def wait(self, cursors: Mapping[str, int], timeout_ms: int) -> list[str]:
        return [shard for shard, cursor in cursors.items() if self.read(shard, cursor, 1)]

    def read(self, shard: str, after: int, count_max: int) -> list[Intent]:
        return [intent for intent in self.intents[shard] if intent.sequence > after][:count_max]

    def trim(self, shard: str, through: int) -> None:
        if self.crash_on_trim:
            self.crash_on_trim = False
            raise Crash
        self.trimmed.append(through)
        self.intents[shard] = self.read(shard, through, 10**9)


class Crasher:
    """Counts the steps of everything that reaches a database: statements, COPYs, commits; crashes at the given one."""

    def __init__(self, record: SqlRecord, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: int | None = None
        engine = record.store._engine  # type: ignore[attr-defined]
        event.listen(engine, "before_cursor_execute", lambda *_: self.step())
        monkeypatch.setattr(engine.dialect, "do_commit", self.counted(engine.dialect.do_commit))
        for bulk in (PostgresBulk, SqliteBulk):
            monkeypatch.setattr(bulk, "insert", self.counted(bulk.insert))

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*arguments: Any) -> Any:
            self.step()
            return call(*arguments)

        return stepping

    def step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash


async def history(world: World) -> dict[str, list[Intent]]:
    """A shard's life with every verb in it; nothing of it is drained."""
    await world.open("sale")
    for number in range(5):
        await world.place(order_placed(f"o{number}"))
    await world.pay(order_placed("o0"), "p0")
    await world.pay(order_placed("o1"), "p1")
    await world.release(order_placed("o2"))
    await world.give_back(order_placed("o0"), 1)
    await world.expire()
    await world.reinstate(order_placed("o3"))
    await world.place(order_placed("o5"))
    # The same request under another key, so that one order of the history is voided.
    twin = encode(order_placed("o6", request_id="request-o1"))
    await world.inventory.reserve("sale", 1, [ReserveRequest("twin", "f", (Claim("stock/tea", 1),), 60_000, twin)])
    return {name: list(shard.intents) for name, shard in world.inventory.shards.items()}


def drainer_for(record: SqlRecord, log: FixedLog, clock: FakeClock, owner: str, batch_max: int) -> Drainer:
    return Drainer(record.store, log, owner, clock, DrainSettings(batch_max=batch_max, refresh_ms=0))


@pytest.fixture
async def intents(make_record: Callable[[], SqlRecord], clock: FakeClock) -> dict[str, list[Intent]]:
    world = World(make_record(), clock, MemoryInventory(clock), None)  # type: ignore[arg-type]
    return await history(world)


def empty_world(record: SqlRecord, clock: FakeClock) -> World:
    record.write_now(lambda unit: unit.shards.register("sale"))
    return World(record, clock, MemoryInventory(clock), None)  # type: ignore[arg-type]


async def drained(
    record: SqlRecord, intents: dict[str, list[Intent]], clock: FakeClock, batch_max: int
) -> dict[str, Any]:
    world = empty_world(record, clock)
    world.drainer = drainer_for(record, FixedLog(dict(intents)), clock, "undisturbed", batch_max)
    assert world.drain() == len(intents["sale"])
    return await world.dump()


async def test_batches_of_any_size_write_the_same(
    make_record: Callable[[], SqlRecord], intents: dict[str, list[Intent]], clock: FakeClock
) -> None:
    """Goal: aggregation changes nothing. Method: the same history in batches of 1, 3 and 1,000; every row of every table."""
    whole = await drained(make_record(), intents, clock, 1000)
    assert whole == await drained(make_record(), intents, clock, 1)
    assert whole == await drained(make_record(), intents, clock, 3)
    states = [row[17] for row in whole["orders"]]
    ready, pending = OrderState.READY_TO_SHIP.value, OrderState.PENDING_PAYMENT.value
    assert sorted(states) == sorted([ready, ready, "cancelled", ready, "expired", pending])
    assert len(whole["jobs"]) == 1, "the twin was voided"


@pytest.mark.parametrize(("batch_max", "before_trim"), [(3, True), (1000, True), (1000, False)])
async def test_a_crash_at_every_step_of_every_batch(
    make_record: Callable[[], SqlRecord],
    intents: dict[str, list[Intent]],
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    batch_max: int,
    before_trim: bool,
) -> None:
    """Goal: the cursor and the rows are one. Method: for each batch, crash at its 1st, 2nd, 3rd ... step until it gets through,
    then (`before_trim`) once more between COMMIT and trim; a new process takes over each time. The end is that of an
    undisturbed drain."""
    expected = await drained(make_record(), intents, clock, 1000)
    record = make_record()
    world = empty_world(record, clock)
    log = FixedLog(dict(intents))
    crasher = Crasher(record, monkeypatch)
    crashes = 0
    while log.intents["sale"]:
        survived, waiting = 0, len(log.intents["sale"])
        while True:
            clock.advance(DrainSettings().lease_ms)  # the dead owner's lease runs out
            owner = drainer_for(record, log, clock, f"owner-{crashes}", batch_max)
            before = await world.dump()
            crasher.left = survived
            log.crash_on_trim = before_trim
            try:
                owner.drain_once()
            except Crash:
                crashes += 1
            at_commit, crasher.left = crasher.left is not None, None
            if at_commit:
                break  # it got to its end, or crashed after the COMMIT and before the trim
            assert await world.dump() == before, "a crash before COMMIT left something"
            survived += 1
        log.crash_on_trim = False
        clock.advance(DrainSettings().lease_ms)
        drainer_for(record, log, clock, f"cleaner-{crashes}", batch_max=1).drain_once()
        assert len(log.intents["sale"]) < waiting, "the new owner trims what the dead one wrote"
    assert crashes > 20
    assert await world.dump() == expected


async def test_a_commit_whose_answer_is_lost_is_not_done_twice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: an owner that does not know whether it committed asks SQL. Method: COMMIT works and its answer is an error; the same
    drain goes on, with the cursor that it believes in."""
    await world.open()
    await world.place(order_placed())
    world.drainer.drain_once()
    await world.place(order_placed("o2"))
    original = world.record.store.drain

    def forgetful(work: Callable[[Any], Any]) -> Any:
        original(work).result()
        answer: Future[Any] = Future()
        answer.set_exception(TuanError(Reason.OUTCOME_UNKNOWN, "the connection broke during COMMIT"))
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(world.record.store, "drain", forgetful)
        with pytest.raises(TuanError):
            world.drainer.drain_once()
    # As if the trim had not come: the intents are there to be read again.
    assert world.drain() == 0
    assert await world.kinds() == ["order.placed", "order.placed"]
    assert (await world.record.read(lambda unit: unit.checks.counters("sale")))["stock/tea"].used == 2
    assert world.drainer.cursors() == {"sale": 4}
