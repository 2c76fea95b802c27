"""The reference model and Redis live through the same random histories; and the comparison is not blind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace

from tests.contract.inventory.machine import InventoryMachine
from tuan.adapters.memory_inventory import MemoryIntentLog, MemoryInventory, loading, verbs
from tuan.adapters.memory_inventory.counters import Limit
from tuan.adapters.memory_inventory.reservation import Reservation
from tuan.adapters.memory_inventory.shard import Shard
from tuan.adapters.redis_inventory import RedisIntentLog, RedisInventory, connect
from tuan.domain.claim import Answer, Code
from tuan.ports import Clock, IntentLog, Inventory

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
#: About 2,000 steps, 15 s; HYPOTHESIS_HISTORIES=5000 for a long night.
HISTORIES = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_HISTORIES", "20")),
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=QUIET,
    database=None,
    print_blob=True,
)
#: More than any planted bug takes; no time is spent on making the history short.
SEARCH = settings(HISTORIES, max_examples=500, phases=[Phase.generate], derandomize=True)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    with asyncio.Runner() as runner:
        yield runner.get_loop()


def test_model_and_redis_agree(redis_url: str, loop: asyncio.AbstractEventLoop) -> None:
    """Goal: both stores mean the same. Method: random histories of every verb; each answer, counter and intent compared."""
    client, log = connect(redis_url), RedisIntentLog(redis_url)

    class Machine(InventoryMachine):
        pass

    Machine.loop = loop
    Machine.connect = staticmethod(lambda clock: (RedisInventory(client, clock), log))
    run_state_machine_as_test(Machine, settings=HISTORIES)
    log.close()
    loop.run_until_complete(client.aclose())


def _planted(function: Callable[..., Any], change: Callable[..., Any]) -> Callable[..., Any]:
    """`change(function, *arguments)` in the place of `function`."""
    return lambda *arguments, **options: change(function, *arguments, **options)


def _ignore_code(code: Code) -> Callable[..., Any]:
    def change(misfit: Callable[..., Answer | None], *arguments: Any) -> Answer | None:
        answer = misfit(*arguments)
        return None if answer is not None and answer.code is code else answer

    return change


def _confirm_is_not_replayed(confirm: Callable[..., Answer], shard: Any, request: Any, now_ms: int) -> Answer:
    known = shard.reservations.get(request.key)
    if known is not None and known.state is verbs.ReservationState.CONFIRMED:
        known.state = verbs.ReservationState.PENDING
    return confirm(shard, request, now_ms)


def _no_epoch_check(refusal: Callable[..., Code], store: Any, shard: str, epoch: int | None) -> Code:
    return refusal(store, shard, None)


def _nothing_is_kept(end: Callable[..., None], shard: Any, reservation: Any, *arguments: Any) -> None:
    claims = reservation.claims
    reservation.claims = [replace(claim, kept=0) for claim in claims]
    end(shard, reservation, *arguments)
    reservation.claims = claims


def _the_last_is_forgotten(forget: Callable[..., int], shard: Shard, ended_before_ms: int, count_max: int) -> int:
    old = sorted((r.end_sequence, r.key) for r in shard.reservations.values() if 0 < r.end_ms < ended_before_ms)
    for _, key in old[-count_max:]:
        del shard.reservations[key]
    return len(old[-count_max:])


BUGS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "capacity is not checked": (verbs, "_misfit", _ignore_code(Code.DOES_NOT_FIT)),
    "limits are not checked": (verbs, "_misfit", _ignore_code(Code.OVER_LIMIT)),
    "closing time is not checked": (verbs, "_misfit", _ignore_code(Code.CLOSED)),
    "claims on one counter are not summed": (
        verbs,
        "sum_claims",
        lambda sum_claims, claims: sum_claims(list(claims)[:1]),
    ),
    "confirm twice counts twice": (verbs, "confirm", _confirm_is_not_replayed),
    "the epoch is not checked": (MemoryInventory, "_refusal", _no_epoch_check),
    "nothing leaves its window": (Limit, "forget_old", lambda forget_old, limit, now_ms: None),
    "a window is a millisecond too long": (Limit, "forget_old", lambda old, limit, now_ms: old(limit, now_ms - 1)),
    "expiry is a millisecond late": (
        verbs,
        "expire",
        lambda expire, shard, count, now_ms: expire(shard, count, now_ms - 1),
    ),
    "filled is never said": (Shard, "filled", lambda filled, shard, claims: ()),
    "an intent is lost": (Shard, "log", lambda log, shard, *a, **k: (log(shard, *a, **k), shard.intents.pop())[0]),
    "what is kept is given back": (Shard, "end", _nothing_is_kept),
    "one too many is given back": (Reservation, "left", lambda left, reservation, name: left(reservation, name) + 1),
    "the last to end is forgotten first": (verbs, "forget", _the_last_is_forgotten),
    "a rebuild forgets what was given back": (
        loading,
        "_load",
        lambda load, shard, known, now_ms: load(shard, replace(known, returned=()), now_ms),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_found(bug: str, monkeypatch: pytest.MonkeyPatch, loop: asyncio.AbstractEventLoop) -> None:
    """Goal: the comparison is not blind. Method: plant a bug in one of two reference models; the machine must fail."""
    home, name, change = BUGS[bug]
    sound = getattr(home, name)
    faulty = _planted(sound, change)
    planted: list[Any] = []

    class Planted(MemoryInventory):
        """The model that has the bug: it is in place only while this one is called."""

        def __getattribute__(self, attribute: str) -> Any:
            found = super().__getattribute__(attribute)
            if attribute.startswith("_") or not callable(found):
                return found

            async def call(*arguments: Any) -> Any:
                monkeypatch.setattr(home, name, faulty)
                try:
                    return await found(*arguments)
                finally:
                    monkeypatch.setattr(home, name, sound)

            return call

    def connect_faulty(clock: Clock) -> tuple[Inventory, IntentLog]:
        planted.append(Planted(clock))
        return planted[-1], MemoryIntentLog(planted[-1])

    class Machine(InventoryMachine):
        pass

    Machine.loop = loop
    Machine.connect = staticmethod(connect_faulty)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=SEARCH)
    assert planted


def test_the_model_agrees_with_itself(loop: asyncio.AbstractEventLoop) -> None:
    """Goal: the planted bugs are found for what they are. Method: the same search without a bug finds nothing."""

    class Machine(InventoryMachine):
        pass

    def connect_sound(clock: Clock) -> tuple[Inventory, IntentLog]:
        inventory = MemoryInventory(clock)
        return inventory, MemoryIntentLog(inventory)

    Machine.loop = loop
    Machine.connect = staticmethod(connect_sound)
    run_state_machine_as_test(Machine, settings=settings(SEARCH, max_examples=20))
