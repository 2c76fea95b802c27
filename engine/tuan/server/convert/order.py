"""Orders as they are kept."""

from __future__ import annotations

from tuan.domain.order import Order, OrderState
from tuan.server.convert.instant import timestamp
from tuan.server.convert.line import order_line
from tuan.server.convert.money import money
from tuan.server.convert.placing import ResultWriter
from tuan_api.v1 import order_pb2

_STATES: dict[OrderState, order_pb2.OrderState.ValueType] = {
    state: order_pb2.OrderState.Value(f"ORDER_STATE_{state.name}") for state in OrderState
}
#: For filters.
STATES: dict[int, OrderState] = {number: state for state, number in _STATES.items()}


def order(kept: Order, writer: ResultWriter) -> order_pb2.Order:
    placed = kept.placed
    return order_pb2.Order(
        order_id=placed.order_id,
        request_id=placed.request_id,
        state=_STATES[kept.state],
        version=kept.version,
        buyer_id=placed.buyer,
        region=placed.region,
        channel=placed.channel,
        total=money(placed.total_minor, placed.currency),
        paid=money(kept.paid_minor, placed.currency),
        refunded=money(kept.refunded_minor, placed.currency),
        lines=[order_line(line) for line in placed.lines],
        ruleset_hash=placed.ruleset_hash,
        payment_id=kept.payment_id,
        ship_reference=kept.ship_reference,
        place_time=timestamp(placed.place_time_ms),
        expire_time=timestamp(writer.told_expire_ms(placed.place_time_ms, kept.due_ms)),
        update_time=timestamp(kept.update_time_ms or placed.place_time_ms),
    )
