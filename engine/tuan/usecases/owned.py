"""Who may see an order or a payment: the application that made it. To all others it does not exist."""

from __future__ import annotations

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order
from tuan.domain.payment import Payment
from tuan.ports import OrderSummary, Unit


def owned_order(order: Order | None, order_id: str, caller: str) -> Order:
    """The order, or ORDER_NOT_FOUND also when it is another's: its existence is nobody else's business."""
    if order is None or order.placed.caller != caller:
        raise _no_order(order_id)
    return order


def owned_summary(order: OrderSummary | None, order_id: str, caller: str, buyer: str = "") -> OrderSummary:
    """The same for the summary of an order; `buyer` not empty: only that buyer's."""
    if order is None or order.caller != caller or buyer not in ("", order.buyer):
        raise _no_order(order_id)
    return order


def owned_payment(payment: Payment | None, payment_id: str, caller: str) -> Payment:
    """The payment, or PAYMENT_NOT_FOUND also when it is another's."""
    if payment is None or payment.caller != caller:
        raise TuanError(Reason.PAYMENT_NOT_FOUND, f"no payment {payment_id}", payment_id=payment_id[:64])
    return payment


def payment_seen_by(unit: Unit, payment_id: str, caller: str, buyer: str = "") -> Payment:
    """The payment; `buyer` not empty: ORDER_NOT_FOUND if it pays for another buyer's order."""
    payment = owned_payment(unit.payments.get(payment_id), payment_id, caller)
    if buyer:
        for order in unit.orders.summaries([order_id for order_id, _ in payment.shares]).values():
            owned_summary(order, order.order_id, caller, buyer)
    return payment


def _no_order(order_id: str) -> TuanError:
    return TuanError(Reason.ORDER_NOT_FOUND, f"no order {order_id}", order_id=order_id[:64])
