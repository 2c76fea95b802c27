"""The rule block `flash_sale`: what a merchant may write."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tuan_rules import (
    BOOLEAN,
    DURATION,
    ENUM,
    LIMITS,
    PRICE_ACTION,
    SCHEDULE,
    SHARE_OF,
    SKU_SET,
    TEXT,
    WINDOW,
    BlockSchema,
    CheckedBlock,
    Diagnostic,
    Field,
    ShareOf,
    problem,
    zh,
)
from tuan_rules.facts import EventName
from tuan_rules.market import STATED, not_inflated
from tuan_rules.sources import PriceSource, goods_condition

#: The fact that `stock` is a share of: what ordinary sale has available when the session takes its stock.
AVAILABLE = "sku.available"


def _keeps_a_buffer(block: CheckedBlock) -> Iterable[Diagnostic]:
    stock = block.values["stock"]
    if isinstance(stock, ShareOf) and stock.ratio == 1:
        yield problem(block, "stock", "TR-506", fact=stock.fact)


def _price(block: CheckedBlock) -> PriceSource:
    """What a line costs in the sale; limits, tickets and stock are the engine's."""
    return PriceSource((goods_condition(block.values["on"]),), block.values["price"])  # type: ignore[arg-type]


FLASH_SALE = BlockSchema(
    name="flash_sale",
    doc="Goods at a sale price in sessions, with a part of the stock set aside for them.",
    fields=(
        Field("on", SKU_SET, "the goods", required=True, example='line.sku in ["S1001", "S1002"]'),
        Field(
            "price", PRICE_ACTION, "the price in the sale", required=True, example="set(¥29.90)", aliases=zh("秒杀价")
        ),
        Field(
            "sessions",
            SCHEDULE,
            "when it sells; left out: all the time that it is active",
            example="daily(at: [10:00, 20:00], for: 2h)",
        ),
        Field(
            "active",
            WINDOW,
            "from when until when; left out: as the plans say that enable it",
            example="from 2027-02-10 until 2027-02-13",
        ),
        Field(
            "stock",
            SHARE_OF,
            "how much of the stock is on sale at once; the rest is the buffer (缓冲), sold when it is released",
            default=ShareOf(Fraction(9, 10), AVAILABLE),
            example="90% of sku.available",
        ),
        Field(
            "limit",
            LIMITS,
            "the most units per buyer, device or address",
            default=(),
            example="1 per buyer, 2 per device per 24h",
        ),
        Field(
            "title", TEXT, "name shown to buyers; left out: the label", example='{ zh: "晚场秒杀", en: "Evening sale" }'
        ),
        Field(
            "warm_up",
            DURATION,
            "the page is up and tickets can be had so long before",
            default=600_000,
            example="10min",
            aliases=zh("预热"),
        ),
        Field(
            "challenge",
            ENUM("none", "when_suspicious", "always").also("zh", none="无", when_suspicious="可疑时", always="总是"),
            "when a buyer has to solve a challenge before a ticket: never; when risk control asks for it or tickets are asked for "
            "too often; always",
            default="when_suspicious",
            example="when_suspicious",
            aliases=zh("验证"),
        ),
        Field(
            "hold",
            DURATION,
            "how long an unpaid order keeps its units; left out: as the engine is set up",
            example="5min",
            aliases=zh("支付时限"),
        ),
        Field(
            "ticket",
            BOOLEAN,
            "whether an order needs a purchase ticket",
            default=True,
            example="true",
            aliases=zh("入场券"),
        ),
        *STATED,
    ),
    example='flash_sale "evening" {\n  on = line.sku in ["S1001"]  price = set(¥29.90)\n'
    "  sessions = daily(at: [20:00], for: 2h)\n  limit = 1 per buyer\n}",
    lints=(_keeps_a_buffer, not_inflated),
    becomes=_price,
    aliases=zh("秒杀"),
)


EVENTS = (
    EventName("flash_sale.join", "a buyer asks for a ticket or places an order in a sale", aliases=zh("秒杀.参加")),
)


def rule_blocks() -> list[BlockSchema | EventName]:
    """For the stand-alone `tuan-rules`, by the entry point group `tuan_rules.vocabulary`."""
    return [FLASH_SALE, *EVENTS]
