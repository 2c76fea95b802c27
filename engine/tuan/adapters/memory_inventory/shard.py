"""One shard: its counters and reservations, and the changes that the verbs make to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tuan.adapters.claim_checks import NAMED, SummedClaim
from tuan.adapters.memory_inventory.counters import Capacity, Limit, Take
from tuan.adapters.memory_inventory.reservation import Reservation
from tuan.domain.claim import CounterState, Intent, ReservationState, Verb


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
        moved = tuple(part for claim in claims for part in claim.moved())
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

    def take(self, claim: SummedClaim, reservation: Reservation, used: int, taken: int) -> None:
        """Counts what a reservation uses and has taken, as of the time when it was made."""
        if claim.limit == NAMED:
            self.change(claim, reservation, reservation.create_ms, used, taken)
        else:
            limit = self.limit(claim.counter, claim.window_ms, reservation.create_ms)
            limit.add(claim.window_ms, Take(reservation, used, taken))
            self.limits[claim.counter] = limit

    def change(self, claim: SummedClaim, reservation: Reservation, now_ms: int, used: int, taken: int) -> None:
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
                self.change(claim, reservation, now_ms, 0, claim.quantity)
            else:
                self.change(claim, reservation, now_ms, claim.kept - claim.quantity, claim.kept)
        reservation.state, reservation.end_ms, reservation.end_sequence = state, now_ms, self.sequence + 1

    def filled(self, claims: Iterable[SummedClaim]) -> tuple[str, ...]:
        """The named capacities among the claims of which every unit is confirmed."""
        names = (claim.counter for claim in claims if claim.limit == NAMED)
        return tuple(name for name in names if self.capacities[name].taken == self.capacities[name].size)

    def exhausted(self, claims: Iterable[SummedClaim]) -> tuple[str, ...]:
        """The named capacities among the claims that have nothing left."""
        return tuple(c.counter for c in claims if c.limit == NAMED and self.capacities[c.counter].available == 0)
