"""Payments and gateways' callbacks."""

from __future__ import annotations

from tuan.domain.errors import InvalidValue
from tuan.domain.payment import Payment, PaymentState
from tuan.server.convert.fields import required_id
from tuan.server.convert.instant import timestamp
from tuan.server.convert.money import money
from tuan_api.v1 import payment_pb2

HEADERS_MAX = 64
HEADERS_BYTES_MAX = 16_384
BODY_BYTES_MAX = 65_536

_STATES = {state: payment_pb2.PaymentState.Value(f"PAYMENT_STATE_{state.name}") for state in PaymentState}


def payment(kept: Payment) -> payment_pb2.Payment:
    return payment_pb2.Payment(
        payment_id=kept.payment_id,
        gateway=kept.gateway,
        state=_STATES[kept.state],
        amount=money(kept.amount_minor, kept.currency),
        shares=[
            payment_pb2.PaymentShare(order_id=order_id, amount_minor=amount_minor)
            for order_id, amount_minor in kept.shares
        ],
        transaction_id=kept.transaction_id,
        create_time=timestamp(kept.create_time_ms),
    )


def check_notice(request: payment_pb2.DeliverNoticeRequest) -> None:
    """Anybody can make a gateway's callback arrive here, so its size is bounded before a plugin sees it."""
    required_id("gateway", request.gateway)
    if len(request.headers) > HEADERS_MAX:
        raise InvalidValue("headers", f"{len(request.headers)} headers; send at most {HEADERS_MAX}")
    size = sum(len(name.encode()) + len(value.encode()) for name, value in request.headers.items())
    if size > HEADERS_BYTES_MAX:
        raise InvalidValue("headers", f"{size} bytes; send at most {HEADERS_BYTES_MAX}")
    if not 1 <= len(request.body) <= BODY_BYTES_MAX:
        raise InvalidValue("body", f"{len(request.body)} bytes; send 1 to {BODY_BYTES_MAX}")
