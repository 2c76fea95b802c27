"""Lints that promotions of several plugins share: reference prices, and the words for what they found."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tuan_rules.aliases import zh
from tuan_rules.checked import CheckedBlock
from tuan_rules.currencies import shown_money
from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.lints import problem
from tuan_rules.schema import MONEY, PERCENT, Field
from tuan_rules.values import Money

#: A list price so much above the lowest of the last 7 days counts as price fraud.
INFLATED = Fraction(30, 100)

#: What a file may state of its goods, so that the lints can look at it. What it does not state is looked at when orders run.
STATED = (
    Field("list_price", MONEY, "list price of the goods (划线价), for the lints", example="¥50.00", aliases=zh("标价")),
    Field(
        "reference_price",
        MONEY,
        "their lowest price of the last 7 days, for the lints",
        example="¥45.00",
        aliases=zh("划线价"),
    ),
    Field("margin", PERCENT, "their margin at the list price, for the lints", example="40%", aliases=zh("毛利率")),
)


def not_inflated(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-504, where the block states both prices."""
    listed, reference = block.values["list_price"], block.values["reference_price"]
    if not isinstance(listed, Money) or not isinstance(reference, Money) or reference.amount_minor <= 0:
        return
    over = Fraction(listed.amount_minor, reference.amount_minor) - 1
    if over >= INFLATED:
        yield problem(
            block, "list_price", "TR-504", list_price=shown_money(listed.amount_minor, listed.currency),
            reference=shown_money(reference.amount_minor, reference.currency), over=shown_percent(over),
        )  # fmt: skip


def shown_percent(ratio: Fraction) -> str:
    """A ratio to a tenth of a percent: `43.1 %`, `30 %`."""
    tenths = round(ratio * 1000)
    return f"{tenths // 10}.{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"
