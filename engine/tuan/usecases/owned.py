"""Who may see an order or a payment: the application that made it. To all others it does not exist."""

from __future__ import annotations

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order
from tuan.domain.payment import Payment


def owned_order(order: Order | None, order_id: str, caller: str) -> Order:
    """The order, or ORDER_NOT_FOUND also when it is another's: its existence is nobody else's business."""
    if order is None or order.placed.caller != caller:
        raise TuanError(Reason.ORDER_NOT_FOUND, f"no order {order_id}", order_id=order_id[:64])
    return order


def owned_payment(payment: Payment | None, payment_id: str, caller: str) -> Payment:
    """The payment, or PAYMENT_NOT_FOUND also when it is another's."""
    if payment is None or payment.caller != caller:
        raise TuanError(Reason.PAYMENT_NOT_FOUND, f"no payment {payment_id}", payment_id=payment_id[:64])
    return payment
