"""The rule block `group_buy`: what a merchant may write, what rules may ask of a group, and what a group costs without an engine."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, cast

from tuan_group_buy.lints import LINTS
from tuan_group_buy.steps import ladder_of
from tuan_rules import (
    ACTIONS,
    DURATION,
    ENUM,
    INTEGER,
    LIMITS,
    LIMITS_PER,
    MONEY,
    PERCENT,
    PREDICATE,
    PRICE_OR_LADDER,
    SHARE_OF,
    SKU_SET,
    TEXT,
    WINDOW,
    BlockSchema,
    CheckedBlock,
    Field,
    Money,
    PriceAction,
    ShareOf,
    SkuSet,
    zh,
)
from tuan_rules import facts as fact_types
from tuan_rules.facts import EventName, Fact, FactRecord, Per
from tuan_rules.market import STATED
from tuan_rules.sources import PriceSource, goods_condition
from tuan_rules.typing.tree import Compared, Constant, Default, FactOf, Stepped
from tuan_rules.values import Computed

#: Members of one group; what rules count over is bounded by it.
MEMBERS_MAX = 200

GROUP = FactRecord(
    "group",
    "The group that is being bought with.",
    (
        Fact("paid", fact_types.INTEGER, "members who have paid; 0 while the leader pays", aliases=zh("已付")),
        Fact(
            "members",
            fact_types.RECORDS(
                MEMBERS_MAX,
                Fact("is_new", fact_types.BOOLEAN, "had never paid for an order when they joined", aliases=zh("新客")),
                Fact("paid", fact_types.MONEY, "what was paid", aliases=zh("已付")),
            ),
            "who is in it",
            aliases=zh("团员"),
        ),
        Fact(
            "name",
            fact_types.OPTIONAL(fact_types.TEXT),
            "the label of its group_buy; not set: any that fits",
            aliases=zh("团名"),
        ),
    ),
    aliases=zh("团"),
)
EVENTS = (
    EventName("group_buy.open", "a buyer opens a group", aliases=zh("拼团.开团")),
    EventName("group_buy.join", "a buyer joins a group", aliases=zh("拼团.参团")),
)
_GIVEN = ("credit", "points", "grant", "gift")
_PAID = FactOf(fact_types.INTEGER, "group", "paid", Per.CART)


def _price(block: CheckedBlock) -> PriceSource:
    """A group's price, at the step that its paid members have reached.

    A tiered group prepays the price of its smallest step and pays back the difference when it completes, so that nobody is quoted
    less than the group has reached.
    """
    label = block.label
    name = FactOf(fact_types.OPTIONAL(fact_types.TEXT), "group", "name", Per.CART)
    own = Constant(fact_types.TEXT, label)
    guard = (
        goods_condition(cast(SkuSet, block.values["on"])),
        Compared(fact_types.BOOLEAN, ">=", _PAID, Constant(fact_types.INTEGER, 0)),
        Compared(fact_types.BOOLEAN, "==", Default(fact_types.TEXT, name, own), own),
    )
    return PriceSource(guard, _given(block))


def _given(block: CheckedBlock) -> PriceAction | Computed:
    price, off = block.values["price"], cast("Money | None", block.values["join_discount"])
    if isinstance(price, PriceAction):
        if off is None or price.money is None:
            return price
        # Who opens pays the price; who joins, with somebody's payment there already, so much less.
        amount, less = price.money.amount_minor, -off.amount_minor if price.kind == "set" else off.amount_minor
        kind: Literal["set", "off_amount"] = "set" if price.kind == "set" else "off_amount"
        return Computed(kind, Stepped(fact_types.MONEY, _PAID, ((0, amount), (1, amount + less))))
    steps = [(members, money.amount_minor) for members, money in ladder_of(block)]
    if off is not None:
        prepaid = steps[0][1]
        joined = [(members, amount - off.amount_minor) for members, amount in steps[1:]]
        steps = [(0, prepaid), (1, prepaid - off.amount_minor), *joined]
    return Computed("set", Stepped(fact_types.MONEY, _PAID, tuple(steps)))


GROUP_BUY = BlockSchema(
    "group_buy",
    "Goods at a lower price for those who buy together: so many members within a window, or their money back.",
    (
        Field(
            "title", TEXT, "name shown to buyers; left out: the label", example='{ zh: "三人团", en: "Three together" }'
        ),
        Field("on", SKU_SET, "the goods", required=True, example='line.sku in ["S1001"]'),
        Field(
            "price",
            PRICE_OR_LADDER,
            "the price of one unit; a ladder is by members who have paid (阶梯团)",
            required=True,
            example="[2 => ¥39.00, 3 => ¥35.00]",
            aliases=zh("拼团价", "团价"),
        ),
        Field(
            "size",
            INTEGER,
            "members that a group needs; of a ladder, the step that is advertised",
            required=True,
            example="3",
            aliases=zh("人数"),
        ),
        Field(
            "window",
            DURATION,
            "how long a group may take, from its leader's payment (成团时效)",
            example="24h",
            aliases=zh("成团时效"),
        ),
        Field(
            "require",
            PREDICATE,
            "how many members must be new (老带新); judged as they join, and kept by the seats",
            example="count(each m in group.members where m.is_new) >= 1",
            aliases=zh("成团条件"),
        ),
        Field(
            "open_limit",
            LIMITS_PER("buyer", "device", "address"),
            "the most groups that are open at once",
            default=(),
            example="3 per buyer",
            aliases=zh("开团限制"),
        ),
        Field(
            "hold",
            DURATION,
            "how long a seat is kept for somebody who has not paid yet",
            default=300_000,
            example="5min",
            aliases=zh("支付时限"),
        ),
        Field("limit", LIMITS, "the most units", default=(), example="1 per buyer, 2 per device per 24h"),
        Field(
            "stock",
            SHARE_OF,
            "how much of the stock groups may take",
            default=ShareOf(Fraction(9, 10), "sku.available"),
            example="90% of sku.available",
        ),
        Field(
            "join_discount",
            MONEY,
            "what a unit costs those less who join instead of opening (参团优惠)",
            example="¥2.00",
            aliases=zh("参团优惠"),
        ),
        Field(
            "opener",
            ACTIONS(*_GIVEN, rewards=True),
            "what whoever opened the group gets when it completes, though another leads it by then (开团奖励)",
            example="points(50)",
            aliases=zh("开团奖励"),
        ),
        Field(
            "leader",
            ACTIONS(*_GIVEN, rewards=True),
            "what the leader gets when the group completes (团长激励)",
            example="credit(¥2.00)",
            aliases=zh("团长"),
        ),
        Field(
            "cashback",
            ACTIONS(*_GIVEN, rewards=True),
            "what each member gets when the group completes (拼团返现)",
            example="credit(¥1.00)",
            aliases=zh("拼团返现"),
        ),
        Field(
            "reward_after",
            ENUM("completion", "receipt").also("zh", completion="成团", receipt="收货"),
            "when rewards are given: as the group completes, or as each who gets one has received the goods",
            default="completion",
            example="receipt",
            aliases=zh("奖励时机"),
        ),
        Field(
            "on_fail",
            ACTIONS("refund", *_GIVEN, rewards=True),
            "what each member gets when it fails (未成团): the money back, and perhaps a consolation (关怀券)",
            example='refund(route: original) then grant(coupon "care-5")',
            aliases=zh("未成团"),
        ),
        Field(
            "prizes",
            INTEGER,
            "of a lottery group (抽奖团): how many members win the goods",
            example="1",
            aliases=zh("奖品数"),
        ),
        Field(
            "odds",
            PERCENT,
            "of a lottery group: the published chance of each member (概率公示)",
            example="20%",
            aliases=zh("中奖概率"),
        ),
        Field(
            "draw",
            DURATION,
            "of a lottery group: how long after completion it is drawn",
            example="1h",
            aliases=zh("开奖"),
        ),
        Field(
            "on_lose",
            ACTIONS("refund", *_GIVEN, rewards=True),
            "of a lottery group: what each member gets who does not win (未中奖), the money back among it; left out: as `on_fail`",
            example='refund(route: original) then grant(coupon "care-5")',
            aliases=zh("未中奖"),
        ),
        Field(
            "virtual_fill",
            INTEGER,
            "the most seats that the merchant fills at the end of the window (虚拟成团): buyers are told, figures mark it; left out: none",
            example="1",
            aliases=zh("虚拟成团"),
        ),
        Field("active", WINDOW, "when groups may be opened", example="from 2027-02-10 until 2027-02-13"),
        *STATED,
    ),
    example='group_buy "three-for-35" {\n  on = line.sku in ["S1001"]  price = set(¥35.00)  size = 3  window = 24h\n'
    "  on_fail = refund(route: original)\n}",
    lints=LINTS,
    becomes=_price,
    aliases=zh("拼团", "团购"),
)


def rule_blocks() -> list[BlockSchema | FactRecord | EventName]:
    """For the stand-alone `tuan-rules`, by the entry point group `tuan_rules.vocabulary`."""
    return [GROUP_BUY, GROUP, *EVENTS]
