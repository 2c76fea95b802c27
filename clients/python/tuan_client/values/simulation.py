# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `simulation.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import simulation_pb2
from tuan_client.convert import (
    time_from_message,
)
from tuan_client.values.money import Money


@dataclass(frozen=True, slots=True)
class SimulationProgress:
    """How far a simulation is."""

    orders: int = 0
    """Orders priced so far."""
    reached_time: datetime | None = None
    """The last of them was placed then."""

    @classmethod
    def from_message(cls, message: simulation_pb2.SimulationProgress) -> SimulationProgress:
        return cls(
            orders=message.orders,
            reached_time=time_from_message(message.reached_time) if message.HasField("reached_time") else None,
        )


@dataclass(frozen=True, slots=True)
class SimulationReport:
    """What recorded orders would have cost. The ruleset stands in the place of its package's active version; other packages are as
    they are now. Its budgets are whole at the first order and spent by the simulated ones; prices of activities stay.
    """

    ruleset_hash: str
    """The ruleset, published or not."""
    currency_code: str
    """Currency of all amounts."""
    live_total: Money
    """What the orders cost."""
    simulated_total: Money
    """What they would have cost."""
    orders: int = 0
    """Orders that were priced."""
    cheaper: int = 0
    """Of these, those that would have cost less."""
    dearer: int = 0
    """Of these, those that would have cost more."""
    failed: int = 0
    """Orders that could not be priced again; in no sum."""
    truncated: bool = False
    """True: there were more orders than `orders_max`."""
    rules: tuple[RuleTotal, ...] = ()
    """By rule, the one that changes most first; at most 1,000."""
    largest: tuple[OrderDifference, ...] = ()
    """The orders that differ most; at most 20."""
    refused: int = 0
    """Of `orders`, those that a gate would have refused. They are priced all the same; `rules` says which gates."""

    @classmethod
    def from_message(cls, message: simulation_pb2.SimulationReport) -> SimulationReport:
        return cls(
            ruleset_hash=message.ruleset_hash,
            currency_code=message.currency_code,
            orders=message.orders,
            cheaper=message.cheaper,
            dearer=message.dearer,
            failed=message.failed,
            truncated=message.truncated,
            live_total=Money.from_message(message.live_total),
            simulated_total=Money.from_message(message.simulated_total),
            rules=tuple(RuleTotal.from_message(item) for item in message.rules),
            largest=tuple(OrderDifference.from_message(item) for item in message.largest),
            refused=message.refused,
        )


@dataclass(frozen=True, slots=True)
class RuleTotal:
    """What a rule took off, in minor units."""

    rule_id: str
    """The rule."""
    live_orders: int = 0
    """Orders in which it counted as they were placed."""
    live_off_minor: int = 0
    """Taken off in them."""
    simulated_orders: int = 0
    """Orders in which it would have counted."""
    simulated_off_minor: int = 0
    """That it would have taken off in them."""
    simulated_refused: int = 0
    """Of a gate: orders that it would have refused."""
    simulated_commission_minor: int = 0
    """Of a commission: what it would have proposed, in `simulated_orders`."""

    @classmethod
    def from_message(cls, message: simulation_pb2.RuleTotal) -> RuleTotal:
        return cls(
            rule_id=message.rule_id,
            live_orders=message.live_orders,
            live_off_minor=message.live_off_minor,
            simulated_orders=message.simulated_orders,
            simulated_off_minor=message.simulated_off_minor,
            simulated_refused=message.simulated_refused,
            simulated_commission_minor=message.simulated_commission_minor,
        )


@dataclass(frozen=True, slots=True)
class OrderDifference:
    """An order that would have cost something else, in minor units."""

    order_id: str
    """The order."""
    live_minor: int = 0
    """What it cost."""
    simulated_minor: int = 0
    """What it would have cost."""

    @classmethod
    def from_message(cls, message: simulation_pb2.OrderDifference) -> OrderDifference:
        return cls(
            order_id=message.order_id,
            live_minor=message.live_minor,
            simulated_minor=message.simulated_minor,
        )


@dataclass(frozen=True, slots=True)
class ShadowTotal:
    """A shadow beside the live rules in one currency. Totals are written every second."""

    live_total: Money
    """What the orders cost."""
    shadow_total: Money
    """What they would have cost."""
    update_time: datetime
    """When the totals were last added to."""
    orders: int = 0
    """Orders that were priced by both."""
    cheaper: int = 0
    """Of these, those that would have cost less."""
    dearer: int = 0
    """Of these, those that would have cost more."""
    failed: int = 0
    """Orders that the shadow could not price."""
    dropped: int = 0
    """Orders that it did not look at, because they came too fast."""

    @classmethod
    def from_message(cls, message: simulation_pb2.ShadowTotal) -> ShadowTotal:
        return cls(
            orders=message.orders,
            cheaper=message.cheaper,
            dearer=message.dearer,
            failed=message.failed,
            dropped=message.dropped,
            live_total=Money.from_message(message.live_total),
            shadow_total=Money.from_message(message.shadow_total),
            update_time=time_from_message(message.update_time),
        )
