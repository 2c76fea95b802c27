"""Wrong requests to OrderService, PaymentService and PricingService."""

from __future__ import annotations

from typing import Any

from tests.contract.api.cases import LONG, NOBODY, Case, ids, pages
from tests.contract.api.world import World
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1 import payment_pb2 as p
from tuan_api.v1 import pricing_pb2 as q
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.money_pb2 import Money
from tuan_api.v1.refund_pb2 import RefundUnits

INT64_MAX = 2**63 - 1


def _placed(world: World, **fields: Any) -> o.PlaceOrderRequest:
    return world.order(**fields)


def _lines(*lines: CartLine) -> Any:
    return lambda world: world.order(lines=lines)


PLACE = "OrderService.PlaceOrder"
_PLACE = [
    *ids(PLACE, "request_id", lambda world, value: world.order(request_id=value)),
    *ids(PLACE, "buyer_id", lambda world, value: world.order(buyer_id=value)),
    *ids(PLACE, "device_id", lambda world, value: world.order(device_id=value), optional=True),
    *ids(PLACE, "address_id", lambda world, value: world.order(address_id=value), optional=True),
    *ids(PLACE, "region", lambda world, value: world.order(region=value), optional=True),
    *ids(PLACE, "channel", lambda world, value: world.order(channel=value), optional=True),
    *ids(PLACE, "lines[0].sku", lambda world, value: world.order(sku=value)),
    *ids(PLACE, "lines[0].activity_id", lambda world, value: world.order(activity_id=value), optional=True),
    Case(PLACE, "empty", lambda world: o.PlaceOrderRequest(), field="request_id"),
    Case(PLACE, "ticket-oversized", lambda world: world.order(ticket="x" * 513), field="ticket"),
    Case(PLACE, "lines-missing", _lines(), field="lines"),
    Case(PLACE, "lines-too-many", _lines(*[CartLine(sku="S1", quantity=1)] * 1_001), field="lines"),
    Case(PLACE, "quantity-missing", lambda world: world.order(quantity=0), field="lines[0].quantity"),
    Case(PLACE, "quantity-negative", lambda world: world.order(quantity=-1), field="lines[0].quantity"),
    Case(PLACE, "quantity-oversized", lambda world: world.order(quantity=INT64_MAX), field="lines[0].quantity"),
    Case(
        PLACE,
        "second-line",
        _lines(CartLine(sku="S1", quantity=1), CartLine(sku="S1", quantity=-5)),
        field="lines[1].quantity",
    ),
    Case(PLACE, "currency-missing", lambda world: world.order(currency_code=""), field="currency_code"),
    Case(PLACE, "currency-unknown-form", lambda world: world.order(currency_code="yuan"), field="currency_code"),
    Case(PLACE, "currency-wrong", lambda world: world.order(currency_code="GBP"), "CURRENCY_MISMATCH"),
    Case(
        PLACE,
        "expected-total-currency",
        lambda world: world.order(expected_total=Money(currency_code="GBP", amount_minor=3500)),
        "CURRENCY_MISMATCH",
    ),
    Case(PLACE, "sku-unknown", lambda world: world.order(sku=NOBODY), "SKU_NOT_FOUND"),
    Case(PLACE, "activity-unknown", lambda world: world.order(activity_id=NOBODY), "ACTIVITY_NOT_FOUND"),
    Case(
        PLACE,
        "request-id-reused",
        lambda world: world.order(quantity=7, request_id=_request_id(world, world.pending_order)),
        "REQUEST_ID_REUSED",
    ),
]


def _request_id(world: World, order_id: str) -> str:
    return str(world.get(order_id).request_id)


BATCH = "OrderService.BatchPlaceOrders"
STREAM = "OrderService.PlaceOrderStream"
_BATCHES = [
    Case(BATCH, "empty", lambda world: o.BatchPlaceOrdersRequest(), field="requests"),
    Case(
        BATCH,
        "too-many",
        lambda world: o.BatchPlaceOrdersRequest(requests=[world.order() for _ in range(257)]),
        field="requests",
    ),
    Case(STREAM, "no-requests", lambda world: o.PlaceOrderStreamRequest(batch_id=1), field="requests"),
    Case(STREAM, "no-batch-id", lambda world: o.PlaceOrderStreamRequest(requests=[world.order()]), field="batch_id"),
]


