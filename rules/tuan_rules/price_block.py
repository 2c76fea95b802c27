"""The `price` block: a price rule of any kind, from member prices to thresholds."""

from __future__ import annotations

from tuan_rules.schema import (
    AMOUNT_EXPRESSION,
    CAP,
    ENUM,
    GIVE,
    INTEGER,
    MONEY,
    PREDICATE,
    REFERENCE,
    SCHEDULE,
    TEXT,
    WINDOW,
    BlockSchema,
    Field,
)

PRICE = BlockSchema(
    "price",
    "A price rule: for which goods, when, and what it gives.",
    (
        Field("title", TEXT, "name shown to buyers", example='{ zh: "会员价", en: "Members" }'),
        Field("on", PREDICATE, "the lines that it is about; left out: all", example='line.category under "fresh"'),
        Field("when", PREDICATE, "what must hold besides", example="buyer.level >= 3 and cart.subtotal >= ¥200.00"),
        Field("give", GIVE, "what it gives", required=True, example="pay(9.8折)"),
        Field("stack", REFERENCE("stack"), "where it belongs", required=True, example='stack "line-promo"'),
        Field("priority", INTEGER, "its place in the stack; higher goes first", default=0, example="20"),
        Field("cap", CAP, "the most that it takes off", example="¥50.00 per order"),
        Field("floor", AMOUNT_EXPRESSION, "the least that a unit costs after it", example="60% of line.list"),
        Field("budget", MONEY, "the most that it takes off in all orders together", example="¥10000.00"),
        Field(
            "on_exceed", ENUM("clip", "skip"), "when the budget is used up: grant the rest or nothing", example="skip"
        ),
        Field("active", WINDOW, "from when until when", example="from 2027-02-10 until 2027-02-13"),
        Field(
            "sessions",
            SCHEDULE,
            "when in that time; left out: all of it",
            example="daily(at: [10:00, 20:00], for: 2h)",
        ),
        Field("funded_by", ENUM("merchant", "platform"), "who pays for it", default="merchant", example="platform"),
    ),
    example='price "member-98" {\n  on = line.category under "fresh"  when = buyer.level >= 3\n'
    '  give = pay(9.8折)  stack = stack "line-promo"  priority = 20\n}',
)
