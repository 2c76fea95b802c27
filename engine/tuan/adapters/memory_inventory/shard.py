"""One shard: its counters and reservations, and the changes that the verbs make to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tuan.adapters.claim_checks import NAMED, SummedClaim
from tuan.adapters.memory_inventory.counters import Capacity, Limit, Take
from tuan.domain.claim import CounterState, Intent, ReservationState, Verb


@dataclass(slots=True)
class Reservation:
    key: str
    fingerprint: str
    label: str
    state: ReservationState
    sequence: int
    create_ms: int
    due_ms: int
    claims: list[SummedClaim]
    end_sequence: int = 0
    end_ms: int = 0
    returned: dict[str, int] = field(default_factory=dict)

    def left(self, counter: str) -> int:
        """What is confirmed of the counter and not given back."""
        confirmed = sum(claim.quantity for claim in self.claims if claim.counter == counter)
        return confirmed - self.returned.get(counter, 0) if self.state is ReservationState.CONFIRMED else 0


@dataclass(frozen=True, slots=True)
class Applied:
    """What a restock, give_back or define did under its key. `verb` None: known from a rebuild only."""

    verb: Verb | None
    quantity: int
    sequence: int


@dataclass(slots=True)
class Shard:
    epoch: int
    sequence: int = 0
    last_ms: int = 0
    open: bool = True
    capacities: dict[str, Capacity] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    reservations: dict[str, Reservation] = field(default_factory=dict)
    applied: dict[str, Applied] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)

    def time_ms(self, clock_ms: int) -> int:
        """Never before the last written time."""
        return max(clock_ms, self.last_ms)

    def log(self, verb: Verb, key: str, now_ms: int, claims: Iterable[SummedClaim] = (), **fields: Any) -> int:
        """Writes an intent; its sequence number."""
        self.sequence += 1
        self.last_ms = now_ms
        moved = tuple(part for claim in claims for part in split(claim))
        self.intents.append(Intent(self.sequence, verb, key, now_ms, self.epoch, claims=moved, **fields))
        return self.sequence

    def limit(self, name: str, window_ms: int, now_ms: int) -> Limit:
        """As it counts now. A limit of which nothing counts is like one that never was."""
        known = self.limits.get(name)
        if known is not None:
            known.forget_old(now_ms)
        return known if known is not None and known.takes else Limit(window_ms)

    def counter(self, name: str, now_ms: int) -> CounterState | None:
        if name in self.capacities:
            return self.capacities[name].state
        limit = self.limit(name, 0, now_ms)
        return limit.state if limit.takes else None

    def take(self, claim: SummedClaim, reservation: str, time_ms: int, used: int, taken: int) -> None:
        """Counts what a reservation that was made at `time_ms` uses and has taken."""
        if claim.limit == NAMED:
            self.change(claim, reservation, time_ms, used, taken)
        else:
            limit = self.limits[claim.counter] = self.limit(claim.counter, claim.window_ms, time_ms)
            limit.add(claim.window_ms, Take(reservation, time_ms, used, taken))

    def change(self, claim: SummedClaim, reservation: str, now_ms: int, used: int, taken: int) -> None:
        """Changes what the reservation uses and has taken of the claim's counter."""
        if claim.limit == NAMED:
            capacity = self.capacities[claim.counter]
            capacity.used += used
            capacity.taken += taken
        else:
            self.limit(claim.counter, claim.window_ms, now_ms).change(reservation, used, taken)

    def end(self, reservation: Reservation, state: ReservationState, now_ms: int) -> None:
        """Ends a pending reservation; what is given back leaves its counters, what is kept stays taken."""
        for claim in reservation.claims:
            if state is ReservationState.CONFIRMED:
                self.change(claim, reservation.key, now_ms, 0, claim.quantity)
            else:
                self.change(claim, reservation.key, now_ms, claim.kept - claim.quantity, claim.kept)
        reservation.state, reservation.end_ms, reservation.end_sequence = state, now_ms, self.sequence + 1

    def filled(self, claims: Iterable[SummedClaim]) -> tuple[str, ...]:
        """The named capacities among the claims of which every unit is confirmed."""
        names = (claim.counter for claim in claims if claim.limit == NAMED)
        return tuple(name for name in names if self.capacities[name].taken == self.capacities[name].size)

    def exhausted(self, claims: Iterable[SummedClaim]) -> tuple[str, ...]:
        """The named capacities among the claims that have nothing left."""
        return tuple(c.counter for c in claims if c.limit == NAMED and self.capacities[c.counter].available == 0)


def split(claim: SummedClaim) -> Iterable[tuple[str, int, int, int, int]]:
    """What can be given back, and what is kept, as intents tell them apart."""
    free = claim.quantity - claim.kept
    if free or not claim.kept:
        yield claim.counter, free, claim.limit, claim.window_ms, 0
    if claim.kept:
        yield claim.counter, claim.kept, claim.limit, claim.window_ms, 1
