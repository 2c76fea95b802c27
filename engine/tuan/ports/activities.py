"""Activities and the stock on its way to and from them, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tuan.domain.activity import Activity, ActivityState


@dataclass(frozen=True, slots=True)
class StockTransfer:
    """Units on their way from one shard to another: a saga of two restocks, each idempotent on the transfer's id.

    `quantity` None: all that is available (`clip`). state: planned, taken, done. `taken`: what the first step really took.
    """

    transfer_id: str
    from_shard: str
    to_shard: str
    sku: str
    quantity: int | None
    state: str = "planned"
    taken: int = 0


class Activities(Protocol):
    def put(self, activity: Activity) -> bool:
        """Store it; False (and no change) when the id is there already."""

    def get(self, activity_id: str) -> Activity | None: ...
    def list(self, states: Sequence[ActivityState] = (), after: str = "", count_max: int = 1000) -> list[Activity]: ...
    def set_state(self, activity_id: str, state: ActivityState) -> None: ...
    def move_state(self, activity_id: str, before: ActivityState, after: ActivityState) -> bool:
        """False, and no change, where it is not in the state `before` (any more)."""

    def add_released_buffer(self, activity_id: str, sku: str) -> bool: ...
    def plan_transfers(self, transfers: Iterable[StockTransfer]) -> None:
        """Store those whose id is new."""

    def open_transfers(self) -> Sequence[StockTransfer]: ...
    def set_transfer(self, transfer_id: str, state: str, taken: int) -> None: ...
    def revision(self) -> int: ...
