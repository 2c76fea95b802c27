"""A Hypothesis machine that drives the reference model and another store with one random history, and compares everything.

Names come from small pools, so that replays, mismatches, doubled counters and contention happen all the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import cache
from itertools import count
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.contract.inventory.rebuilt import snapshot
from tests.support.clock import FakeClock
from tuan.adapters.memory_inventory import MemoryIntentLog, MemoryInventory
from tuan.domain.claim import (
    Claim,
    ClaimSet,
    ClaimTerms,
    CounterSpec,
    EndRequest,
    GiveBackRequest,
    Intent,
    OnRelease,
    ReserveRequest,
    RestockRequest,
)
from tuan.domain.errors import InvalidValue
from tuan.ports import Clock, IntentLog, Inventory

T = TypeVar("T")

CAPACITIES = ("phone", "seat", "never defined")
#: Limits with the windows that claims on them name; those of one window come out of a rebuild as they went in.
WINDOWS = {"buyer": (0,), "device": (50,), "mixed": (0, 20, 100)}

RESERVATIONS = tuple(f"r{number}" for number in range(10))
keys = st.sampled_from(RESERVATIONS)
other_keys = st.sampled_from(["m1", "m2", "m3", "m4", "r1"])
quantities = st.integers(1, 3)
on_release = st.sampled_from(OnRelease)
capacity_claims = st.builds(
    Claim, st.sampled_from(CAPACITIES[:2] * 4 + CAPACITIES[2:]), quantities, on_release=on_release
)
limit_claims = st.sampled_from(list(WINDOWS)).flatmap(
    lambda name: st.builds(
        Claim,
        st.just(name),
        quantities,
        st.sampled_from([0, 1, 2, 3, 3, 6]),
        st.sampled_from(WINDOWS[name]),
        on_release,
    )
)


@cache
def _terms(claim: Claim) -> ClaimTerms:
    return ClaimTerms(claim.quantity, claim.limit, claim.window_ms, claim.on_release)


@cache
def _all_terms(claims: tuple[ClaimTerms, ...]) -> tuple[ClaimTerms, ...]:
    """One object for all that are equal, as orders for the same goods have it."""
    return claims


def as_set(claims: list[Claim]) -> ClaimSet:
    return ClaimSet(_all_terms(tuple(map(_terms, claims))), tuple(claim.counter for claim in claims))


some_claims = st.lists(capacity_claims | limit_claims, max_size=4)
reserve_requests = st.builds(
    ReserveRequest,
    key=keys,
    fingerprint=st.sampled_from("ffffg"),
    claims=some_claims.map(tuple) | some_claims.map(as_set),
    hold_ms=st.sampled_from([0, 10, 60]),
    body=st.sampled_from([b"", "团".encode()]),
    confirm=st.sampled_from([False, False, True]),
    label=st.sampled_from(["", "order 1", "order 2"]),
    standing=st.sampled_from([False] * 7 + [True]),
)
end_requests = st.lists(st.builds(EndRequest, keys, st.just(b"body")), max_size=4)
restock_requests = st.builds(
    RestockRequest, other_keys, st.sampled_from(CAPACITIES), st.integers(-8, 8), st.booleans(), st.just(b"x")
)
give_back_requests = st.builds(
    GiveBackRequest,
    other_keys,
    keys,
    st.lists(st.tuples(st.sampled_from([*CAPACITIES, *WINDOWS]), quantities), min_size=1, max_size=3).map(tuple),
)
#: Times are multiples of 10 but for a rare single millisecond, so that histories meet the edges of windows and holds exactly.
times = st.sampled_from([(0, 0, 0), (0, 0, 0), (0, 60, 0), (0, 0, 60), (30, 60, 90)])
sizes = st.sampled_from([0, 1, 2, 2, 3, 3, 9])


class InventoryMachine(RuleBasedStateMachine):
    """`connect` is set by the test: the other store, on the same clock. Each history has a shard of its own."""

    connect: Callable[[Clock], tuple[Inventory, IntentLog]]
    loop: asyncio.AbstractEventLoop
    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.model = MemoryInventory(self.clock)
        other, log = type(self).connect(self.clock)
        self.stores: tuple[Inventory, Inventory] = (self.model, other)
        self.logs: tuple[IntentLog, IntentLog] = (MemoryIntentLog(self.model), log)
        self.shard = f"machine-{next(self.numbers)}"
        self.epoch = 1
        self.intents: list[Intent] = []

    def on_both(self, call: Callable[[Inventory], Coroutine[Any, Any, T]]) -> T | InvalidValue:
        """The answer of both, which must be one and the same."""
        expected, found = (self.loop.run_until_complete(_outcome(call(store))) for store in self.stores)
        if isinstance(expected, InvalidValue):
            assert isinstance(found, InvalidValue)
            assert found.field == expected.field
        else:
            assert found == expected, _difference(found, expected)
        return expected

    @initialize(size=sizes, times=times)
    def begin(self, size: int, times: tuple[int, int, int]) -> None:
        self.define("begin", {"phone"}, size, times)

    @rule(key=other_keys, names=st.sets(st.sampled_from(CAPACITIES[:2])), size=sizes, times=times)
    def define(self, key: str, names: set[str], size: int, times: tuple[int, int, int]) -> None:
        opening, closing, deadline = (self.clock.now_ms() + time if time else 0 for time in times)
        specs = [CounterSpec(name, size, opening, closing, deadline) for name in sorted(names)]
        self.on_both(lambda store: store.define(self.shard, self.epoch, key, specs))

    @rule(requests=st.lists(reserve_requests, max_size=5))
    def reserve(self, requests: list[ReserveRequest]) -> None:
        self.on_both(lambda store: store.reserve(self.shard, self.epoch, requests))

    @rule(key=keys, confirm=st.booleans())
    def the_last_units_go(self, key: str, confirm: bool) -> None:
        """Chance alone seldom takes exactly what is left, where "filled" and "exhausted" are said."""
        phone = self.model.shards[self.shard].capacities["phone"]
        claims = (Claim("phone", phone.available),) if phone.available else ()
        request = ReserveRequest(key, "f", claims, 10, confirm=confirm)
        self.on_both(lambda store: store.reserve(self.shard, self.epoch, [request]))

    @rule(kind=on_release, hold_ms=st.sampled_from([10, 60]), confirm=st.booleans())
    def an_order_that_fits(self, kind: OnRelease, hold_ms: int, confirm: bool) -> None:
        """Chance alone repeats a key, or asks for what is not there: a history of a hundred steps granted four times."""
        shard = self.model.shards[self.shard]
        key = next((key for key in RESERVATIONS if key not in shard.reservations), RESERVATIONS[0])
        claims = [Claim(name, 1, on_release=kind) for name, left in shard.capacities.items() if left.available]
        claims += [Claim(name, 2, 99, max(WINDOWS[name]), kind) for name in ("buyer", "device")]
        request = ReserveRequest(key, "f", tuple(claims), hold_ms, confirm=confirm, standing=True)
        self.on_both(lambda store: store.reserve(self.shard, self.epoch, [request]))

    @rule(nth=st.integers(0, 9), quantity=quantities)
    def part_comes_back(self, nth: int, quantity: int) -> None:
        """Chance alone names a counter of a confirmed reservation, under a key that is free, once in a hundred histories."""
        confirmed = [r for r in self.model.shards[self.shard].reservations.values() if r.claims and r.end_ms]
        if not confirmed:
            return
        reservation = confirmed[nth % len(confirmed)]
        claim = reservation.claims[nth % len(reservation.claims)]
        # A key that is free: each that is used leaves an intent.
        request = GiveBackRequest(f"back {len(self.intents)}", reservation.key, ((claim.counter, quantity),))
        self.on_both(lambda store: store.give_back(self.shard, self.epoch, [request]))

    @rule()
    def the_first_hold_ends(self) -> None:
        """Chance alone seldom meets the very millisecond."""
        self._advance_to_first(r.due_ms for r in self.model.shards[self.shard].reservations.values())
        self.on_both(lambda store: store.expire(self.shard, self.epoch, 9))

    @rule()
    def the_first_take_leaves_its_window(self) -> None:
        limits = self.model.shards[self.shard].limits.values()
        self._advance_to_first(take.reservation.create_ms + limit.window_ms for limit in limits for take in limit.takes)

    def _advance_to_first(self, moments: Iterable[int]) -> None:
        now_ms = self.clock.now_ms()
        self.clock.advance(min((moment for moment in moments if moment > now_ms), default=now_ms) - now_ms)

    @rule(requests=end_requests)
    def confirm(self, requests: list[EndRequest]) -> None:
        self.on_both(lambda store: store.confirm(self.shard, self.epoch, requests))

    @rule(requests=end_requests)
    def release(self, requests: list[EndRequest]) -> None:
        self.on_both(lambda store: store.release(self.shard, self.epoch, requests))

    @rule(count_max=st.integers(1, 5))
    def expire(self, count_max: int) -> None:
        self.on_both(lambda store: store.expire(self.shard, self.epoch, count_max))

    @rule(requests=st.lists(restock_requests, max_size=3))
    def restock(self, requests: list[RestockRequest]) -> None:
        self.on_both(lambda store: store.restock(self.shard, self.epoch, requests))

    @rule(requests=st.lists(give_back_requests, max_size=3))
    def give_back(self, requests: list[GiveBackRequest]) -> None:
        self.on_both(lambda store: store.give_back(self.shard, self.epoch, requests))

    @rule(ms=st.sampled_from([10, 10, 20, 20, 30, 50, 1]))
    def time_passes(self, ms: int) -> None:
        self.clock.advance(ms)

    @rule(age_ms=st.sampled_from([-1, -1, 0, 10, 30]), count_max=st.integers(1, 3))
    def forget(self, age_ms: int, count_max: int) -> None:
        """At -1 also what ended just now: so that a forgotten key is used again, and rebuilt, and forgotten again."""
        self.on_both(lambda store: store.forget(self.shard, self.clock.now_ms() - age_ms, count_max))

    @rule(request=reserve_requests, difference=st.sampled_from([-1, 1]))
    def a_stale_engine_calls(self, request: ReserveRequest, difference: int) -> None:
        self.on_both(lambda store: store.reserve(self.shard, self.epoch + difference, [request]))
        self.on_both(lambda store: store.confirm(self.shard, self.epoch + difference, [EndRequest(request.key)]))

    @rule()
    def rebuild(self) -> None:
        """As the engine does it: close, raise the epoch, load what the intents say, compare, open."""
        self.on_both(lambda store: store.close_shard(self.shard))
        before = self.on_both(lambda store: store.counters(self.shard))
        self.epoch += 1
        known = snapshot(self.intents, self.epoch)
        refused = self.on_both(lambda store: store.load(self.shard, known))
        assert refused is None, "a load that both refuse leaves both closed, and nothing more would be compared"
        after = self.on_both(lambda store: store.counters(self.shard))
        assert _without_mixed(after) == _without_mixed(before)
        self.on_both(lambda store: store.reserve(self.shard, self.epoch, [ReserveRequest("r0", "f", (), 0)]))
        self.on_both(lambda store: store.open_shard(self.shard, self.epoch))

    @invariant()
    def every_intent_agrees(self) -> None:
        """Read and trimmed as the drainer does it; a gap shows in the sequence numbers."""
        after = self.intents[-1].sequence if self.intents else 0
        expected, found = (log.read(self.shard, after, 1000) for log in self.logs)
        assert found == expected
        assert [intent.sequence for intent in found] == list(range(after + 1, after + 1 + len(found)))
        self.intents += found
        if found:
            for log in self.logs:
                log.trim(self.shard, found[-1].sequence)

    @invariant()
    def every_counter_agrees(self) -> None:
        counters = self.on_both(lambda store: store.counters(self.shard))
        assert isinstance(counters, dict)
        for state in counters.values():
            assert 0 <= state.taken <= state.used
            assert state.capacity is None or state.used <= state.capacity

    @invariant()
    def every_reservation_agrees(self) -> None:
        self.on_both(lambda store: store.reservations(self.shard, RESERVATIONS))
        self.on_both(lambda store: store.shard_state(self.shard))


def _without_mixed(counters: Any) -> dict[str, Any]:
    """A released claim may have lengthened this limit's window, which a rebuild cannot know."""
    return {name: state for name, state in counters.items() if name != "mixed"}


def _difference(found: Any, expected: Any) -> str:
    """Before the history, which may be longer than what is kept of a log; of two lists only what differs."""
    if isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        pairs = zip(found, expected, strict=True)
        return "\n".join(f"item {n}: {f}, not {e}" for n, (f, e) in enumerate(pairs) if f != e)
    return f"{found}, not {expected}"


async def _outcome(answer: Awaitable[T]) -> T | InvalidValue:
    try:
        return await answer
    except InvalidValue as refused:
        return refused