def _get(order_id: str) -> o.GetOrderRequest:
    return o.GetOrderRequest(order_id=order_id)


def _list(world: World, fields: dict[str, Any]) -> o.ListOrdersRequest:
    return o.ListOrdersRequest(**{"buyer_id": "somebody-else", **fields})


_READS = [
    *ids("OrderService.GetOrder", "order_id", lambda world, value: _get(value)),
    Case("OrderService.GetOrder", "unknown", lambda world: _get(NOBODY), "ORDER_NOT_FOUND"),
    Case("OrderService.GetOrder", "foreign", lambda world: _get(world.paid_order), "ORDER_NOT_FOUND", theirs=True),
    *pages("OrderService.ListOrders", _list),
    *ids(
        "OrderService.ListOrders", "buyer_id", lambda world, value: o.ListOrdersRequest(buyer_id=value), optional=True
    ),
    Case(
        "OrderService.ListOrders",
        "state-unknown",
        lambda world: o.ListOrdersRequest(states=[1, 99]),  # type: ignore[list-item]
        field="states[1]",
    ),
    *ids("OrderService.GetRefund", "refund_id", lambda world, value: o.GetRefundRequest(refund_id=value)),
    Case("OrderService.GetRefund", "unknown", lambda world: o.GetRefundRequest(refund_id=NOBODY), "REFUND_NOT_FOUND"),
    Case(
        "OrderService.GetRefund",
        "foreign",
        lambda world: o.GetRefundRequest(refund_id=world.refund_id),
        "REFUND_NOT_FOUND",
        theirs=True,
    ),
    *pages(
        "OrderService.ListRefunds",
        lambda world, fields: o.ListRefundsRequest(**{"order_id": world.paid_order, **fields}),
    ),
    *ids("OrderService.ListRefunds", "order_id", lambda world, value: o.ListRefundsRequest(order_id=value)),
    Case("OrderService.ListRefunds", "unknown", lambda world: o.ListRefundsRequest(order_id=NOBODY), "ORDER_NOT_FOUND"),
    Case(
        "OrderService.ListRefunds",
        "foreign",
        lambda world: o.ListRefundsRequest(order_id=world.paid_order),
        "ORDER_NOT_FOUND",
        theirs=True,
    ),
]


def _changes(name: str, make: Any) -> list[Case]:
    """What is wrong with a change of an order, whichever it is."""
    method = f"OrderService.{name}"
    return [
        *ids(method, "request_id", lambda world, value: make(request_id=value, order_id=world.pending_order)),
        *ids(method, "order_id", lambda world, value: make(request_id=world.new_id(), order_id=value)),
        Case(
            method,
            "unknown",
            lambda world: make(request_id=world.new_id(), order_id=NOBODY),
            "ORDER_NOT_FOUND",
        ),
        Case(
            method,
            "foreign",
            lambda world: make(request_id=world.new_id(), order_id=world.pending_order),
            "ORDER_NOT_FOUND",
            theirs=True,
        ),
        Case(
            method,
            "wrong-state",
            lambda world: make(
                request_id=world.new_id(),
                order_id=world.paid_order if name == "CancelOrder" else world.cancelled_order,
            ),
            "ORDER_STATE_CONFLICT",
        ),
    ]


def _refund(world: World, order_id: str = "", **fields: Any) -> o.RefundOrderRequest:
    return o.RefundOrderRequest(request_id=world.new_id(), order_id=order_id or world.paid_order, **fields)


def _units(**fields: Any) -> Any:
    return lambda world: _refund(world, units=[RefundUnits(**fields)])


