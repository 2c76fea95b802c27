"""A recorded order, or an assembled one, as the cart that rules priced: to explain it, or to price it by other rules."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tuan.domain.activity import RETAIL
from tuan.domain.order import LineKind, OrderLine, OrderPlaced
from tuan.plugin import Attempt, CartLine
from tuan.usecases.pricing.carts import Settled, cart_of
from tuan_rules.pricing import Cart, Priced


@dataclass(frozen=True, slots=True)
class Replay:
    """`offs_minor`: what plugins took off after the rules, by line index. `claimed_minor`: what rules took off, by rule."""

    cart: Cart
    offs_minor: Mapping[int, int]
    claimed_minor: Mapping[str, int]

    def total_minor(self, priced: Priced) -> int:
        """What this cart costs at these prices, with what plugins took off where there is still so much."""
        goods = [max(0, line.total_minor - self.offs_minor.get(index, 0)) for index, line in enumerate(priced.lines)]
        return sum(goods) + priced.shipping_minor

    def paid(self, priced: Priced) -> Priced:
        """These prices with what plugins took off, too: what is paid for each line, of which commissions are."""
        if not self.offs_minor:
            return priced
        lines = [
            line._replace(total_minor=max(0, line.total_minor - self.offs_minor.get(index, 0)))
            for index, line in enumerate(priced.lines)
        ]
        return replace(priced, lines=lines, total_minor=sum(line.total_minor for line in lines))


def replay_order(placed: OrderPlaced, rule_ids: Container[str]) -> Replay:
    """`rule_ids`: of the rules that priced it; every other step is an activity's or a plugin's."""
    facts = dict(placed.facts)
    of_lines: Sequence[dict[str, Any]] = facts.pop("line", ())
    lines = []
    for line in _goods(placed.lines):
        own = dict(of_lines[line.line_index]) if line.line_index < len(of_lines) else {}
        category = own.pop("category", "")
        lines.append(
            CartLine(line.line_index, line.sku, line.quantity, line.activity_id, category, line.list_unit_minor, own)
        )
    shipping_minor = sum(line.list_unit_minor for line in placed.lines if line.kind is LineKind.SHIPPING)
    attempt = Attempt(
        order_id=placed.order_id,
        caller=placed.caller,
        buyer=placed.buyer,
        device=placed.device,
        address=placed.address,
        currency=placed.currency,
        ticket="",
        region=placed.region,
        now_ms=placed.place_time_ms,
        lines=tuple(lines),
        channel=placed.channel,
        facts=facts,
        shipping_minor=shipping_minor,
    )
    return replay(attempt, placed.lines, rule_ids)


def replay(attempt: Attempt, lines: Sequence[OrderLine], rule_ids: Container[str]) -> Replay:
    """The same of an attempt and the lines that it was given."""
    settled: dict[int, tuple[str, int, str]] = {}
    offs: dict[int, int] = {}
    claimed: dict[str, int] = {}
    for line in lines:
        foreign = [step for step in line.adjustments if step.rule_id not in rule_ids]
        for step in line.adjustments:
            if step.rule_id in rule_ids:
                claimed[step.rule_id] = claimed.get(step.rule_id, 0) - step.amount_minor
        if line.kind is not LineKind.GOODS:
            continue
        if line.activity_id != RETAIL:
            settled[line.line_index] = _source(line, rule_ids)
            if line.adjustments and line.adjustments[0].rule_id not in rule_ids:
                foreign = foreign[1:]
        if foreign:
            offs[line.line_index] = -sum(step.amount_minor for step in foreign)
    fixed: Settled = settled
    return Replay(cart_of(attempt, fixed), offs, claimed)


def _source(line: OrderLine, rule_ids: Container[str]) -> tuple[str, int, str]:
    """What an activity settled for one unit: the first step, or the list price where it made no difference."""
    first = line.adjustments[0] if line.adjustments else None
    if first is None or first.rule_id in rule_ids:
        return line.activity_id, line.list_unit_minor, "merchant"
    return first.rule_id, line.list_unit_minor + first.amount_minor // line.quantity, first.funded_by


def _goods(lines: Sequence[OrderLine]) -> list[OrderLine]:
    return [line for line in lines if line.kind is LineKind.GOODS]
