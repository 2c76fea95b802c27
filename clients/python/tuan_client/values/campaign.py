# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `campaign.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import campaign_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)


class ActivityState(WireEnum):
    """Where an activity is in its life."""

    UNSPECIFIED = 0
    """Never sent; in a filter: any."""
    PROVISIONING = 1
    """Its counters are being defined and its stock moved."""
    RUNNING = 2
    """Ready; it sells between start and end time."""
    CLOSING = 3
    """Ended; what is left flows back until no order waits for payment."""
    CLOSED = 4
    """Over."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One running promotion, such as a flash-sale session."""

    activity_id: str
    """Its name in orders and streams."""
    promotion: str
    """Code of the promotion type: "flash_sale"."""
    state: ActivityState
    """Where it is in its life."""
    start_time: datetime
    """It sells from this instant on."""
    end_time: datetime
    """It sells up to, not at, this instant."""
    block_id: str = ""
    """Label of the rule block: "evening"."""
    title: str = ""
    """For a person."""
    ruleset_hash: str = ""
    """The ruleset that it came from."""
    campaign_id: str = ""
    """The campaign that enabled it; may be empty."""
    stock: tuple[StockShare, ...] = ()
    """What it may sell."""
    config_json: str = ""
    """The promotion's own settings as JSON, for operators."""

    @classmethod
    def from_message(cls, message: campaign_pb2.Activity) -> Activity:
        return cls(
            activity_id=message.activity_id,
            promotion=message.promotion,
            block_id=message.block_id,
            title=message.title,
            ruleset_hash=message.ruleset_hash,
            campaign_id=message.campaign_id,
            state=ActivityState(message.state),
            start_time=time_from_message(message.start_time),
            end_time=time_from_message(message.end_time),
            stock=tuple(StockShare.from_message(item) for item in message.stock),
            config_json=message.config_json,
        )


@dataclass(frozen=True, slots=True)
class StockShare:
    """Units of a SKU that were given to an activity."""

    sku: str
    """SKU code."""
    for_sale: int = 0
    """Units for sale from the start."""
    buffer: int = 0
    """Units held back until they are released."""
    buffer_released: bool = False
    """True: the buffer is on sale too."""

    @classmethod
    def from_message(cls, message: campaign_pb2.StockShare) -> StockShare:
        return cls(
            sku=message.sku,
            for_sale=message.for_sale,
            buffer=message.buffer,
            buffer_released=message.buffer_released,
        )
