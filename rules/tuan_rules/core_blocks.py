"""The blocks that every vocabulary has: package, campaign, define, stack, rounding and test."""

from __future__ import annotations

from collections.abc import Iterable

from tuan_rules.checked import CheckedBlock
from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.lints import problem
from tuan_rules.schema import (
    BOOLEAN,
    ENUM,
    GIVEN,
    INSTANT,
    INTEGER,
    LIST_OF,
    MAP_OF,
    MONEY,
    PREDICATE,
    REFERENCE,
    TEXT,
    WINDOW,
    BlockSchema,
    Field,
)
from tuan_rules.values import Window

_DAY_MS = 86_400_000
_WINDOW_EXAMPLE = "from 2027-02-10 10:00 until 2027-02-13 10:00"


def _budget_says_what_then(block: CheckedBlock) -> Iterable[Diagnostic]:
    if block.values["budget"] is not None and block.values["on_exceed"] is None:
        yield problem(block, "budget", "TR-303")


#: Days after which a campaign has usually lost its pull.
CAMPAIGN_DAYS_MAX = 5


def _not_too_long(block: CheckedBlock) -> Iterable[Diagnostic]:
    window = block.values["active"]
    if isinstance(window, Window) and window.end_ms - window.start_ms > CAMPAIGN_DAYS_MAX * _DAY_MS:
        days = -(-(window.end_ms - window.start_ms) // _DAY_MS)
        yield problem(block, "active", "TR-508", days=days, limit=CAMPAIGN_DAYS_MAX)


PACKAGE = BlockSchema(
    "package",
    "The rule package: its name, version, time zone and currency. Exactly one, in any of its files.",
    (
        Field("version", TEXT, "version of the rules, three numbers", required=True, example='"1.4.0"'),
        Field("zone", TEXT, "IANA time zone of every time without one", required=True, example='"Asia/Shanghai"'),
        Field("currency", TEXT, "ISO 4217 code of every amount", required=True, example='"CNY"'),
    ),
    example='package "fresh.spring" { version = "1.4.0"  zone = "Asia/Shanghai"  currency = "CNY" }',
    at_most=1,
)

DEFINE = BlockSchema(
    "define",
    "A name for a condition, to be used in others.",
    (Field("is", PREDICATE, "the condition", required=True, example="buyer.level >= 3"),),
    example='define "vip" { is = buyer.level >= 3 and not (buyer.blocked ?? true) }',
)

PLAN = BlockSchema(
    "plan",
    "A stretch of a campaign, and the blocks that are active in it.",
    (
        Field("active", WINDOW, "when the plan runs; the campaign's window if left out", example=_WINDOW_EXAMPLE),
        Field(
            "enables",
            LIST_OF(REFERENCE(), max_items=200),
            "the blocks that run in this plan",
            required=True,
            example='[flash_sale "evening"]',
        ),
    ),
)

CAMPAIGN = BlockSchema(
    "campaign",
    "What a merchant plans: a title, a window, a budget, and plans that enable other blocks.",
    (
        Field("title", TEXT, "name shown to buyers", example='{ zh: "春节拼团", en: "Spring group buy" }'),
        Field("active", WINDOW, "when the campaign runs, half-open", required=True, example=_WINDOW_EXAMPLE),
        Field("budget", MONEY, "the most that all its discounts may cost", example="¥500000.00"),
        Field(
            "on_exceed", ENUM("clip", "skip"), "when the budget is used up: grant the rest or nothing", example="skip"
        ),
    ),
    children=(PLAN,),
    example=f'campaign "spring" {{\n  active = {_WINDOW_EXAMPLE}\n  plan "sale" {{ enables = [flash_sale "evening"] }}\n}}',
    lints=(_budget_says_what_then, _not_too_long),
)

#: `original` alone is a way of refunding, 原路.
_BASES = ENUM("running", "original").also("zh", running="现价", original="原价")

STACK = BlockSchema(
    "stack",
    "How rules of one phase combine: which of them count, on which price.",
    (
        Field(
            "phase",
            ENUM("price_source", "line_discount", "order_discount", "shipping", "tender"),
            "when it is applied",
            required=True,
            example="line_discount",
        ),
        Field("scope", ENUM("line", "order"), "what its rules act on", required=True, example="line"),
        Field(
            "pick",
            ENUM("all", "first", "best_for_buyer", "lowest_cost"),
            "which of its rules count",
            required=True,
            example="best_for_buyer",
        ),
        Field("base", _BASES, "the price that a percentage is of", required=True, example="running"),
        Field("limit", INTEGER, "the most rules that count", example="2"),
        Field(
            "priority", INTEGER, "of the stacks of a phase, higher goes first; then by name", default=0, example="10"
        ),
        Field("cap", MONEY, "the most that its rules take off together", example="¥50.00"),
        Field(
            "exclusive_with",
            LIST_OF(REFERENCE("stack"), max_items=50),
            "stacks that never apply together with this one",
            default=(),
            example='[stack "coupons"]',
        ),
    ),
    example='stack "line-promo" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }',
)

ROUNDING = BlockSchema(
    "rounding",
    "How exact amounts become payable ones.",
    (
        Field("unit", MONEY, "the smallest step of a price", default=None, example="¥0.01"),
        Field("mode", ENUM("half_up", "half_even", "down", "up"), "which way", default="half_up", example="half_up"),
        Field("at", ENUM("each_step", "each_line"), "how often", default="each_step", example="each_step"),
    ),
    label_required=False,
    example="rounding { unit = ¥0.01  mode = half_up  at = each_step }",
    at_most=1,
)

_GIVEN_EXAMPLE = '{ buyer: { level: 3 }, lines: [ { sku: "S1001", qty: 1, list: ¥50.00 } ] }'

EXPECT = BlockSchema(
    "expect",
    "What a test must find; what is left out is not looked at.",
    (
        Field("total", MONEY, "what the buyer pays, shipping included", example="¥35.00"),
        Field("goods", MONEY, "what the goods cost", example="¥35.00"),
        Field("off", MONEY, "what is taken off the goods", example="¥15.00"),
        Field("shipping", MONEY, "what shipping costs", example="¥0.00"),
        Field("lines", LIST_OF(MONEY, max_items=100), "what each line costs, in their order", example="[¥35.00]"),
        Field("gifts", MAP_OF(INTEGER), "what comes along: units by SKU", example='{ "G1": 1 }'),
        Field(
            "applied",
            LIST_OF(REFERENCE(), max_items=50),
            "the blocks that applied, and no others; in any order",
            example='[flash_sale "evening"]',
        ),
        Field(
            "rejected",
            MAP_OF(TEXT),
            "why others did not: a reason by label, or by kind and label (`price/member-98`)",
            example='{ "member-98": "excluded" }',
        ),
        Field(
            "refused",
            LIST_OF(REFERENCE("gate"), max_items=50),
            "the gates that refuse the order; left out: none may",
            example='[gate "no-fresh-abroad"]',
        ),
        Field(
            "commissions",
            MAP_OF(MONEY),
            "what distributors earn by a commission, all levels together",
            example='{ "share": ¥2.80 }',
        ),
        Field(
            "verdicts",
            MAP_OF(ENUM("allow", "challenge", "review", "deny")),
            "what risk rules answer, each to the events that it is about",
            example='{ "sale-bot": deny }',
        ),
    ),
    label_required=False,
    at_most=1,
)

CASE = BlockSchema(
    "case",
    "One row of a table: what it gives and expects is laid over what its test does.",
    (
        Field("at", INSTANT, "the time of the purchase, where it is another", example="2027-02-11 12:30"),
        Field("given", GIVEN, "the facts that differ", example="{ buyer: { level: 1 } }"),
    ),
    children=(EXPECT,),
)

TEST = BlockSchema(
    "test",
    "An example with its outcome; run before rules are published.",
    (
        Field("at", INSTANT, "the time of the purchase", required=True, example="2027-02-11 12:30"),
        Field("given", GIVEN, "who buys what: facts by record, and lines", required=True, example=_GIVEN_EXAMPLE),
        Field(
            "permute",
            BOOLEAN,
            "also run with blocks, files and lines in other orders",
            default=False,
            example="true",
        ),
    ),
    children=(EXPECT, CASE),
    example='test "one unit" {\n  at = 2027-02-11 12:30\n  given = { lines: [ { sku: "S1001", qty: 1, list: ¥50.00 } ] }\n'
    "  expect { total = ¥50.00 }\n}",
)

CORE_BLOCKS = (PACKAGE, DEFINE, CAMPAIGN, STACK, ROUNDING, TEST)
