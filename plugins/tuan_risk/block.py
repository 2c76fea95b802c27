"""The rule block `risk`: what risk control answers to an event, and the facts that it may ask for."""

from __future__ import annotations

from tuan_rules import (
    BLOCK_KIND,
    ENUM,
    EVENT,
    LIST_OF,
    PREDICATE,
    TEXT,
    VERDICT,
    WINDOW,
    BlockSchema,
    Field,
    zh,
)
from tuan_rules import facts as fact_types
from tuan_rules.facts import EventName, Fact, FactRecord

DEVICE = FactRecord(
    "device",
    "What the request comes from.",
    (
        Fact("id", fact_types.OPTIONAL(fact_types.TEXT), "its pseudonym", aliases=zh("编号")),
        Fact("age", fact_types.OPTIONAL(fact_types.DURATION), "how long it has been known", aliases=zh("时长")),
        Fact("buyers", fact_types.OPTIONAL(fact_types.INTEGER), "buyers that were seen on it", aliases=zh("买家数")),
        Fact("emulated", fact_types.OPTIONAL(fact_types.BOOLEAN), "whether it is no real device", aliases=zh("模拟器")),
    ),
    aliases=zh("设备"),
)
EVENTS = (
    EventName("order.place", "an order is placed", aliases=zh("订单.下单")),
    EventName("order.pay", "an order is paid", aliases=zh("订单.支付")),
    EventName("order.refund", "a refund is asked for", aliases=zh("订单.退款")),
)

RISK = BlockSchema(
    "risk",
    "What risk control answers to an event. Of several answers the strictest counts: deny, review, challenge, allow.",
    (
        Field("title", TEXT, "name shown to those who review", example='{ zh: "抢购机器人", en: "Sale bots" }'),
        Field(
            "on",
            LIST_OF(EVENT, max_items=50),
            "the events",
            required=True,
            example="[flash_sale.join, group_buy.open]",
            aliases=zh("事件"),
        ),
        Field(
            "when",
            PREDICATE,
            "what must hold",
            required=True,
            example="count(join) by device within 10min > 20 or (buyer.credit ?? 0) < 40",
        ),
        Field("verdict", VERDICT, "the answer", required=True, example='deny(code: "R-101")', aliases=zh("结论")),
        Field(
            "missing",
            ENUM("deny", "review", "allow"),
            "the answer where a fact is missing that it asks for",
            required=True,
            example="review",
        ),
        Field(
            "affects",
            LIST_OF(BLOCK_KIND, max_items=50),
            "the kinds of blocks for which it counts; left out: all",
            default=(),
            example="[flash_sale, group_buy, commission]",
            aliases=zh("影响"),
        ),
        Field("active", WINDOW, "from when until when", example="from 2027-02-10 until 2027-02-13"),
    ),
    example='risk "bots" {\n  on = [order.place]  when = count(join) by device within 10min > 20\n'
    '  verdict = deny(code: "R-101")  missing = review\n}',
    aliases=zh("风控"),
)


def rule_blocks() -> list[BlockSchema | FactRecord | EventName]:
    """For the stand-alone `tuan-rules`, by the entry point group `tuan_rules.vocabulary`."""
    return [RISK, DEVICE, *EVENTS]
