"""The façade for plugins: the only module of the engine that a plugin imports; built-in promotions use exactly the same.

A plugin is an object of one of the kinds below, returned by its distribution's `tuan_plugins` hook:

    from tuan.plugin import PromotionType, hookimpl

    class SecondAtHalfPrice(PromotionType):
        code = "second_half"
        ...

    @hookimpl
    def tuan_plugins():
        return [SecondAtHalfPrice()]

The rule language's types and values are here too: a block schema needs them (`RuleMoney` is the money of a rule file, which
`Money` of the engine is not: a plugin reads the former and answers with plain minor units).

Its entry point (group `tuan`), its package (`tuan_<code>`) and its `code` carry the same name; start-up refuses otherwise.
"""

from tuan.domain.activity import (
    RETAIL,
    Activity,
    ActivityState,
    StockShare,
    group_of_seats,
    seats_counter,
    stock_counter,
)
from tuan.domain.catalogue import Sku
from tuan.domain.claim import Claim, CounterSpec, CounterState, OnRelease
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.event import Event
from tuan.domain.fields import check_id, page_size
from tuan.domain.ledger import LedgerEntry, LedgerTransaction
from tuan.domain.money import Money, Rounding, allocate, round_minor, spread_over_units
from tuan.domain.order import KEPT, Order, OrderState
from tuan.domain.payment import Payment, PaymentNotice, Refund, RefundCause
from tuan.plugin.base import EngineRange, FaultPolicy, Plugin, hookimpl
from tuan.plugin.challenge import Challenge, Puzzle
from tuan.plugin.command import Command
from tuan.plugin.errands import grant_reward, notify, rebate_order, refund_order
from tuan.plugin.gateway import GatewayRefusal, PaymentGateway, PaymentToken, RefundAnswer, RefundOutcome
from tuan.plugin.host import EventStream, Host, PluginTables, Servicer
from tuan.plugin.notifier import Notice, Notifier
from tuan.plugin.promotion import (
    SUBJECTS,
    ActivityPlan,
    Attempt,
    CartLine,
    GateRefused,
    LineTerms,
    Plan,
    PromotionType,
    Proposal,
    PublishContext,
    Refusal,
    RefusalKind,
    SubjectLimit,
)
from tuan.plugin.redemption import COUPONS, GROUPS, POINTS, Charge, Redemption, redeemed_counter
from tuan.plugin.reward import Reward, RewardKind
from tuan.plugin.risk import ALLOW, RiskChecker, Verdict, VerdictKind
from tuan.ports import Clock, Job, Mismatch, PastRule, PriceRule, Unit
from tuan_rules import (
    ACTIONS,
    AMOUNT_EXPRESSION,
    ANY_EXPRESSION,
    BOOLEAN,
    DURATION,
    ENUM,
    INSTANT,
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
    TOP_LEVEL,
    WINDOW,
    Action,
    ActionOf,
    Alias,
    BlockSchema,
    CheckedBlock,
    Credit,
    Daily,
    Diagnostic,
    Field,
    FieldType,
    Grant,
    Instant,
    Limit,
    Lint,
    Parameter,
    Points,
    Predicate,
    PriceAction,
    Ratio,
    Reference,
    RefundTo,
    ShareOf,
    SkuSet,
    Text,
    Window,
    names_in,
    zh,
)
from tuan_rules import Money as RuleMoney
from tuan_rules.currencies import shown_money
from tuan_rules.facts import LIST as FACT_LIST
from tuan_rules.facts import MONEY as FACT_MONEY
from tuan_rules.facts import TEXT as FACT_TEXT
from tuan_rules.facts import Fact, FactRecord
from tuan_rules.schema import CAP, GIVE
from tuan_rules.values import Gift, cap_of

__all__ = [
    "CAP",
    "COUPONS",
    "GROUPS",
    "Job",
    "KEPT",
    "Order",
    "OrderState",
    "RefundCause",
    "grant_reward",
    "group_of_seats",
    "notify",
    "rebate_order",
    "refund_order",
    "seats_counter",
    "FACT_LIST",
    "FACT_MONEY",
    "FACT_TEXT",
    "GIVE",
    "POINTS",
    "Charge",
    "Fact",
    "FactRecord",
    "LedgerEntry",
    "LedgerTransaction",
    "Mismatch",
    "Redemption",
    "cap_of",
    "check_id",
    "page_size",
    "redeemed_counter",
    "ALLOW",
    "ACTIONS",
    "AMOUNT_EXPRESSION",
    "ANY_EXPRESSION",
    "BOOLEAN",
    "DURATION",
    "ENUM",
    "INSTANT",
    "INTEGER",
    "LADDER_OF",
    "LIMITS",
    "LIST_OF",
    "MONEY",
    "PERCENT",
    "PREDICATE",
    "PRICE_ACTION",
    "RECORD",
    "REFERENCE",
    "RETAIL",
    "SCHEDULE",
    "SHARE_OF",
    "SKU_SET",
    "TEXT",
    "TOP_LEVEL",
    "WINDOW",
    "Action",
    "ActionOf",
    "Activity",
    "ActivityPlan",
    "ActivityState",
    "Alias",
    "Attempt",
    "BlockSchema",
    "CartLine",
    "Challenge",
    "CheckedBlock",
    "Claim",
    "Clock",
    "Command",
    "CounterSpec",
    "CounterState",
    "Credit",
    "Daily",
    "Diagnostic",
    "EngineRange",
    "Event",
    "EventStream",
    "FaultPolicy",
    "Field",
    "FieldType",
    "GateRefused",
    "GatewayRefusal",
    "Gift",
    "Grant",
    "Host",
    "Instant",
    "InvalidValue",
    "Limit",
    "LineTerms",
    "SubjectLimit",
    "SUBJECTS",
    "Lint",
    "Money",
    "Notice",
    "Notifier",
    "OnRelease",
    "Parameter",
    "Payment",
    "PaymentGateway",
    "PaymentNotice",
    "PaymentToken",
    "Plan",
    "Plugin",
    "PluginTables",
    "Points",
    "Predicate",
    "PriceAction",
    "PastRule",
    "PriceRule",
    "PromotionType",
    "Proposal",
    "PublishContext",
    "Puzzle",
    "Ratio",
    "Reason",
    "Reference",
    "Refund",
    "RefundAnswer",
    "RefundTo",
    "RefundOutcome",
    "Refusal",
    "RefusalKind",
    "Reward",
    "RewardKind",
    "RiskChecker",
    "Rounding",
    "RuleMoney",
    "Servicer",
    "ShareOf",
    "Sku",
    "SkuSet",
    "StockShare",
    "Text",
    "TuanError",
    "Unit",
    "Verdict",
    "VerdictKind",
    "Window",
    "allocate",
    "hookimpl",
    "names_in",
    "round_minor",
    "shown_money",
    "spread_over_units",
    "stock_counter",
    "zh",
]
