"""A reservation as the store remembers it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuan.adapters.claim_checks import SummedClaim
from tuan.domain.claim import ReservationState


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
