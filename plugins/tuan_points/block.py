"""The rule block `points`, and the facts by which its rule knows what an order may spend."""

from __future__ import annotations

from tuan.plugin import (
    CAP,
    DURATION,
    ENUM,
    FACT_LIST,
    FACT_MONEY,
    FACT_TEXT,
    GIVE,
    INTEGER,
    MONEY,
    PREDICATE,
    REFERENCE,
    TEXT,
    WINDOW,
    BlockSchema,
    Fact,
    FactRecord,
    Field,
    cap_of,
    zh,
)

#: Known by this plugin, never by callers.
POINTS_FACTS = FactRecord(
    "points",
    "The points that the buyer wants to spend on this order.",
    (
        Fact("programs", FACT_LIST(FACT_TEXT, 20), "the programs that they are of", aliases=zh("方案")),
        Fact("value", FACT_MONEY, "what they are worth together", aliases=zh("可抵")),
    ),
    aliases=zh("积分"),
)

POINTS = BlockSchema(
    name="points",
    doc="A program of points: one is earned for each so much paid with money, and pays for a part of later orders.",
    fields=(
        Field("title", TEXT, "name shown to buyers; left out: the label", example='{ zh: "积分", en: "Stars" }'),
        Field(
            "earn",
            MONEY,
            "one point for each so much that was paid with money",
            required=True,
            example="¥1.00",
            aliases=zh("每消费"),
        ),
        Field("worth", MONEY, "what a point pays", required=True, example="¥0.01", aliases=zh("抵用")),
        Field("on", PREDICATE, "the lines that points can pay; left out: all", example='line.category under "fresh"'),
        Field("when", PREDICATE, "what must hold for them to be spent", example="cart.subtotal >= ¥10.00"),
        Field("give", GIVE, "the most that they pay of an order", required=True, example="off(50%)"),
        Field(
            "stack", REFERENCE("stack"), "where they are spent: in phase tender", required=True, example='stack "pay"'
        ),
        Field("priority", INTEGER, "its place in the stack; higher goes first", default=0, example="20"),
        Field(
            "cap",
            CAP,
            "the most that they take off; left out: what the points that the order brings are worth",
            default=cap_of("points.value"),
            example="points.value per order",
        ),
        Field(
            "valid",
            DURATION,
            "how long after they were earned they can be spent",
            example="365d",
            aliases=zh("有效时长"),
        ),
        Field("active", WINDOW, "when they can be spent and earned", example="from 2027-01-01 until 2028-01-01"),
        Field("funded_by", ENUM("merchant", "platform"), "who pays for them", default="merchant", example="platform"),
    ),
    example='stack "pay" { phase = tender  scope = order  pick = all  base = running }\n'
    'points "stars" {\n  earn = ¥1.00  worth = ¥0.01  give = off(50%)  stack = stack "pay"  valid = 365d\n}',
    at_most=1,
    named_in="points.programs",
    aliases=zh("积分"),
)


def rule_blocks() -> list[BlockSchema | FactRecord]:
    """For the stand-alone `tuan-rules`, by the entry point group `tuan_rules.vocabulary`."""
    return [POINTS, POINTS_FACTS]
