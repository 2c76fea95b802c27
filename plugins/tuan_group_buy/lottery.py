"""Lottery groups (抽奖团) in rule files: what is published before anybody joins, and what the law lets be won."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

from tuan_group_buy.steps import ladder_of, members_max, members_min
from tuan_rules import CheckedBlock, Diagnostic, Money, PriceAction, problem
from tuan_rules.currencies import shown_money
from tuan_rules.market import shown_percent

#: The most that a prize of a draw may be worth in China: ¥50,000 (《反不正当竞争法》 on sales with prizes, and the rules for it,
#: 《规范促销行为暂行规定》 of 2020). Other currencies, other laws.
PRIZE_MINOR_MAX = {"CNY": 5_000_000}


def is_lottery(block: CheckedBlock) -> bool:
    """Whether the block says anything of a draw; then it says all of it, or does not pass the check."""
    return any(block.values[name] is not None for name in ("prizes", "odds", "draw", "on_lose"))


def odds_are_published(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-502: of a lottery group everything is known before anybody joins, and the odds are those of its prizes."""
    if not is_lottery(block):
        return
    examples = {"prizes": "prizes = 1", "odds": "odds = 20%", "draw": "draw = 1h"}
    missing = [examples[name] for name in examples if block.values[name] is None]
    if missing:
        yield problem(
            block, "odds", "TR-502", problem=f"write for example `{'  '.join(missing)}`",
            problem_zh=f"例如 `{'  '.join(missing)}`",
        )  # fmt: skip
        return
    prizes, odds = cast(int, block.values["prizes"]), cast(Fraction, block.values["odds"])
    # A tiered group draws among as many as it has reached: odds hold for the fullest, somebody loses in the smallest.
    fewest, most = members_min(block), members_max(block)
    real = Fraction(prizes, max(most, 1))
    if not 0 < prizes < fewest:
        why = f"of {fewest} members 1 to {fewest - 1} can win"
        yield problem(block, "prizes", "TR-502", problem=why, problem_zh=f"{fewest} 人团的奖品数应为 1 到 {fewest - 1}")
    elif not 0 < odds <= real:
        why = f"{prizes} of {most} win, which is not more than {shown_percent(real)}"
        why_zh = f"{most} 人中有 {prizes} 人中奖，概率不高于 {shown_percent(real)}"
        yield problem(block, "odds", "TR-502", problem=why, problem_zh=why_zh)


def prize_is_within_the_law(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-513, by the list price where it is stated, else by the highest price that the block states."""
    if not is_lottery(block):
        return
    for field, worth in (("list_price", block.values["list_price"]), ("price", _highest_price(block))):
        if isinstance(worth, Money) and worth.amount_minor > PRIZE_MINOR_MAX.get(worth.currency, worth.amount_minor):
            limit = shown_money(PRIZE_MINOR_MAX[worth.currency], worth.currency)
            yield problem(block, field, "TR-513", worth=shown_money(worth.amount_minor, worth.currency), limit=limit)
            return


def _highest_price(block: CheckedBlock) -> Money | None:
    price = block.values["price"]
    if isinstance(price, PriceAction):
        return price.money if price.kind == "set" else None
    return max((money for _, money in ladder_of(block)), key=lambda money: money.amount_minor)
