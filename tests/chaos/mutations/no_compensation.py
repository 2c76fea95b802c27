"""An order over two shards that the second refuses leaves what it got on the first where it is."""

from __future__ import annotations

from tuan.usecases.reserve_orders import OrderReserver

FIGURES = {"stranded"}
CAMPAIGN = "sale"


def plant() -> None:
    async def leave_it(*_: object) -> None: ...

    OrderReserver._compensate = leave_it  # type: ignore[method-assign]