REFUND = "OrderService.RefundOrder"
_CHANGES = [
    *_changes("CancelOrder", o.CancelOrderRequest),
    *_changes("ShipOrder", o.ShipOrderRequest),
    *_changes("CompleteOrder", o.CompleteOrderRequest),
    *_changes("RefundOrder", o.RefundOrderRequest),
    *ids(
        "OrderService.ShipOrder",
        "ship_reference",
        lambda world, value: o.ShipOrderRequest(request_id="s", order_id=world.paid_order, ship_reference=value),
        optional=True,
    ),
    *ids(
        "OrderService.ShipOrder",
        "warehouse",
        lambda world, value: o.ShipOrderRequest(request_id="s", order_id=world.paid_order, warehouse=value),
        optional=True,
    ),
    Case(
        "OrderService.ShipOrder",
        "warehouse-unknown",
        lambda world: o.ShipOrderRequest(request_id=world.new_id(), order_id=world.paid_order, warehouse=NOBODY),
        "STOCK_TOO_LOW",
    ),
    Case(REFUND, "count-missing", _units(line_index=0), field="units[0].count"),
    Case(REFUND, "count-negative", _units(line_index=0, count=-1), field="units[0].count"),
    Case(REFUND, "count-oversized", _units(line_index=0, count=INT64_MAX), field="units[0].count"),
    Case(REFUND, "first-negative", _units(line_index=0, first=-1, count=1), field="units[0].first"),
    Case(REFUND, "first-oversized", _units(line_index=0, first=INT64_MAX, count=1), field="units[0].first"),
    Case(REFUND, "line-negative", _units(line_index=-1, count=1), field="units[0].line_index"),
    Case(REFUND, "line-unknown", _units(line_index=9, count=1), field="units[0].line_index"),
    Case(REFUND, "units-too-many", lambda world: _refund(world, units=[RefundUnits(count=1)] * 1_001), field="units"),
    Case(REFUND, "cause-not-callers", lambda world: _refund(world, cause=2), field="cause"),  # type: ignore[arg-type]
    Case(REFUND, "cause-unknown", lambda world: _refund(world, cause=99), field="cause"),  # type: ignore[arg-type]
    Case(REFUND, "more-than-bought", _units(line_index=0, count=4), "UNITS_NOT_REFUNDABLE"),
    Case(REFUND, "refunded-before", _units(line_index=0, first=0, count=1), "UNITS_NOT_REFUNDABLE"),
]


def _payment(world: World, **fields: Any) -> p.CreatePaymentRequest:
    defaults = {"request_id": world.new_id(), "order_ids": [world.pending_order], "gateway": "sandbox"}
    return p.CreatePaymentRequest(**{**defaults, **fields})


CREATE, NOTICE, QUERY = (f"PaymentService.{name}" for name in ("CreatePayment", "DeliverNotice", "QueryPayment"))


def _notice(**fields: Any) -> Any:
    return lambda world: p.DeliverNoticeRequest(**{"gateway": "sandbox", "body": b"{}", **fields})


