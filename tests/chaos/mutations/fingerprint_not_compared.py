"""A repeated request id is answered without a look at what is asked this time."""

from __future__ import annotations

from tuan.usecases import place_orders

FIGURES = {"wrong"}
CAMPAIGN = "sale"


def plant() -> None:
    place_orders.fingerprint_of = lambda command: "any"
