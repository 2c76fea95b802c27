"""Attempts to carts that rules price, and priced carts to the frozen lines of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tuan.domain.activity import RETAIL
from tuan.domain.catalogue import Sku
from tuan.domain.order import Adjustment, LineKind, OrderLine
from tuan.domain.pricing import LineOff, apply_offs, price_line
from tuan.plugin import Attempt
from tuan_rules.pricing import SHIPPING, Cart, Priced
from tuan_rules.pricing import CartLine as PricedCartLine

#: Price of one unit as an activity settled it, by line: (rule id, minor units, funder).
Settled = Mapping[int, tuple[str, int, str]]


def cart_of(attempt: Attempt, settled: Settled) -> Cart:
    """What rules see of an attempt."""
    given = attempt.facts
    facts: dict[str, Mapping[str, Any]] = {
        **given,
        "buyer": {"id": attempt.buyer, "region": attempt.region or None, **given.get("buyer", {})},
        "cart": {"channel": attempt.channel or None, **given.get("cart", {})},
    }
    if attempt.device:
        facts["device"] = {**given.get("device", {}), "id": attempt.device}
    lines = []
    for line in attempt.lines:
        source = settled.get(line.line_index)
        activity = None if line.activity_id == RETAIL else line.activity_id
        lines.append(
            PricedCartLine(
                line.sku,
                line.quantity,
                line.list_unit_minor,
                line.category,
                None if source is None else source[:2],
                {"activity": activity, **line.facts},
            )
        )
    return Cart(lines, attempt.now_ms, facts, attempt.shipping_minor)


def frozen_lines(
    attempt: Attempt,
    priced: Priced,
    settled: Settled,
    offs: Mapping[int, Sequence[LineOff]],
    gifts: Sequence[tuple[str, str, int]],
    skus: Mapping[str, Sku],
) -> tuple[OrderLine, ...]:
    """The order's lines: its goods with what rules and then plugins took off, gifts (rule, SKU, units), and shipping at last."""
    steps: dict[int, list[Adjustment]] = {}
    for step in priced.steps:
        if step.off_minor:
            source = settled.get(step.line_index)
            is_source = source is not None and source[0] == step.rule_id
            funder = source[2] if source is not None and is_source else step.funded_by
            steps.setdefault(step.line_index, []).append(Adjustment(step.rule_id, -step.off_minor, funder))
    lines = []
    for line, result in zip(attempt.lines, priced.lines, strict=True):
        adjustments = steps.get(line.line_index, [])
        runs = result.unit_runs
        if line.line_index in offs:
            runs = apply_offs(result.total_minor, line.quantity, offs[line.line_index], adjustments)
        lines.append(
            OrderLine(
                line.line_index,
                line.sku,
                line.quantity,
                line.activity_id,
                line.list_unit_minor,
                runs,
                tuple(adjustments),
            )
        )
    for rule_id, sku, units in gifts:
        list_minor = skus[sku].list_minor
        off = (Adjustment(rule_id, -list_minor * units),) if list_minor else ()
        lines.append(OrderLine(len(lines), sku, units, RETAIL, list_minor, ((units, 0),), off, LineKind.GIFT))
    if attempt.shipping_minor:
        lines.append(_shipping_line(len(lines), attempt, priced.shipping_minor, steps.get(SHIPPING, [])))
    return tuple(lines)


def unruled_lines(attempt: Attempt, settled: Settled, offs: Mapping[int, Sequence[LineOff]]) -> tuple[OrderLine, ...]:
    """The order's lines where no rule prices this currency: what activities settled, and plugins took off."""
    lines = []
    for line in attempt.lines:
        source = None
        if line.line_index in settled:
            rule_id, unit_minor, funder = settled[line.line_index]
            source = Adjustment(rule_id, (unit_minor - line.list_unit_minor) * line.quantity, funder)
        lines.append(
            price_line(
                line.line_index,
                line.sku,
                line.quantity,
                line.activity_id,
                line.list_unit_minor,
                source,
                offs.get(line.line_index, ()),
            )
        )
    if attempt.shipping_minor:
        lines.append(_shipping_line(len(lines), attempt, attempt.shipping_minor, []))
    return tuple(lines)


def recorded_facts(attempt: Attempt) -> dict[str, Any]:
    """What a replay needs besides the order itself: the caller's facts, and each line's category and facts."""
    facts: dict[str, Any] = dict(attempt.facts)
    if any(line.category or line.facts for line in attempt.lines):
        facts["line"] = [{"category": line.category, **line.facts} for line in attempt.lines]
    return facts


def _shipping_line(line_index: int, attempt: Attempt, total_minor: int, adjustments: Sequence[Adjustment]) -> OrderLine:
    runs = ((1, total_minor),)
    list_minor = attempt.shipping_minor
    return OrderLine(line_index, "", 1, RETAIL, list_minor, runs, tuple(adjustments), LineKind.SHIPPING)
