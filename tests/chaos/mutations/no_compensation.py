"""An order over two shards that the second refuses leaves what it got on the first where it is."""

from __future__ import annotations

from tuan.usecases.place_orders import OrderPlacer

FIGURES = {"stranded"}
CAMPAIGN = "sale"


def plant() -> None:
    async def leave_it(*_: object) -> None: ...

    OrderPlacer._compensate = leave_it  # type: ignore[method-assign]
