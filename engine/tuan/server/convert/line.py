"""Lines of carts and orders, and the steps of their prices."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.activity import RETAIL
from tuan.domain.order import Adjustment, OrderLine
from tuan_api.v1 import line_pb2, order_pb2, pricing_pb2


def order_line(line: OrderLine) -> order_pb2.OrderLine:
    return order_pb2.OrderLine(
        line_index=line.line_index,
        sku=line.sku,
        quantity=line.quantity,
        activity_id=line.activity_id,
        list_unit_minor=line.list_unit_minor,
        total_minor=line.total_minor,
        unit_runs=[order_pb2.UnitRun(count=count, unit_minor=unit_minor) for count, unit_minor in line.unit_runs],
        adjustments=adjustments(line.adjustments),
    )


def quote_line(line: OrderLine) -> pricing_pb2.QuoteLine:
    return pricing_pb2.QuoteLine(
        line_index=line.line_index,
        sku=line.sku,
        quantity=line.quantity,
        list_unit_minor=line.list_unit_minor,
        total_minor=line.total_minor,
        adjustments=adjustments(line.adjustments),
        explanation=[_explained(step) for step in line.adjustments] or [_unchanged(line)],
    )


def adjustments(steps: Sequence[Adjustment]) -> list[line_pb2.Adjustment]:
    return [
        line_pb2.Adjustment(
            rule_id=step.rule_id, amount_minor=step.amount_minor, funded_by=step.funded_by, note=step.note
        )
        for step in steps
    ]


def _explained(step: Adjustment) -> str:
    return f"{step.note or step.rule_id}: {step.amount_minor:+} minor units, funded by {step.funded_by}"


def _unchanged(line: OrderLine) -> str:
    where = "" if line.activity_id in ("", RETAIL) else f" in {line.activity_id}"
    return f"list price{where}: no promotion applies"
