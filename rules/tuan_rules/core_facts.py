"""The facts that every cart has: who buys, what, and when. Plugins add records and never change these."""

from __future__ import annotations

from tuan_rules.facts import (
    BOOLEAN,
    CATEGORY,
    DURATION,
    INSTANT,
    INTEGER,
    LIST,
    MONEY,
    OPTIONAL,
    PERCENT,
    TEXT,
    Fact,
    FactRecord,
    Per,
)

BUYER = FactRecord(
    "buyer",
    "Who buys.",
    (
        Fact("id", TEXT, "the buyer's id"),
        Fact("level", INTEGER, "member level; 0: not a member"),
        Fact("segments", LIST(TEXT, 100), "groups that the merchant has put the buyer in"),
        Fact("is_new", BOOLEAN, "has never paid for an order"),
        Fact("blocked", OPTIONAL(BOOLEAN), "blocked by the merchant; unknown where risk control has no record"),
        Fact("credit", OPTIONAL(INTEGER), "credit score, 0 to 100"),
        Fact("region", OPTIONAL(TEXT), "where the order goes"),
        Fact("age", OPTIONAL(DURATION), "how long the buyer has been known"),
    ),
)

CART = FactRecord(
    "cart",
    "What is bought together. Amounts are before every promotion, so that no rule is judged by what another took off.",
    (
        Fact("subtotal", MONEY, "list prices of all units"),
        Fact("units", INTEGER, "units of all lines"),
        Fact("lines", INTEGER, "number of lines"),
        Fact("shipping", MONEY, "what shipping costs"),
        Fact("channel", OPTIONAL(TEXT), "where the order comes from"),
        Fact("event", OPTIONAL(TEXT), "the event, such as a live stream, in which the order is placed"),
        Fact("campaign", OPTIONAL(TEXT), "the campaign by which the buyer came"),
        Fact("time", INSTANT, "when the order is placed"),
        Fact("coupons", LIST(TEXT, 20), "coupon templates that the buyer wants to use"),
    ),
)

LINE = FactRecord(
    "line",
    "One line of the cart.",
    (
        Fact("sku", TEXT, "the goods"),
        Fact("category", CATEGORY, "where in the catalogue"),
        Fact("qty", INTEGER, "units"),
        Fact("list", MONEY, "list price of one unit"),
        Fact("amount", MONEY, "list price of all units of the line"),
        Fact("margin", OPTIONAL(PERCENT), "margin at the list price"),
        Fact("cost", OPTIONAL(MONEY), "purchase cost of one unit"),
        Fact("tags", LIST(TEXT, 50), "the merchant's own words for the goods"),
        Fact("activity", OPTIONAL(TEXT), "the activity by which the line is bought"),
    ),
    Per.LINE,
)

REFERRAL = FactRecord(
    "referral",
    "By whom the buyer was sent.",
    (
        Fact("user", OPTIONAL(TEXT), "the referrer"),
        Fact("age", OPTIONAL(DURATION), "how long ago"),
    ),
)

CORE_FACTS = (BUYER, CART, LINE, REFERRAL)
