"""The vocabulary that the tests of the rule language use: the flash sale as its plugin defines it, and small others."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tuan_coupon import block as coupon
from tuan_distribution import block as distribution
from tuan_flash_sale import block as flash_sale
from tuan_group_buy import block as group_buy
from tuan_points import block as points
from tuan_risk import block as risk
from tuan_rules import (
    AMOUNT_EXPRESSION,
    BOOLEAN,
    DURATION,
    ENUM,
    INTEGER,
    LADDER_OF,
    LIMITS,
    LIST_OF,
    MONEY,
    PERCENT,
    PREDICATE,
    PRICE_ACTION,
    RECORD,
    REFERENCE,
    SCHEDULE,
    SHARE_OF,
    SKU_SET,
    TEXT,
    WINDOW,
    BlockSchema,
    CheckedBlock,
    Diagnostic,
    Field,
    Severity,
    ShareOf,
    Vocabulary,
    problem,
    standard_vocabulary,
)
from tuan_rules.core_facts import CORE_FACTS
from tuan_rules.facts import BOOLEAN as FACT_BOOLEAN
from tuan_rules.facts import INTEGER as FACT_INTEGER
from tuan_rules.facts import MONEY as FACT_MONEY
from tuan_rules.facts import RECORDS, Fact, FactRecord
from tuan_rules.price_block import PRICE


def _never_active(block: CheckedBlock) -> Iterable[Diagnostic]:
    if block.window is None:
        yield problem(
            block, "active", "FS-001", "nothing says when this sale runs", "没有写明何时生效", Severity.WARNING
        )


FLASH_SALE = BlockSchema(
    "flash_sale",
    "Goods at a sale price in sessions.",
    (
        Field("on", SKU_SET, "the goods", required=True, example='line.sku in ["S1001", "S1002"]'),
        Field("price", PRICE_ACTION, "the price in the sale", required=True, example="set(¥29.90)"),
        Field("sessions", SCHEDULE, "when it sells", example="daily(at: [10:00, 20:00], for: 2h)"),
        Field("active", WINDOW, "from when until when", example="from 2027-02-10 until 2027-02-13"),
        Field("stock", SHARE_OF, "stock on sale at once", default=ShareOf(Fraction(9, 10), "sku.available")),
        Field("limit", LIMITS, "the most units", default=(), example="1 per buyer, 2 per device per 24h"),
        Field("title", TEXT, "name shown to buyers"),
        Field("warm_up", DURATION, "page is up before", default=600_000, example="10min"),
        Field("challenge", ENUM("none", "when_suspicious", "always"), "captcha", default="when_suspicious"),
        Field("hold", DURATION, "payment window", example="15min"),
    ),
    example='flash_sale "evening" { on = line.sku in ["S1001"]  price = set(¥29.90) }',
    lints=(_never_active,),
)

LEVEL = BlockSchema("level", "One level.", (Field("rate", PERCENT, "the share", required=True, example="8%"),))

COMMISSION = BlockSchema(
    "commission",
    "What a distributor earns.",
    (
        Field("when", PREDICATE, "who earns", example="referral.age <= 30d"),
        Field("base", AMOUNT_EXPRESSION, "of what", example="line.paid"),
        Field("budget", MONEY, "the most in all"),
        Field("max_levels", INTEGER, "levels", default=2),
        Field("public", BOOLEAN, "shown to buyers", default=False),
    ),
    children=(LEVEL,),
)

TIERS = BlockSchema(
    "tiers",
    "A ladder and other types that the flash sale does not use.",
    (
        Field("price", LADDER_OF(MONEY), "price by size", example="[2 => ¥39.00]"),
        Field("tags", LIST_OF(TEXT, max_items=3), "words", default=(), example='["new"]'),
        Field("stack", REFERENCE("stack"), "where it belongs", example='stack "line-promo"'),
        Field(
            "gift",
            RECORD(
                Field("sku", TEXT, "which", required=True, example='"G1"'), Field("qty", INTEGER, "how many", default=1)
            ),
            "what comes along",
        ),
    ),
)

SCHEMAS = (FLASH_SALE, COMMISSION, TIERS)
VOCABULARY = Vocabulary(SCHEMAS)

#: Facts besides the core's: a list of records, which loops need, and events that counters count.
GROUP = FactRecord(
    "group",
    "The group that a line is bought with.",
    (
        Fact("paid", FACT_INTEGER, "members who have paid"),
        Fact(
            "members",
            RECORDS(
                200, Fact("is_new", FACT_BOOLEAN, "bought never before"), Fact("paid", FACT_MONEY, "what was paid")
            ),
            "who is in it",
        ),
    ),
)
#: Letters that have two spellings in Unicode.
CAFÉ = FactRecord("café", "Where a name has an accent.", (Fact("open", FACT_BOOLEAN, "whether it is open"),))
TYPED_VOCABULARY = Vocabulary((*SCHEMAS, PRICE), (*CORE_FACTS, GROUP, CAFÉ), events=("join", "pay"))


def _raises(block: CheckedBlock) -> Iterable[Diagnostic]:
    raise KeyError(block.label)


#: With a block whose lint fails, as a plugin with a fault would have it.
FAULTY = BlockSchema("faulty", "A block whose lint fails.", (), lints=(_raises,))
CORPUS_VOCABULARY = Vocabulary((*SCHEMAS, PRICE, FAULTY), (*CORE_FACTS, GROUP, CAFÉ), events=("join", "pay"))

#: The whole of what is installed: the blocks of the built-in plugins, price rules and gates, with their facts and events.
MARKET_VOCABULARY = standard_vocabulary(
    [
        *flash_sale.rule_blocks(),
        *group_buy.rule_blocks(),
        *distribution.rule_blocks(),
        *risk.rule_blocks(),
        *coupon.rule_blocks(),
        *points.rule_blocks(),
    ]
)


def vocabulary_of(case: str) -> Vocabulary:
    """The vocabulary that a file of the corpus, by its stem, or the page of a code is checked with."""
    return (
        MARKET_VOCABULARY
        if case.startswith(("market-", "TR-243", "TR-404", "TR-405", "TR-406", "TR-5"))
        else CORPUS_VOCABULARY
    )
