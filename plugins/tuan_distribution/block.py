"""The rule blocks `commission` and `share_reward`: who earns what for bringing buyers."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

from tuan_rules import (
    ACTIONS,
    AMOUNT_EXPRESSION,
    CAP,
    ENUM,
    LIMITS_PER,
    PERCENT,
    PREDICATE,
    SETTLEMENT,
    TEXT,
    WINDOW,
    BlockSchema,
    CheckedBlock,
    Diagnostic,
    Field,
    Limit,
    problem,
    zh,
)
from tuan_rules import facts as fact_types
from tuan_rules.facts import EventName, Fact, FactRecord, Per

LEVELS = ("1", "2")
#: Rewarded shares a day and buyer; more is induced sharing.
SHARES_PER_DAY_MAX = 200
DAY_MS = 86_400_000

LINE = FactRecord(
    "line",
    "One line of the cart.",
    (Fact("paid", fact_types.MONEY, "what is paid for it with money", priced=True, aliases=zh("实付")),),
    Per.LINE,
)
REFERRAL = FactRecord(
    "referral",
    "By whom the buyer was sent.",
    (
        Fact(
            "upline",
            fact_types.OPTIONAL(fact_types.TEXT),
            "who brought the referrer: the earner of level 2",
            aliases=zh("上级"),
        ),
    ),
)
DISTRIBUTOR = FactRecord(
    "distributor",
    "The referrer as a distributor.",
    (
        Fact(
            "level",
            fact_types.OPTIONAL(fact_types.INTEGER),
            "level by tasks; not set: not admitted",
            aliases=zh("等级"),
        ),
        Fact("age", fact_types.OPTIONAL(fact_types.DURATION), "how long ago admitted", aliases=zh("时长")),
    ),
    aliases=zh("分销员"),
)
EVENTS = (
    EventName("referral.bind", "a buyer is bound to a referrer", aliases=zh("推荐.绑定")),
    EventName("share.send", "somebody shares a link", aliases=zh("分享.发送")),
    EventName("withdrawal.request", "a distributor asks for money", aliases=zh("提现.申请")),
)


def _levels(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-501."""
    levels = block.children_of("level")
    for level in levels:
        if level.label not in LEVELS:
            wrong = f"`level {level.label}`"
            yield problem(level, "", "TR-501", problem=f"remove {wrong}", problem_zh=f"请删除 {wrong}")
    if not levels:
        example = "level 1 { rate = 8% }"
        yield problem(block, "", "TR-501", problem=f"write for example `{example}`", problem_zh=f"例如 `{example}`")


def _rate(level: CheckedBlock) -> Iterable[Diagnostic]:
    rate = cast(Fraction, level.values["rate"])
    if not 0 <= rate <= 1:
        yield problem(level, "rate", "TR-212", found=f"{float(rate * 100):g}%")


def _limited(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-505."""
    limits = cast("tuple[Limit, ...]", block.values["limit"])
    daily = [limit.quantity for limit in limits if limit.subject == "buyer" and limit.window_ms == DAY_MS]
    if not daily or min(daily) > SHARES_PER_DAY_MAX:
        yield problem(block, "limit", "TR-505", limit=SHARES_PER_DAY_MAX)


LEVEL = BlockSchema(
    "level",
    "One level of distributors: `level 1` is who sent the buyer, `level 2` who brought that one.",
    (
        Field("rate", PERCENT, "the share of the base", required=True, example="8%", aliases=zh("比例")),
        Field("only", PREDICATE, "the lines that it is of; left out: all", example="(line.margin ?? 0%) >= 30%"),
    ),
    lints=(_rate,),
    aliases=zh("级"),
)

COMMISSION = BlockSchema(
    "commission",
    "What distributors earn of an order (佣金). Who buys earns nothing of it, however it is written.",
    (
        Field("title", TEXT, "name shown to distributors", example='{ zh: "分享佣金", en: "Share" }'),
        Field("when", PREDICATE, "what must hold", example="referral.age is set and referral.age <= 30d"),
        Field("only", PREDICATE, "the lines that it is of; left out: all", example='line.category under "fresh"'),
        Field("base", AMOUNT_EXPRESSION, "what rates are of, in each line", required=True, example="line.paid"),
        Field("cap", CAP, "the most that all levels earn together", example="¥200.00 per order"),
        Field(
            "settle",
            SETTLEMENT,
            "on which day of the month what has been final for so long is settled (结算)",
            required=True,
            example="monthly(day: 10, after: 7d)",
            aliases=zh("结算"),
        ),
        Field(
            "clawback",
            ENUM("proportional", "whole").also("zh", proportional="按比例", whole="全额"),
            "what a refund takes back (追回): its share, or all",
            default="proportional",
            example="proportional",
            aliases=zh("追回"),
        ),
        Field("active", WINDOW, "from when until when", example="from 2027-02-10 until 2027-02-13"),
    ),
    children=(LEVEL,),
    example='commission "share" {\n  when = referral.age is set and referral.age <= 30d  base = line.paid\n'
    "  level 1 { rate = 8% }  level 2 { rate = 3% }\n  settle = monthly(day: 10, after: 7d)\n}",
    lints=(_levels,),
    aliases=zh("佣金"),
)

SHARE_REWARD = BlockSchema(
    "share_reward",
    "What somebody gets for sharing a link (分享奖励).",
    (
        Field("title", TEXT, "name shown to buyers", example='{ zh: "分享有礼", en: "Share and earn" }'),
        Field("when", PREDICATE, "what must hold", example="not (buyer.blocked ?? true)"),
        Field(
            "reward",
            ACTIONS("credit", "points", "grant", rewards=True),
            "what one share earns",
            required=True,
            example="points(10)",
            aliases=zh("奖励"),
        ),
        Field("limit", LIMITS_PER("buyer"), "how often", default=(), example="50 per buyer per 24h"),
        Field("active", WINDOW, "from when until when", example="from 2027-02-10 until 2027-02-13"),
    ),
    example='share_reward "daily" { reward = points(10)  limit = 50 per buyer per 24h }',
    lints=(_limited,),
    aliases=zh("分享奖励"),
)


def rule_blocks() -> list[BlockSchema | FactRecord | EventName]:
    """For the stand-alone `tuan-rules`, by the entry point group `tuan_rules.vocabulary`."""
    return [COMMISSION, SHARE_REWARD, LINE, REFERRAL, DISTRIBUTOR, *EVENTS]
