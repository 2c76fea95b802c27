"""The sessions as this process sees them: activities from the engine's memory, their settings, and a board each for what is left."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from tuan.plugin import Activity, Host, Reason, TuanError
from tuan_flash_sale.board import INTERVAL_MS, Board, Phase, View, phase_of
from tuan_flash_sale.sale import Sale

SESSIONS_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """One session at this moment."""

    activity: Activity
    sale: Sale
    view: View


@dataclass(slots=True)
class _Kept:
    """`sale` is what `config` says; a renewed snapshot brings other activity objects, so they are compared by identity."""

    config: dict[str, Any]
    sale: Sale
    board: Board


class LiveSessions:
    def __init__(self, host: Host) -> None:
        self._host = host
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def activity(self, activity_id: str) -> Activity:
        """Raises ACTIVITY_NOT_FOUND for what is no flash sale, or closed."""
        activity = self._host.activity(activity_id) if activity_id else None
        if activity is None or activity.promotion != "flash_sale":
            known_as = activity_id[:64]
            raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no flash sale {known_as}", activity_id=known_as)
        return activity

    def sale(self, activity: Activity) -> Sale:
        """Its settings, read once: making them of the activity's JSON costs as much as three tickets."""
        return self._keep(activity).sale

    def board(self, activity: Activity) -> Board:
        return self._keep(activity).board

    async def at(self, activity: Activity) -> Session:
        """Raises TuanError when the claims store is away."""
        kept = self._keep(activity)
        return Session(activity, kept.sale, await kept.board.view())

    def not_over(self) -> list[Activity]:
        """By start time, then id."""
        now_ms = self._host.clock.now_ms()
        flash_sales = self._host.activities("flash_sale")
        left = [activity for activity in flash_sales if phase_of(activity, 0, {}, now_ms) is not Phase.ENDED]
        return sorted(left, key=lambda activity: (activity.start_time_ms, activity.activity_id))

    def _keep(self, activity: Activity) -> _Kept:
        kept = self._kept.get(activity.activity_id)
        if kept is None:
            board = Board(lambda: self._look(activity.activity_id), INTERVAL_MS)
            kept = _Kept(activity.config, Sale.from_config(activity.config), board)
            self._kept[activity.activity_id] = kept
            if len(self._kept) > SESSIONS_KEPT_MAX:
                self._kept.popitem(last=False)
        elif kept.config is not activity.config:
            kept.config, kept.sale = activity.config, Sale.from_config(activity.config)
        return kept

    async def _look(self, activity_id: str) -> View:
        now_ms = self._host.clock.now_ms()
        current = self._host.activity(activity_id)
        if current is None:  # closed, and gone from the snapshot
            return View(Phase.ENDED, {})
        sale = self.sale(current)
        warm = now_ms >= current.start_time_ms - sale.warm_up_ms
        stock = await self._host.stock(current.activity_id, sale.skus) if warm else {}
        return View(phase_of(current, sale.warm_up_ms, stock, now_ms), stock)
