"""A small shop that the tests share: goods, keys of two applications, orders in several states, a sale, a payment, a refund."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt

from tests.contract.api.live import ADMIN_KEY, JWT_SECRET, LiveEngine
from tests.contract.api.wire import Outcome, call
from tuan_api.v1 import admin_pb2, catalogue_pb2, order_pb2, payment_pb2, rules_pb2, sandbox_pb2
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.money_pb2 import Money

SALE = """
package "tests.sale" {{ version = "1.0.0"  zone = "UTC"  currency = "CNY" }}

flash_sale "evening" {{
  title  = {{ zh: "秒杀", en: "Flash sale" }}
  on     = line.sku in ["S2"]
  price  = set(¥29.90)
  active = from {start} until {end}
  stock  = 90% of sku.available
  limit  = [1 per buyer, 2 per device]
}}
"""
ALL_SCOPES = (
    "orders.read orders.write orders.refund orders.fulfil payments.read payments.write payments.notify catalogue.read "
    "catalogue.write inventory.read inventory.write rules.read rules.write campaigns.read campaigns.write pricing.read "
    "coupons.read coupons.write coupons.grant points.read points.grant wallets.read "
    "events.read flash_sales.read flash_sales.write groups.read groups.write admin.read admin.write admin.keys sandbox"
).split()


@dataclass
class World:
    """`mine` and `theirs`: API keys of two applications; `powerless`: a key that may read events and no more."""

    live: LiveEngine
    channel: grpc.Channel
    mine: str = ""
    theirs: str = ""
    powerless: str = ""
    revoked: str = ""
    activity_id: str = ""
    ruleset_hash: str = ""
    pending_order: str = ""
    paid_order: str = ""
    cancelled_order: str = ""
    gbp_order: str = ""
    payment_id: str = ""
    refund_id: str = ""
    page_token: str = ""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def new_id(self) -> str:
        return f"test-{next(self._numbers)}"

    def call(self, method: str, request: Any = None, key: str | None = None, **options: Any) -> Outcome:
        return call(self.channel, method, request, self.mine if key is None else key, **options)

    def ok(self, method: str, request: Any = None, key: str | None = None) -> Any:
        """The answer of a call that has to succeed."""
        outcome = self.call(method, request, key)
        assert outcome.status == "OK", f"{method}: {outcome}"
        return outcome.answer

    def order(self, sku: str = "S1", quantity: int = 1, **fields: Any) -> order_pb2.PlaceOrderRequest:
        line = CartLine(sku=sku, quantity=quantity, activity_id=fields.pop("activity_id", ""))
        defaults = {"request_id": self.new_id(), "buyer_id": "buyer-1", "currency_code": "CNY"}
        return order_pb2.PlaceOrderRequest(**{**defaults, "lines": [line], **fields})

    def place(self, sku: str = "S1", quantity: int = 1, **fields: Any) -> str:
        result = self.ok("OrderService.PlaceOrder", self.order(sku, quantity, **fields)).result
        assert result.HasField("placed"), result
        return str(result.placed.order_id)

    def pay(self, order_id: str) -> str:
        """Pay an order through the sandbox; returns when the order says so."""
        request = payment_pb2.CreatePaymentRequest(request_id=self.new_id(), order_ids=[order_id], gateway="sandbox")
        payment_id = self.ok("PaymentService.CreatePayment", request).payment.payment_id
        self.ok("SandboxService.PayNow", sandbox_pb2.PayNowRequest(request_id=self.new_id(), payment_id=payment_id))
        wanted = order_pb2.ORDER_STATE_READY_TO_SHIP
        until(lambda: self.get(order_id).state == wanted, f"order {order_id} is paid")
        return str(payment_id)

    def get(self, order_id: str) -> Any:
        return self.ok("OrderService.GetOrder", order_pb2.GetOrderRequest(order_id=order_id)).order

    def key_for(self, caller: str, scopes: list[str]) -> str:
        request = admin_pb2.CreateApiKeyRequest(request_id=self.new_id(), caller=caller, scopes=scopes)
        return str(self.ok("AdminService.CreateApiKey", request, key=ADMIN_KEY).secret)


def token(**claims: Any) -> str:
    """A bearer token as the shop's own login would issue it; claims given as None are left out."""
    expiry = datetime.now(UTC) + timedelta(minutes=5)
    defaults = {"exp": expiry, "aud": "tuan", "iss": "shop", "app": "mine", "scope": " ".join(ALL_SCOPES)}
    return jwt.encode({name: value for name, value in {**defaults, **claims}.items() if value is not None}, JWT_SECRET)


def until(condition: Callable[[], bool], what: str, timeout_s: float = 20) -> None:
    """Ask again until it holds: what happens in another process has no event to wait for."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {timeout_s} s: {what}"
        time.sleep(0.02)


def build(live: LiveEngine) -> World:
    world = World(live, live.channel())
    world.mine = world.key_for("mine", ALL_SCOPES)
    world.theirs = world.key_for("theirs", ALL_SCOPES)
    world.powerless = world.key_for("powerless", ["events.read"])
    _revoke(world)
    _stock(world)
    _publish(world)
    world.pending_order = world.place()
    world.gbp_order = world.place("S3", currency_code="GBP")
    world.cancelled_order = world.place()
    cancel = order_pb2.CancelOrderRequest(request_id=world.new_id(), order_id=world.cancelled_order)
    world.ok("OrderService.CancelOrder", cancel)
    world.paid_order = world.place(quantity=3)
    world.payment_id = world.pay(world.paid_order)
    refund = order_pb2.RefundOrderRequest(request_id=world.new_id(), order_id=world.paid_order)
    refund.units.add(line_index=0, count=1)
    world.refund_id = world.ok("OrderService.RefundOrder", refund).refund.refund_id
    world.page_token = world.ok("OrderService.ListOrders", order_pb2.ListOrdersRequest(page_size=1)).next_page_token
    assert world.page_token
    return world


def _revoke(world: World) -> None:
    create = admin_pb2.CreateApiKeyRequest(request_id=world.new_id(), caller="gone", scopes=["orders.read"])
    made = world.ok("AdminService.CreateApiKey", create, key=ADMIN_KEY)
    revoke = admin_pb2.RevokeApiKeyRequest(request_id=world.new_id(), key_id=made.api_key.key_id)
    world.ok("AdminService.RevokeApiKey", revoke, key=ADMIN_KEY)
    world.revoked = made.secret


def _stock(world: World) -> None:
    request = catalogue_pb2.ImportProductsRequest(request_id=world.new_id())
    for number, currency in (("1", "CNY"), ("2", "CNY"), ("3", "GBP"), ("4", "CNY")):
        product = request.products.add(product_id=f"P{number}", title=f"Apple {number}", category="fresh/fruit")
        product.skus.add(sku=f"S{number}", list_price=Money(currency_code=currency, amount_minor=3500))
        if number != "4":
            request.stock.add(sku=f"S{number}", warehouse="W1", quantity=1_000_000)
    answer = world.ok("CatalogueService.ImportProducts", request)
    assert not answer.rejections, answer


def _publish(world: World) -> None:
    now = datetime.now(UTC)
    text = SALE.format(start=_instant(now - timedelta(hours=1)), end=_instant(now + timedelta(hours=3)))
    request = rules_pb2.PublishRulesRequest(request_id=world.new_id())
    request.files.add(name="sale.tuan", text=text)
    published = world.ok("RuleService.PublishRules", request)
    world.ruleset_hash, world.activity_id = published.ruleset.ruleset_hash, published.activity_ids[0]


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
