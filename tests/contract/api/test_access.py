"""Who may call what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from tests.contract.api.wire import call, methods, request_type
from tests.contract.api.world import World, token
from tuan_api.v1 import admin_pb2, flash_sale_pb2, options_pb2, order_pb2, payment_pb2, pricing_pb2, rules_pb2
from tuan_api.v1.line_pb2 import CartLine

METHODS = sorted(methods())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_wants_credentials_and_its_scope(world: World, method: str) -> None:
    """Goal: nothing is open by accident. Method: each method without a key, with a wrong, a revoked and a powerless one."""
    assert call(world.channel, method).reason == "CREDENTIALS_MISSING"
    for wrong in ("no such key", world.revoked, "a.b.c"):
        outcome = call(world.channel, method, key=wrong)
        assert (outcome.status, outcome.reason) == ("UNAUTHENTICATED", "CREDENTIALS_INVALID"), wrong
    scope = methods()[method].GetOptions().Extensions[options_pb2.scope]
    outcome = call(world.channel, method, key=world.powerless)
    if scope == "events.read":
        assert outcome.reason not in ("SCOPE_MISSING", "CREDENTIALS_INVALID")
        return
    assert (outcome.status, outcome.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")
    full_name = f"/tuan_api.v1.{method.replace('.', '/')}"
    assert outcome.metadata == {"method": full_name, "scope": scope}


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer  two blanks", "Bearer " + "x" * 4000, "Bearer ..", "."],
    ids=repr,
)
def test_malformed_credentials_are_refused(world: World, header: str) -> None:
    """Goal: odd headers are a refusal, never a crash. Method: send them."""
    outcome = call(world.channel, "OrderService.ListOrders", metadata=[("authorization", header)])
    assert outcome.reason == "CREDENTIALS_INVALID"


@pytest.mark.parametrize(
    ("claims", "accepted"),
    [
        ({}, True),
        ({"exp": datetime(2026, 1, 1, tzinfo=UTC)}, False),
        ({"exp": None}, False),
        ({"aud": "another"}, False),
        ({"aud": None}, False),
        ({"iss": "another"}, False),
        ({"iss": None}, False),
        ({"app": None}, False),
        ({"app": ""}, False),
        ({"app": 7}, False),
        ({"app": "x" * 65}, False),
        ({"sub": "x" * 65}, False),
        ({"scope": ["orders.read"]}, False),
    ],
    ids=str,
)
def test_tokens_are_checked_claim_by_claim(world: World, claims: dict[str, Any], accepted: bool) -> None:
    """Goal: a token is good for its audience, issuer, time and application alone. Method: change one claim at a time."""
    outcome = world.call("OrderService.ListOrders", key=token(**claims))
    assert (outcome.reason, outcome.status == "OK") == ("" if accepted else "CREDENTIALS_INVALID", accepted)


def test_tokens_of_other_signers_are_refused(world: World) -> None:
    """Goal: no forged token. Method: another secret, another algorithm, none at all."""
    claims = jwt.decode(token(), options={"verify_signature": False})
    forged = [
        jwt.encode(claims, "another secret of thirty-two bytes!!"),
        jwt.encode(claims, "a secret of thirty-two characters!" * 2, algorithm="HS512"),
        jwt.encode(claims, None, algorithm="none"),
    ]
    for secret in forged:
        assert world.call("OrderService.ListOrders", key=secret).reason == "CREDENTIALS_INVALID"


def test_a_token_without_the_scope_is_refused(world: World) -> None:
    """Goal: tokens have scopes like keys. Method: one that may only read."""
    reader = token(scope="orders.read")
    assert world.call("OrderService.ListOrders", key=reader).status == "OK"
    assert world.call("OrderService.PlaceOrder", world.order(), key=reader).reason == "SCOPE_MISSING"


def test_a_buyers_token_acts_for_that_buyer_alone(world: World) -> None:
    """Goal: a token in a buyer's app cannot touch other buyers' orders. Method: every method that names a buyer or an order."""
    anna, other = token(sub="anna"), world.pending_order
    refused = world.call("OrderService.PlaceOrder", world.order(buyer_id="ben"), key=anna)
    assert (refused.status, refused.reason, refused.metadata) == (
        "PERMISSION_DENIED",
        "NOT_THE_OWNER",
        {"field": "buyer_id"},
    )
    placed = world.ok("OrderService.PlaceOrder", world.order(buyer_id="anna"), key=anna).result.placed
    batch = order_pb2.BatchPlaceOrdersRequest(requests=[world.order(buyer_id="ben"), world.order(buyer_id="anna")])
    results = world.ok("OrderService.BatchPlaceOrders", batch, key=anna).results
    assert [result.WhichOneof("outcome") for result in results] == ["error", "placed"]
    tickets = flash_sale_pb2.BatchRequestTicketsRequest(requests=[_ticket(world, "ben"), _ticket(world, "anna")])
    asked = world.ok("FlashSaleService.BatchRequestTickets", tickets, key=anna).results
    assert [result.WhichOneof("outcome") for result in asked] == ["error", "response"]
    single = world.call("FlashSaleService.RequestTicket", _ticket(world, "ben"), key=anna)
    assert (single.reason, single.message) == ("NOT_THE_OWNER", asked[0].error.message)
    assert (dict(asked[0].error.metadata), dict(single.metadata)) == ({"field": "buyer_id"},) * 2
    mine = world.ok("OrderService.ListOrders", order_pb2.ListOrdersRequest(), key=anna).orders
    assert {order.buyer_id for order in mine} == {"anna"}
    assert placed.order_id in [order.order_id for order in mine]
    listing = world.call("OrderService.ListOrders", order_pb2.ListOrdersRequest(buyer_id="ben"), key=anna)
    assert listing.reason == "NOT_THE_OWNER"
    quote = pricing_pb2.QuoteRequest(buyer_id="ben", currency_code="CNY")
    assert world.call("PricingService.Quote", quote, key=anna).reason == "NOT_THE_OWNER"
    for method, request in _about_order(world, other):
        assert world.call(method, request, key=anna).reason == "ORDER_NOT_FOUND", method


NAMING_A_BUYER = [
    name
    for name, method in methods().items()
    if "buyer_id" in method.input_type.fields_by_name and not method.client_streaming and not method.server_streaming
]


@pytest.mark.parametrize("method", NAMING_A_BUYER)
def test_every_method_that_names_a_buyer_refuses_another(world: World, method: str) -> None:
    """Goal: no servicer has to remember to ask. Method: the field `buyer_id` of every request, with the token of another buyer."""
    request = request_type(methods()[method])(buyer_id="ben")
    outcome = world.call(method, request, key=token(sub="anna"))
    assert (outcome.status, outcome.reason) == ("PERMISSION_DENIED", "NOT_THE_OWNER")
    assert world.call(method, request, key=token(sub="ben")).reason != "NOT_THE_OWNER"


def test_a_cart_inside_another_request_names_its_buyer_too(world: World) -> None:
    """Goal: a price is explained to its buyer alone. Method: the cart of ExplainPrice, with the token of another buyer."""
    line = CartLine(sku="S3", quantity=1)
    cart = pricing_pb2.QuoteRequest(buyer_id="ben", currency_code="CNY", lines=[line])
    request = rules_pb2.ExplainPriceRequest(cart=cart)
    assert world.call("RuleService.ExplainPrice", request, key=token(sub="anna")).reason == "NOT_THE_OWNER"
    assert world.call("RuleService.ExplainPrice", request, key=token(sub="ben")).reason != "NOT_THE_OWNER"


def _ticket(world: World, buyer_id: str) -> flash_sale_pb2.RequestTicketRequest:
    return flash_sale_pb2.RequestTicketRequest(
        request_id=world.new_id(), activity_id=world.activity_id, buyer_id=buyer_id
    )


def _about_order(world: World, order_id: str) -> list[tuple[str, Any]]:
    request_id = world.new_id()
    return [
        ("OrderService.GetOrder", order_pb2.GetOrderRequest(order_id=order_id)),
        ("OrderService.CancelOrder", order_pb2.CancelOrderRequest(request_id=request_id, order_id=order_id)),
        ("OrderService.RefundOrder", order_pb2.RefundOrderRequest(request_id=request_id, order_id=order_id)),
        ("OrderService.ListRefunds", order_pb2.ListRefundsRequest(order_id=order_id)),
        ("OrderService.GetRefund", order_pb2.GetRefundRequest(refund_id=world.refund_id)),
        ("PaymentService.GetPayment", payment_pb2.GetPaymentRequest(payment_id=world.payment_id)),
        (
            "PaymentService.CreatePayment",
            payment_pb2.CreatePaymentRequest(request_id=request_id, order_ids=[order_id], gateway="sandbox"),
        ),
    ]


def test_keys_are_made_listed_and_revoked(world: World) -> None:
    """Goal: the life of a key; its secret is told once. Method: create, repeat, use, revoke, use again at once."""
    request = admin_pb2.CreateApiKeyRequest(request_id=world.new_id(), caller="app-3", scopes=["orders.read"])
    made = world.ok("AdminService.CreateApiKey", request)
    again = world.ok("AdminService.CreateApiKey", request)
    assert made.secret and not again.secret
    assert again.api_key == made.api_key
    assert world.call("OrderService.ListOrders", key=made.secret).status == "OK"
    listed = world.ok("AdminService.ListApiKeys", admin_pb2.ListApiKeysRequest(page_size=1_000)).api_keys
    assert made.api_key in listed
    revoke = admin_pb2.RevokeApiKeyRequest(request_id=world.new_id(), key_id=made.api_key.key_id)
    assert world.ok("AdminService.RevokeApiKey", revoke).api_key.revoked
    assert world.ok("AdminService.RevokeApiKey", revoke).api_key.revoked
    assert world.call("OrderService.ListOrders", key=made.secret).reason == "CREDENTIALS_INVALID"
