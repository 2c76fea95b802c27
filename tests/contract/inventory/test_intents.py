"""Intents: one per effect, gapless, with everything that SQL needs."""

from __future__ import annotations

import threading
import time

from tests.contract.inventory.world import EPOCH, SHARD, World, limit, stock
from tuan.domain.claim import CounterSpec, EndRequest, Intent, ReserveRequest, Verb


async def test_every_effect_writes_one(world: World) -> None:
    """Goal: the intents tell the whole story. Method: each verb once, with replays and refusals between, compared whole."""
    now, specs = world.clock.now_ms(), (CounterSpec("phone", 2, 1, 2**50), CounterSpec("seats", 3, 1, 2**50, 2**51))
    await world.inventory.define(SHARD, EPOCH, "d", specs)
    claims = (stock("phone"), stock("phone"), limit("buyer", 3, 1, 60, keep=True), limit("buyer", 3, 1, 60))
    for _ in range(2):
        await world.reserve("r", *claims, hold_ms=9)
    await world.reserve("refused", stock("phone"))
    world.clock.advance(1)
    for _ in range(2):
        await world.inventory.confirm(SHARD, EPOCH, [EndRequest("r", "paid 已付".encode())])
    await world.release("r")
    for _ in range(2):
        await world.give_back("g", "r", phone=1)
    await world.restock("m", "phone", -1)
    await world.reserve("s", limit("buyer", 9), hold_ms=1)
    await world.reserve("t", hold_ms=0, confirm=True)
    await world.release("s", b"changed his mind")
    await world.reserve("u", hold_ms=1)
    world.clock.advance(1)
    await world.expire()

    moved = (("phone", 2, -1, 0, 0), ("buyer", 1, 3, 60, 0), ("buyer", 1, 3, 60, 1))
    buyer, same = (("buyer", 1, 9, 0, 0),), {"fingerprint": "same"}
    assert world.intents() == [
        Intent(1, Verb.DEFINE, "d", now, EPOCH, claims=(("phone", 2, -1, 0, 0), ("seats", 3, -1, 0, 0)), specs=specs),
        Intent(2, Verb.RESERVE, "r", now, EPOCH, "same", now + 9, claims=moved, body="body of r", label="label of r"),
        Intent(
            3, Verb.CONFIRM, "r", now + 1, EPOCH, "same", 0, True, moved, (), ("phone",), "", "paid 已付", "label of r"
        ),
        Intent(
            4,
            Verb.GIVE_BACK,
            "r",
            now + 1,
            EPOCH,
            claims=(("phone", 1, -1, 0, 0),),
            give_back_key="g",
            label="label of r",
        ),
        Intent(5, Verb.RESTOCK, "m", now + 1, EPOCH, claims=(("phone", -1, -1, 0, 0),)),
        Intent(
            6, Verb.RESERVE, "s", now + 1, EPOCH, "same", now + 2, claims=buyer, body="body of s", label="label of s"
        ),
        Intent(7, Verb.RESERVE, "t", now + 1, EPOCH, **same, confirmed=True, body="body of t", label="label of t"),
        Intent(8, Verb.RELEASE, "s", now + 1, EPOCH, **same, claims=buyer, body="changed his mind", label="label of s"),
        Intent(9, Verb.RESERVE, "u", now + 1, EPOCH, "same", now + 2, body="body of u", label="label of u"),
        Intent(10, Verb.EXPIRE, "u", now + 2, EPOCH, **same, label="label of u"),
    ]


async def test_reading_and_trimming(world: World) -> None:
    """Goal: the drainer reads on from its cursor and drops what it committed. Method: pages, a trim, more, a trim of all."""
    await world.define()
    await _reserve(world, 0, 6)
    await _reserve(world, 6, 9)
    assert [intent.sequence for intent in world.log.read(SHARD, 3, 4)] == [4, 5, 6, 7]
    assert world.log.read(SHARD, 10, 4) == world.log.read("no such shard", 0, 4) == []
    world.log.trim(SHARD, 7)
    world.log.trim("no such shard", 7)
    assert [intent.sequence for intent in world.intents()] == [8, 9, 10]
    world.log.trim(SHARD, 99)
    assert (await world.confirm("r0")).sequence == 11
    assert [intent.sequence for intent in world.intents(after=10)] == [11]


async def test_reading_within_what_one_call_wrote(world: World) -> None:
    """Goal: a cursor may stand anywhere, whatever was written together. Method: pages of every size, and a trim, between and within
    the intents of two calls."""
    await world.define()
    await _reserve(world, 0, 6)
    await _reserve(world, 6, 9)
    for size in range(1, 12):
        read = [0]
        while page := world.log.read(SHARD, read[-1], size):
            assert len(page) <= size
            read += [intent.sequence for intent in page]
        assert read == list(range(11)), size
    world.log.trim(SHARD, 5)
    assert [intent.sequence for intent in world.intents(after=5)] == [6, 7, 8, 9, 10]
    assert world.log.wait({SHARD: 5}, 0) == world.log.wait({SHARD: 9}, 0) == [SHARD]
    assert world.log.wait({SHARD: 10}, 0) == []


async def _reserve(world: World, first: int, end: int) -> None:
    """In one call."""
    await world.inventory.reserve(
        SHARD, EPOCH, [ReserveRequest(f"r{number}", "f", (), 0) for number in range(first, end)]
    )


async def test_waiting(world: World) -> None:
    """Goal: the drainer sleeps until there is work. Method: wait in vain, wait for what is there, wait while it comes."""
    begun = time.monotonic()
    assert world.log.wait({SHARD: 0, "other": 0}, 30) == world.log.wait({}, 1) == []
    assert time.monotonic() - begun >= 0.03
    await world.define()
    assert world.log.wait({SHARD: 0, "other": 0}, 10_000) == [SHARD]
    assert world.log.wait({SHARD: 1}, 0) == []

    found: list[str] = []
    drainer = threading.Thread(target=lambda: found.extend(world.log.wait({SHARD: 1, "other": 0}, 10_000)))
    drainer.start()
    await world.reserve("r")
    drainer.join()
    assert found == [SHARD]
