"""What the law and the market ask of a group buy, and what no group could keep."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import cast

from tuan_group_buy.lottery import is_lottery, odds_are_published, prize_is_within_the_law
from tuan_group_buy.old_brings_new import min_new_members, new_members_fit
from tuan_group_buy.steps import ladder_of, members_min
from tuan_rules import CheckedBlock, Diagnostic, Lint, Money, PriceAction, problem
from tuan_rules.currencies import shown_money
from tuan_rules.market import not_inflated, shown_percent
from tuan_rules.values import RefundTo

#: The share of the list price at which groups complete best (the market articles behind MISSION.md).
BEST_SHARE = (Fraction(60, 100), Fraction(70, 100))
SIZE_MIN = 2


def _sizes(block: CheckedBlock) -> Iterable[Diagnostic]:
    size, steps = cast(int, block.values["size"]), [members for members, _ in ladder_of(block)]
    if size < SIZE_MIN:
        yield problem(block, "size", "TR-217", found="`size`", least=SIZE_MIN)
    elif steps and size not in steps:
        yield problem(block, "size", "TR-510", size=size, steps=", ".join(map(str, steps)))
    elif members_min(block) < SIZE_MIN:
        yield problem(block, "price", "TR-217", found=f"`{members_min(block)} =>`", least=SIZE_MIN)


def _larger_groups_pay_no_more(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-511: the smallest step is prepaid, and the difference is paid back; nobody could be asked for more."""
    for (_, before), (members, money) in pairwise(ladder_of(block)):
        if money.amount_minor > before.amount_minor:
            yield problem(
                block, "price", "TR-511", members=members, price=shown_money(money.amount_minor, money.currency),
                before=shown_money(before.amount_minor, before.currency),
            )  # fmt: skip
            return


def _pays_back(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-503: a window, and a refund where it passes in vain."""
    if not block.values["window"]:
        yield problem(
            block, "window", "TR-503", problem="write for example `window = 24h`", problem_zh="例如 `window = 24h`"
        )
    # Who does not win gets what is said of failing, where nothing else is said.
    ends = ["on_fail"] if block.values["on_lose"] is None else ["on_fail", "on_lose"]
    for end in ends:
        actions = block.values[end]
        if not isinstance(actions, tuple) or not any(isinstance(action, RefundTo) for action in actions):
            example = f"{end} = refund(route: original)"
            yield problem(
                block, end, "TR-503", problem=f"write for example `{example}`", problem_zh=f"例如 `{example}`"
            )


def _virtual_members(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-514, TR-515: the merchant fills seats within limits, never where members compete, and everybody is told."""
    seats = cast("int | None", block.values["virtual_fill"])
    if not seats:
        return
    # Somebody has paid, and new members are not virtual ones.
    members = members_min(block)
    most = members - max(min_new_members(block) or 0, 1)
    if is_lottery(block):
        why = "in a lottery a virtual member would take the others' chance"
        why_zh = "抽奖团中虚拟成员会占去真实成员的机会"
    elif not 0 < seats <= most:
        why, why_zh = f"of {members} members at most {most} can be virtual", f"{members} 人团中虚拟成员最多 {most} 人"
    else:
        yield problem(block, "virtual_fill", "TR-515", seats=seats)
        return
    yield problem(block, "virtual_fill", "TR-514", problem=why, problem_zh=why_zh)


def _join_discount(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-516: off a price in money, and less than it."""
    off, price = block.values["join_discount"], block.values["price"]
    if not isinstance(off, Money):
        return
    if isinstance(price, PriceAction) and price.money is None:
        why, why_zh = "it is off a `price` in money, such as `set(¥35.00)`", "`price` 须为金额，例如 `set(¥35.00)`"
        yield problem(block, "join_discount", "TR-516", problem=why, problem_zh=why_zh)
        return
    stated = [money for _, money in ladder_of(block)]
    if isinstance(price, PriceAction) and price.kind == "set" and price.money is not None:
        stated = [price.money]
    lowest = min((money.amount_minor for money in stated), default=None)
    if off.amount_minor <= 0 or (lowest is not None and off.amount_minor >= lowest):
        shown = "the price" if lowest is None else shown_money(lowest, off.currency)
        why = f"it is more than nothing and less than {shown}"
        shown_zh = "拼团价" if lowest is None else shown
        yield problem(block, "join_discount", "TR-516", problem=why, problem_zh=f"须大于零且低于 {shown_zh}")


def _fair_share(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-507, where the list price is stated: the advertised price as a share of it. A stake in a lottery is no price of the goods."""
    listed, price, size = block.values["list_price"], block.values["price"], block.values["size"]
    if is_lottery(block) or not isinstance(listed, Money) or listed.amount_minor <= 0:
        return
    if isinstance(price, PriceAction):
        exact = price.price_of(listed.amount_minor)
    else:
        steps = {members: money.amount_minor for members, money in ladder_of(block)}
        if size not in steps:
            return
        exact = Fraction(steps[size])
    share = exact / listed.amount_minor
    if not BEST_SHARE[0] <= share <= BEST_SHARE[1]:
        shown = shown_money(round(exact), listed.currency)
        yield problem(block, "price", "TR-507", price=shown, share=shown_percent(share))


LINTS: tuple[Lint, ...] = (
    _sizes,
    _larger_groups_pay_no_more,
    _pays_back,
    new_members_fit,
    odds_are_published,
    prize_is_within_the_law,
    _virtual_members,
    _join_discount,
    _fair_share,
    not_inflated,
)
