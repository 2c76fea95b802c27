"""What the law and the market ask of a group buy, and what no group could keep."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

from tuan_rules import CheckedBlock, Diagnostic, Lint, Money, PriceAction, problem
from tuan_rules.currencies import shown_money
from tuan_rules.market import not_inflated, shown_percent
from tuan_rules.values import RefundTo

#: The share of the list price at which groups complete best (the market articles behind MISSION.md).
BEST_SHARE = (Fraction(60, 100), Fraction(70, 100))
SIZE_MIN = 2


def _sizes(block: CheckedBlock) -> Iterable[Diagnostic]:
    size, price = cast(int, block.values["size"]), block.values["price"]
    if size < SIZE_MIN:
        yield problem(block, "size", "TR-217", found="`size`", least=SIZE_MIN)
    elif isinstance(price, tuple) and size not in [members for members, _ in price]:
        steps = ", ".join(str(members) for members, _ in price)
        yield problem(block, "size", "TR-510", size=size, steps=steps)


def _pays_back(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-503: a window, and a refund where it passes in vain."""
    if not block.values["window"]:
        yield problem(
            block, "window", "TR-503", problem="write for example `window = 24h`", problem_zh="例如 `window = 24h`"
        )
    actions = block.values["on_fail"]
    if not isinstance(actions, tuple) or not any(isinstance(action, RefundTo) for action in actions):
        example = "on_fail = refund(route: original)"
        yield problem(
            block, "on_fail", "TR-503", problem=f"write for example `{example}`", problem_zh=f"例如 `{example}`"
        )


def _odds_are_published(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-502: of a lottery group everything is known before anybody joins, and the odds are those of its prizes."""
    prizes, odds, draw = block.values["prizes"], block.values["odds"], block.values["draw"]
    if prizes is None and odds is None and draw is None:
        return
    examples = {"prizes": "prizes = 1", "odds": "odds = 20%", "draw": "draw = 1h"}
    missing = [examples[name] for name in examples if block.values[name] is None]
    if missing:
        yield problem(
            block, "odds", "TR-502", problem=f"write for example `{'  '.join(missing)}`",
            problem_zh=f"例如 `{'  '.join(missing)}`",
        )  # fmt: skip
        return
    size = cast(int, block.values["size"])
    real = Fraction(cast(int, prizes), max(size, 1))
    if not 0 < cast(int, prizes) < size:
        why = f"of {size} members 1 to {size - 1} can win"
        yield problem(block, "prizes", "TR-502", problem=why, problem_zh=f"{size} 人团的奖品数应为 1 到 {size - 1}")
    elif cast(Fraction, odds) > real:
        why = f"{prizes} of {size} win, which is not more than {shown_percent(real)}"
        why_zh = f"{size} 人中有 {prizes} 人中奖，概率不高于 {shown_percent(real)}"
        yield problem(block, "odds", "TR-502", problem=why, problem_zh=why_zh)


def _fair_share(block: CheckedBlock) -> Iterable[Diagnostic]:
    """TR-507, where the list price is stated: the advertised price as a share of it."""
    listed, price, size = block.values["list_price"], block.values["price"], block.values["size"]
    if not isinstance(listed, Money) or listed.amount_minor <= 0:
        return
    if isinstance(price, PriceAction):
        exact = price.price_of(listed.amount_minor)
    else:
        steps = {members: money.amount_minor for members, money in cast("tuple[tuple[int, Money], ...]", price)}
        if size not in steps:
            return
        exact = Fraction(steps[size])
    share = exact / listed.amount_minor
    if not BEST_SHARE[0] <= share <= BEST_SHARE[1]:
        shown = shown_money(round(exact), listed.currency)
        yield problem(block, "price", "TR-507", price=shown, share=shown_percent(share))


LINTS: tuple[Lint, ...] = (_sizes, _pays_back, _odds_are_published, _fair_share, not_inflated)
