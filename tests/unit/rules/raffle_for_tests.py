"""A third party's vocabulary that uses everything a plugin may add: a shop with raffle tickets and public holidays, in two languages."""

from __future__ import annotations

from tuan_rules import (
    ACTIONS,
    BOOLEAN,
    ENUM,
    INTEGER,
    REFERENCE,
    Action,
    BlockSchema,
    Field,
    Names,
    Parameter,
    Predicate,
    zh,
)
from tuan_rules import facts as fact_types
from tuan_rules.facts import Fact, FactRecord
from tuan_rules.vocabulary import Item

#: 2027-05-01, 00:00 to 24:00 in Shanghai.
LABOUR_DAY_MS = (1_809_100_800_000, 1_809_187_200_000)


def holiday(time_ms: int) -> bool:
    """Whether it is Labour Day of 2027; the calendar begins with that year."""
    if time_ms < 1_798_732_800_000:
        raise LookupError("no calendar before 2027")
    return LABOUR_DAY_MS[0] <= time_ms < LABOUR_DAY_MS[1]


IS_HOLIDAY = Predicate(
    "is_holiday",
    "Whether a time is on a public holiday.",
    (Parameter("time", fact_types.INSTANT, "the time", aliases=zh("时间")),),
    function=holiday,
    cost=200,
    example="is_holiday(cart.time)",
    aliases=zh("是节假日"),
)
IS_REGULAR = Predicate(
    "is_regular",
    "Whether the buyer has a level and a garden of so many trees.",
    (
        Parameter("level", fact_types.INTEGER, "the least level"),
        Parameter("trees", fact_types.INTEGER, "the fewest trees"),
    ),
    means="buyer.level >= level and (garden.trees ?? 0) >= trees",
    example="is_regular(2, trees: 3)",
    aliases=zh("是熟客"),
)
TICKET = Action(
    "raffle_ticket",
    "Tickets for a raffle.",
    (
        Field("count", INTEGER, "how many", required=True, example="3"),
        Field("raffle", REFERENCE("raffle"), "of which raffle", example='raffle "spring"'),
        Field(
            "colour",
            ENUM("red", "blue").also("zh", red="红", blue="蓝"),
            "of which colour",
            default="red",
            example="red",
        ),
    ),
    aliases=zh("抽奖券"),
)
RAFFLE = BlockSchema(
    "raffle",
    "A raffle.",
    (
        Field("open", BOOLEAN, "whether tickets are given", default=True, example="true", aliases=zh("开放")),
        Field("prize", ACTIONS("points", rewards=True), "what is won", example="raffle_ticket(3)", aliases=zh("奖品")),
    ),
    aliases=zh("抽奖"),
)
GARDEN = FactRecord(
    "garden",
    "The buyer's garden.",
    (Fact("trees", fact_types.OPTIONAL(fact_types.INTEGER), "trees", aliases=zh("树")),),
    aliases=zh("花园"),
)
GERMAN = Names(
    "de",
    blocks={"price": ("Preis",), "raffle": ("Verlosung",), "absent": ("Abwesend",)},
    fields={"cap": ("Grenze",), "raffle.open": ("offen",)},
    facts={"buyer": ("Kunde",), "buyer.level": ("Stufe",)},
)


def rule_blocks() -> list[Item]:
    """What the distribution registers in the group `tuan_rules.vocabulary`."""
    return [RAFFLE, GARDEN, IS_HOLIDAY, IS_REGULAR, TICKET, GERMAN]