_PAYMENTS = [
    *ids(CREATE, "request_id", lambda world, value: _payment(world, request_id=value)),
    *ids(CREATE, "order_ids[0]", lambda world, value: _payment(world, order_ids=[value])),
    *ids(CREATE, "gateway", lambda world, value: _payment(world, gateway=value)),
    Case(CREATE, "no-orders", lambda world: _payment(world, order_ids=[]), field="order_ids"),
    Case(CREATE, "too-many", lambda world: _payment(world, order_ids=map(str, range(101))), field="order_ids"),
    Case(CREATE, "twice", lambda world: _payment(world, order_ids=[world.pending_order] * 2), field="order_ids"),
    Case(CREATE, "unknown", lambda world: _payment(world, order_ids=[NOBODY]), "ORDER_NOT_FOUND"),
    Case(CREATE, "foreign", lambda world: _payment(world), "ORDER_NOT_FOUND", theirs=True),
    Case(CREATE, "gateway-unknown", lambda world: _payment(world, gateway=NOBODY), "GATEWAY_NOT_FOUND"),
    Case(CREATE, "paid", lambda world: _payment(world, order_ids=[world.paid_order]), "ORDER_STATE_CONFLICT"),
    Case(
        CREATE,
        "two-currencies",
        lambda world: _payment(world, order_ids=[world.pending_order, world.gbp_order]),
        "CURRENCY_MISMATCH",
    ),
    *ids("PaymentService.GetPayment", "payment_id", lambda world, value: p.GetPaymentRequest(payment_id=value)),
    Case(
        "PaymentService.GetPayment",
        "unknown",
        lambda world: p.GetPaymentRequest(payment_id=NOBODY),
        "PAYMENT_NOT_FOUND",
    ),
    Case(
        "PaymentService.GetPayment",
        "foreign",
        lambda world: p.GetPaymentRequest(payment_id=world.payment_id),
        "PAYMENT_NOT_FOUND",
        theirs=True,
    ),
    *ids(QUERY, "payment_id", lambda world, value: p.QueryPaymentRequest(request_id="q", payment_id=value)),
    *ids(
        QUERY,
        "request_id",
        lambda world, value: p.QueryPaymentRequest(request_id=value, payment_id=world.payment_id),
    ),
    Case(
        QUERY,
        "unknown",
        lambda world: p.QueryPaymentRequest(request_id=world.new_id(), payment_id=NOBODY),
        "PAYMENT_NOT_FOUND",
    ),
    Case(
        QUERY,
        "foreign",
        lambda world: p.QueryPaymentRequest(request_id=world.new_id(), payment_id=world.payment_id),
        "PAYMENT_NOT_FOUND",
        theirs=True,
    ),
    *ids(NOTICE, "gateway", lambda world, value: _notice(gateway=value)(world)),
    Case(NOTICE, "gateway-unknown", _notice(gateway=NOBODY), "GATEWAY_NOT_FOUND"),
    Case(NOTICE, "body-missing", _notice(body=b""), field="body"),
    Case(NOTICE, "body-oversized", _notice(body=b"x" * 65_537), field="body"),
    Case(NOTICE, "headers-too-many", _notice(headers={f"h{number}": "" for number in range(65)}), field="headers"),
    Case(NOTICE, "headers-oversized", _notice(headers={"h": "x" * 16_384}), field="headers"),
    Case(NOTICE, "unsigned", _notice(), "PAYMENT_SIGNATURE_INVALID"),
    Case(NOTICE, "no-json", _notice(body=b"\xff\xfe", headers={"signature": "x"}), "PAYMENT_SIGNATURE_INVALID"),
]


def _quote(**fields: Any) -> q.QuoteRequest:
    return q.QuoteRequest(**{"currency_code": "CNY", "lines": [CartLine(sku="S1", quantity=1)], **fields})


QUOTE = "PricingService.Quote"
_QUOTES = [
    *(
        case
        for name in ("buyer_id", "region", "channel")
        for case in ids(QUOTE, name, lambda world, value, name=name: _quote(**{name: value}), optional=True)  # type: ignore[misc]
    ),
    Case(QUOTE, "empty", lambda world: q.QuoteRequest(), field="currency_code"),
    Case(QUOTE, "no-lines", lambda world: _quote(lines=[]), field="lines"),
    Case(QUOTE, "too-many-lines", lambda world: _quote(lines=[CartLine(sku="S1", quantity=1)] * 1_001), field="lines"),
    Case(
        QUOTE,
        "quantity-negative",
        lambda world: _quote(lines=[CartLine(sku="S1", quantity=-1)]),
        field="lines[0].quantity",
    ),
    Case(QUOTE, "sku-missing", lambda world: _quote(lines=[CartLine(quantity=1)]), field="lines[0].sku"),
    Case(QUOTE, "sku-oversized", lambda world: _quote(lines=[CartLine(sku=LONG, quantity=1)]), field="lines[0].sku"),
    Case(QUOTE, "sku-unknown", lambda world: _quote(lines=[CartLine(sku=NOBODY, quantity=1)]), "SKU_NOT_FOUND"),
    Case(QUOTE, "currency-wrong", lambda world: _quote(currency_code="GBP"), "CURRENCY_MISMATCH"),
    Case(
        QUOTE,
        "activity-unknown",
        lambda world: _quote(lines=[CartLine(sku="S1", quantity=1, activity_id=NOBODY)]),
        "ACTIVITY_NOT_FOUND",
    ),
]

CASES = [*_PLACE, *_BATCHES, *_READS, *_CHANGES, *_PAYMENTS, *_QUOTES]
