"""The rule block `coupon`: what a merchant may write."""

from __future__ import annotations

from tuan.plugin import (
    AMOUNT_EXPRESSION,
    BOOLEAN,
    CAP,
    DURATION,
    ENUM,
    GIVE,
    INTEGER,
    LIMITS,
    MONEY,
    PREDICATE,
    REFERENCE,
    TEXT,
    WINDOW,
    BlockSchema,
    Field,
    zh,
)

COUPON = BlockSchema(
    name="coupon",
    doc="A coupon: a price rule that counts only in orders which use it. Buyers collect it, are given it, or know its code.",
    fields=(
        Field(
            "title", TEXT, "name shown to buyers; left out: the label", example='{ zh: "满50减10", en: "10 off 50" }'
        ),
        Field("on", PREDICATE, "the lines that it is about; left out: all", example='line.category under "fresh"'),
        Field("when", PREDICATE, "what must hold besides", example="cart.subtotal >= ¥50.00"),
        Field("give", GIVE, "what it gives", required=True, example="off(¥10.00)"),
        Field("stack", REFERENCE("stack"), "where it belongs", required=True, example='stack "coupons"'),
        Field("priority", INTEGER, "its place in the stack; higher goes first", default=0, example="20"),
        Field("cap", CAP, "the most that it takes off", example="¥20.00 per order"),
        Field("floor", AMOUNT_EXPRESSION, "the least that a unit costs after it", example="60% of line.list"),
        Field("budget", MONEY, "the most that all of them take off together", example="¥10000.00"),
        Field(
            "on_exceed", ENUM("clip", "skip"), "when the budget is used up: grant the rest or nothing", example="skip"
        ),
        Field(
            "active",
            WINDOW,
            "when it can be collected and used; left out: as long as the package is in force",
            example="from 2027-02-10 until 2027-02-13",
        ),
        Field(
            "valid", DURATION, "how long after it was collected it can be used", example="7d", aliases=zh("有效时长")
        ),
        Field(
            "issue", INTEGER, "how many there are in all; left out: any number", example="1000", aliases=zh("发行量")
        ),
        Field("limit", LIMITS, "how many a buyer may have; left out: one", default=(), example="2 per buyer"),
        Field(
            "newcomer",
            BOOLEAN,
            "only for buyers who never paid for an order",
            default=False,
            example="true",
            aliases=zh("新人"),
        ),
        Field("personal", BOOLEAN, "only given, never collected", default=False, example="true", aliases=zh("专属")),
        Field(
            "code", TEXT, "orders name this code, nobody has to collect it", example='"SPRING10"', aliases=zh("口令")
        ),
        Field(
            "earlier",
            ENUM("keep", "replace").also("zh", keep="保留", replace="替换"),
            "what coupons give that were collected under earlier versions: their own terms, or these",
            default="keep",
            example="replace",
            aliases=zh("已领券"),
        ),
        Field("funded_by", ENUM("merchant", "platform"), "who pays for it", default="merchant", example="platform"),
    ),
    example='stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }\n'
    'coupon "ten" {\n  when = cart.subtotal >= ¥50.00  give = off(¥10.00)  stack = stack "coupons"\n'
    "  issue = 1000  valid = 7d\n}",
    named_in="cart.coupons",
    aliases=zh("优惠券"),
)


def rule_blocks() -> list[BlockSchema]:
    """For the stand-alone `tuan-rules`, by the entry point group `tuan_rules.vocabulary`."""
    return [COUPON]
