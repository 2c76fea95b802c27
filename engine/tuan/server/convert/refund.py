"""Refunds and the units that they are for."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.errors import InvalidValue
from tuan.domain.payment import Refund, RefundCause, RefundState
from tuan.server.convert.fields import check_count, check_range
from tuan.server.convert.instant import timestamp
from tuan.server.convert.money import money
from tuan.usecases.order_commands import LINES_MAX, QUANTITY_PER_LINE_MAX
from tuan.usecases.refund_units import WantedUnits
from tuan_api.v1 import refund_pb2

UNITS_MAX = 1_000

_STATES = {state: refund_pb2.RefundState.Value(f"REFUND_STATE_{state.name}") for state in RefundState}
_CAUSES = {cause: refund_pb2.RefundCause.Value(f"REFUND_CAUSE_{cause.name}") for cause in RefundCause}
#: What a caller may give as a cause; the others are the engine's own.
_ASKED = {
    refund_pb2.REFUND_CAUSE_UNSPECIFIED: RefundCause.BUYER,
    refund_pb2.REFUND_CAUSE_BUYER: RefundCause.BUYER,
    refund_pb2.REFUND_CAUSE_MERCHANT: RefundCause.MERCHANT,
}


def refund(kept: Refund) -> refund_pb2.Refund:
    return refund_pb2.Refund(
        refund_id=kept.refund_id,
        order_id=kept.order_id,
        payment_id=kept.payment_id,
        amount=money(kept.amount_minor, kept.currency),
        cause=_CAUSES[kept.cause],
        state=_STATES[kept.state],
        units=[
            refund_pb2.RefundUnits(line_index=part.line_index, first=part.first, count=part.count)
            for part in kept.units
        ],
        restocked=kept.restocked,
        attempt_count=kept.attempts,
        last_error=kept.last_error,
        create_time=timestamp(kept.create_time_ms),
    )


def wanted_units(units: Sequence[refund_pb2.RefundUnits]) -> tuple[WantedUnits, ...]:
    """Bounded before anything counts them out: a count of 2^62 would be counted out unit by unit."""
    check_count("units", len(units), UNITS_MAX, 0)
    wanted = []
    for index, part in enumerate(units):
        check_range(f"units[{index}].line_index", part.line_index, 0, LINES_MAX - 1)
        check_range(f"units[{index}].count", part.count, 1, QUANTITY_PER_LINE_MAX)
        first = None
        if part.HasField("first"):
            first = check_range(f"units[{index}].first", part.first, 0, QUANTITY_PER_LINE_MAX - 1)
        wanted.append(WantedUnits(part.line_index, part.count, first))
    return tuple(wanted)


def asked_cause(cause: refund_pb2.RefundCause.ValueType) -> RefundCause:
    if cause not in _ASKED:
        raise InvalidValue("cause", f"{cause}; send REFUND_CAUSE_BUYER or REFUND_CAUSE_MERCHANT")
    return _ASKED[cause]
