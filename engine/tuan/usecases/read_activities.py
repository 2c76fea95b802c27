"""Read activities with what they may sell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuan.domain.activity import Activity, ActivityState, buffer_key, stock_counter
from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import check_id
from tuan.ports import Inventory, Record

COUNT_MAX = 100_000


@dataclass(frozen=True, slots=True)
class SeenShare:
    """Units of a SKU that an activity was given: for sale from the start, and held back until they are released."""

    sku: str
    for_sale: int
    buffer: int
    buffer_released: bool


@dataclass(frozen=True, slots=True)
class SeenActivity:
    activity: Activity
    shares: tuple[SeenShare, ...]


class ActivityReader:
    """`quantity` of a share may be "all there is": how much that was, the claims store knows."""

    def __init__(self, inventory: Inventory, record: Record) -> None:
        self._inventory = inventory
        self._record = record

    async def get(self, activity_id: str) -> SeenActivity:
        """Raises ACTIVITY_NOT_FOUND."""
        check_id("activity_id", activity_id)
        activity = await self._record.read(lambda unit: unit.activities.get(activity_id))
        if activity is None:
            raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no activity {activity_id}", activity_id=activity_id)
        return await self.see(activity)

    async def list(self, promotion: str, states: Sequence[ActivityState], after: str, count_max: int) -> list[Activity]:
        """By start time, then id; those whose `sort_key` comes after `after`."""
        found = await self._record.read(lambda unit: unit.activities.list(states, count_max=COUNT_MAX))
        wanted = [
            activity for activity in found if promotion in ("", activity.promotion) and sort_key(activity) > after
        ]
        return sorted(wanted, key=sort_key)[:count_max]

    async def see(self, activity: Activity) -> SeenActivity:
        names = [stock_counter(share.sku) for share in activity.stock]
        counters = await self._inventory.counters(activity.shard, names) if names else {}
        keys = [buffer_key(share.sku) for share in activity.stock]
        buffers = await self._inventory.reservations(activity.shard, keys) if keys else []
        shares = []
        for share, answer in zip(activity.stock, buffers, strict=True):
            state = counters.get(stock_counter(share.sku))
            capacity = (state.capacity or 0) if state is not None else 0
            held_back = int(answer.label) if answer.label.isdecimal() else 0
            for_sale = max(0, capacity - held_back)
            shares.append(SeenShare(share.sku, for_sale, held_back, share.sku in activity.released_buffer))
        return SeenActivity(activity, tuple(shares))


def sort_key(activity: Activity) -> str:
    """Start time, then id, as a text that sorts like the pair."""
    return f"{activity.start_time_ms:020d}/{activity.activity_id}"
