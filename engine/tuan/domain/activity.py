"""Activities: one running promotion of a campaign each (a flash-sale session, a group buy), and the unit of sharding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tuan.domain.claim import CounterSpec

#: The activity that is always there: ordinary sales, which hold all stock that no other activity was given.
RETAIL = "retail"


class ActivityState(StrEnum):
    PROVISIONING = "provisioning"
    """Known to SQL; its counters are being defined and its stock moved."""
    RUNNING = "running"
    CLOSING = "closing"
    """Ended: what is left flows back until no reservation is pending."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StockShare:
    """Stock of a SKU that an activity takes from retail when it is provisioned, and gives back when it closes.

    `quantity`: units to take, None for all that retail has available by then. Of these, `sale_numerator` / `sale_denominator`
    (rounded down) are on sale at once; the rest is the buffer (缓冲), held until it is released by hand or the end comes.
    """

    sku: str
    quantity: int | None = None
    sale_numerator: int = 1
    sale_denominator: int = 1

    def buffer_of(self, units: int) -> int:
        """How many of `units` taken units are held back."""
        return units - units * self.sale_numerator // self.sale_denominator


@dataclass(frozen=True, slots=True)
class Activity:
    """`config` is plain JSON-able data made by the promotion plugin from its rule block; only that plugin reads it.

    `shard` equals `activity_id` unless a plugin spreads one campaign over several. Window: [start_time_ms, end_time_ms).
    Stock is taken from retail at `provision_time_ms` (0: at once).
    """

    activity_id: str
    promotion: str
    block_id: str
    title: str
    ruleset_hash: str
    start_time_ms: int
    end_time_ms: int
    config: dict[str, Any]
    stock: tuple[StockShare, ...] = ()
    counters: tuple[CounterSpec, ...] = ()
    state: ActivityState = ActivityState.PROVISIONING
    campaign_id: str = ""
    released_buffer: tuple[str, ...] = field(default=())
    provision_time_ms: int = 0
    package: str = ""

    @property
    def shard(self) -> str:
        return self.activity_id


def stock_counter(sku: str) -> str:
    """Name of the capacity that holds a SKU's sellable units in a shard."""
    return f"stock/{sku}"


BUDGET_PREFIX = "budget/"


def budget_counter(budget_id: str) -> str:
    """Name of the limit that a promotion's budget is claimed by, in minor units, in retail's shard."""
    return BUDGET_PREFIX + budget_id


_SEATS_PREFIX = "seats/"


def seats_counter(group_id: str) -> str:
    """Name of the capacity that holds a group's seats, in its activity's shard. Orders that find it full are refused as GROUP_FULL."""
    return _SEATS_PREFIX + group_id


def group_of_seats(counter: str) -> str:
    """The group whose seats a counter holds; empty for any other counter."""
    return counter.removeprefix(_SEATS_PREFIX) if counter.startswith(_SEATS_PREFIX) else ""


#: What orders redeem (coupons, points): refunds do not give it back, see `tuan.plugin.Charge`.
REDEEMED_PREFIX = "redeemed/"


def buffer_key(sku: str) -> str:
    """Name of the standing reservation that holds an activity's buffer of a SKU back from sale."""
    return f"buffer/{sku}"
