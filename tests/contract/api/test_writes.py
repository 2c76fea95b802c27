"""Every write: its effect, the same request again without a second one, and its request id with another content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.api.live import LiveEngine
from tests.contract.api.wire import methods
from tests.contract.api.world import World, build, until
from tuan_api.v1 import admin_pb2 as a
from tuan_api.v1 import campaign_pb2 as c
from tuan_api.v1 import catalogue_pb2 as k
from tuan_api.v1 import flash_sale_pb2 as f
from tuan_api.v1 import inventory_pb2 as i
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1 import payment_pb2 as p
from tuan_api.v1 import rules_pb2 as r
from tuan_api.v1 import sandbox_pb2 as s
from tuan_api.v1.money_pb2 import Money
from tuan_api.v1.options_pb2 import scope


@pytest.fixture(scope="module")
def shop() -> Iterator[World]:
    """An engine of its own: these tests close its sale and rebuild its shards."""
    with LiveEngine() as live:
        yield build(live)


@dataclass(frozen=True)
class Write:
    """`make`: a right request; `other`: changes its content. `same`: what of the answer a repeat must tell again."""

    method: str
    make: Callable[[World, str], Any]
    other: Callable[[Any], None]
    same: Callable[[Any], Any]

    def __str__(self) -> str:
        return self.method


def _set(**fields: Any) -> Callable[[Any], None]:
    def change(request: Any) -> None:
        for name, value in fields.items():
            setattr(request, name, value)

    return change


def _product(world: World, request_id: str) -> k.ImportProductsRequest:
    request = k.ImportProductsRequest(request_id=request_id)
    request.products.add(product_id="P7", title="Pear", category="fresh/fruit").skus.add(sku="S7", list_price=_cny(500))
    request.stock.add(sku="S7", warehouse="W1", quantity=10)
    return request


def _cny(amount_minor: int) -> Money:
    return Money(currency_code="CNY", amount_minor=amount_minor)


def _sku(title: str) -> k.Sku:
    return k.Sku(sku="S8", product_id="P1", title=title, list_price=_cny(800))


def _other_sku(request: k.PutSkusRequest) -> None:
    request.skus[0].title = "another"


def _publish(world: World, request_id: str) -> r.PublishRulesRequest:
    found = world.ok("RuleService.GetRuleset", r.GetRulesetRequest(ruleset_hash=world.ruleset_hash)).ruleset
    return r.PublishRulesRequest(request_id=request_id, files=found.files)


def _version(world: World, minor: int, stage: r.RulesetState.ValueType = r.RULESET_STATE_DRAFT) -> str:
    text = f'package "tests.versions" {{ version = "1.{minor}.0"  zone = "UTC"  currency = "CNY" }}\n'
    files = [r.RuleFile(name="versions.tuan", text=text)]
    request = r.PublishRulesRequest(request_id=world.new_id(), files=files, stage=stage)
    return str(world.ok("RuleService.PublishRules", request).ruleset.ruleset_hash)


def _two_versions(world: World) -> str:
    for minor in (2, 3):
        _version(world, minor, r.RULESET_STATE_ACTIVE)
    return "tests.versions"


def _other_rules(request: r.PublishRulesRequest) -> None:
    request.files[0].text = request.files[0].text.replace("1.0.0", "1.0.1")


def _shipped(world: World) -> str:
    order_id = world.place()
    world.pay(order_id)
    world.ok("OrderService.ShipOrder", o.ShipOrderRequest(request_id=world.new_id(), order_id=order_id))
    return order_id


def _paid(world: World) -> str:
    order_id = world.place(quantity=2)
    world.pay(order_id)
    return order_id


def _payment(world: World) -> str:
    request = p.CreatePaymentRequest(request_id=world.new_id(), order_ids=[world.place()], gateway="sandbox")
    return str(world.ok("PaymentService.CreatePayment", request).payment.payment_id)


def _more(request: Any) -> None:
    request.changes[0].delta += 1


def _revoked_key(world: World, request_id: str) -> a.RevokeApiKeyRequest:
    request = a.CreateApiKeyRequest(request_id=world.new_id(), caller="app", scopes=["orders.read"])
    made = world.ok("AdminService.CreateApiKey", request)
    return a.RevokeApiKeyRequest(request_id=request_id, key_id=made.api_key.key_id)


#: Ids that requests are changed to; filled in by the test, for they are known only then.
_OTHER: dict[str, str] = {}


def _name_other(field: str) -> Callable[[Any], None]:
    """Makes a request name another thing than it did."""

    def change(request: Any) -> None:
        setattr(request, field, _OTHER[field])

    return change


def _state(answer: Any) -> tuple[str, int, int]:
    return answer.order.order_id, answer.order.state, answer.order.version


WRITES = [
    Write(
        "CatalogueService.ImportProducts", _product, lambda q: q.stock.pop(), lambda n: (n.product_count, n.sku_count)
    ),
    Write(
        "CatalogueService.PutSkus",
        lambda world, request_id: k.PutSkusRequest(request_id=request_id, skus=[_sku("eight")]),
        _other_sku,
        lambda n: n.skus[0].title,
    ),
    Write(
        "CatalogueService.UpdateSkuPrice",
        lambda world, request_id: k.UpdateSkuPriceRequest(request_id=request_id, sku="S4", list_price=_cny(777)),
        lambda q: q.list_price.CopyFrom(_cny(778)),
        lambda n: n.sku.list_price.amount_minor,
    ),
    Write(
        "InventoryService.AddStock",
        lambda world, request_id: i.AddStockRequest(
            request_id=request_id, changes=[i.StockChange(sku="S1", warehouse="W1", delta=5)]
        ),
        _more,
        lambda n: n.stock[0].warehouses[0].on_hand,
    ),
    Write(
        "OrderService.PlaceOrder",
        lambda world, request_id: world.order(request_id=request_id),
        _set(buyer_id="another"),
        lambda n: n.result.placed.order_id,
    ),
    Write(
        "OrderService.CancelOrder",
        lambda world, request_id: o.CancelOrderRequest(request_id=request_id, order_id=world.place()),
        _name_other("order_id"),
        _state,
    ),
    Write(
        "OrderService.RefundOrder",
        lambda world, request_id: o.RefundOrderRequest(
            request_id=request_id,
            order_id=_paid(world),
            units=[{"line_index": 0, "count": 1}],  # type: ignore[list-item]
        ),
        _set(cause=5),
        lambda n: (n.refund.refund_id, n.refund.amount),
    ),
    Write(
        "OrderService.ShipOrder",
        lambda world, request_id: o.ShipOrderRequest(request_id=request_id, order_id=_paid(world)),
        _set(ship_reference="another"),
        _state,
    ),
    Write(
        "OrderService.CompleteOrder",
        lambda world, request_id: o.CompleteOrderRequest(request_id=request_id, order_id=_shipped(world)),
        _name_other("order_id"),
        _state,
    ),
    Write(
        "PaymentService.CreatePayment",
        lambda world, request_id: p.CreatePaymentRequest(
            request_id=request_id, order_ids=[world.place()], gateway="sandbox"
        ),
        lambda q: q.order_ids.__setitem__(0, _OTHER["order_id"]),
        lambda n: (n.payment.payment_id, n.gateway_token),
    ),
    Write(
        "PaymentService.QueryPayment",
        lambda world, request_id: p.QueryPaymentRequest(request_id=request_id, payment_id=_payment(world)),
        _name_other("payment_id"),
        lambda n: n.payment,
    ),
    Write("RuleService.PublishRules", _publish, _other_rules, lambda n: (n.ruleset, list(n.activity_ids))),
    Write(
        "RuleService.PromoteRuleset",
        lambda world, request_id: r.PromoteRulesetRequest(
            request_id=request_id, ruleset_hash=_version(world, 1), stage=r.RULESET_STATE_ACTIVE
        ),
        _set(stage=r.RULESET_STATE_SHADOW),
        lambda n: (n.ruleset, list(n.activity_ids)),
    ),
    Write(
        "RuleService.RollbackRules",
        lambda world, request_id: r.RollbackRulesRequest(request_id=request_id, package=_two_versions(world)),
        _set(package="another"),
        lambda n: (n.ruleset, list(n.activity_ids)),
    ),
    Write(
        "AdminService.CreateApiKey",
        lambda world, request_id: a.CreateApiKeyRequest(request_id=request_id, caller="app", scopes=["orders.read"]),
        _set(caller="another"),
        lambda n: n.api_key,
    ),
    Write("AdminService.RevokeApiKey", _revoked_key, _name_other("key_id"), lambda n: n.api_key),
    Write(
        "AdminService.RebuildShard",
        lambda world, request_id: a.RebuildShardRequest(request_id=request_id, shard="retail"),
        _name_other("shard"),
        lambda n: (n.shard.epoch, n.counter_count),
    ),
    Write(
        "FlashSaleService.ReleaseBuffer",
        lambda world, request_id: f.ReleaseBufferRequest(request_id=request_id, activity_id=world.activity_id),
        lambda q: None,
        lambda n: [item.sku for item in n.released],
    ),
    Write(
        "FlashSaleService.NotifyMeWhenRestocked",
        lambda world, request_id: f.NotifyMeWhenRestockedRequest(request_id=request_id, sku="S4", buyer_id="b"),
        lambda q: None,
        lambda n: n.in_stock,
    ),
    Write(
        "SandboxService.PayNow",
        lambda world, request_id: s.PayNowRequest(request_id=request_id, payment_id=_payment(world)),
        _set(reported_amount_minor=1),
        lambda n: n.transaction_id,
    ),
    Write(
        "CampaignService.CloseActivity",
        lambda world, request_id: c.CloseActivityRequest(request_id=request_id, activity_id=world.activity_id),
        lambda q: None,
        lambda n: n.activity.activity_id,
    ),
]
#: Tested elsewhere: streams and batches with PlaceOrder; tickets in test_tickets.py; notices and jobs below; a setting is the
#: same each time.
OTHERS = {
    "OrderService.BatchPlaceOrders",
    "OrderService.PlaceOrderStream",
    "PaymentService.DeliverNotice",
    "AdminService.RetryJob",
    "SandboxService.ConfigureSandbox",
    "FlashSaleService.RequestTicket",
    "FlashSaleService.BatchRequestTickets",
    # In tests/scenario/rewards, where there are coupons and points.
    "CouponService.CollectCoupon",
    "CouponService.GrantCoupon",
    "PointsService.GrantPoints",
}


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_write_once(shop: World, write: Write) -> None:
    """Goal: a request id works once. Method: the request, the same twice more, then its id with another content."""
    _OTHER.update(order_id=shop.pending_order, payment_id=shop.payment_id, shard=shop.activity_id)
    _OTHER["key_id"] = shop.ok("AdminService.ListApiKeys", a.ListApiKeysRequest()).api_keys[0].key_id
    request = write.make(shop, shop.new_id())
    first = shop.ok(write.method, request)
    for _ in range(2):
        assert write.same(shop.ok(write.method, request)) == write.same(first)
    content = request.SerializeToString()
    write.other(request)
    if request.SerializeToString() != content:
        refused = shop.call(write.method, request)
        assert (refused.status, refused.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
        assert refused.metadata == {"request_id": request.request_id}


def test_every_write_is_tested() -> None:
    """Goal: no write is forgotten. Method: every method that is not declared free of side effects."""
    reads = 1  # idempotency_level NO_SIDE_EFFECTS
    found = {name for name, method in methods().items() if method.GetOptions().idempotency_level != reads}
    assert found == {write.method for write in WRITES} | OTHERS
    assert all(method.GetOptions().Extensions[scope] for method in methods().values())


def test_a_late_repeat_does_not_put_an_old_price_back(shop: World) -> None:
    """Goal: a repeat is no second write. Method: price A, price B, then A's request again."""
    first = k.UpdateSkuPriceRequest(request_id=shop.new_id(), sku="S4", list_price=_cny(100))
    second = k.UpdateSkuPriceRequest(request_id=shop.new_id(), sku="S4", list_price=_cny(200))
    for request in (first, second, first):
        answer = shop.ok("CatalogueService.UpdateSkuPrice", request)
    assert answer.sku.list_price.amount_minor == 200
    whole = _product(shop, shop.new_id())
    shop.ok("CatalogueService.ImportProducts", whole)
    changed = k.PutSkusRequest(request_id=shop.new_id(), skus=[k.Sku(sku="S7", product_id="P7", list_price=_cny(999))])
    shop.ok("CatalogueService.PutSkus", changed)
    assert shop.ok("CatalogueService.ImportProducts", whole).stock_count == 0
    product = shop.ok("CatalogueService.GetProduct", k.GetProductRequest(product_id="P7")).product
    assert product.skus[0].list_price.amount_minor == 999


def test_stock_is_changed_all_or_not_at_all(shop: World) -> None:
    """Goal: a refused change leaves no trace. Method: add to one SKU and take too much of another, retail and sale mixed."""
    read = i.GetStockRequest(skus=["S1", "S2", "S3"])
    before = shop.ok("InventoryService.GetStock", read).stock
    changes = [
        i.StockChange(sku="S1", warehouse="W1", delta=7),
        i.StockChange(sku="S3", warehouse="W1", delta=-3),
        i.StockChange(sku="S2", warehouse="W1", delta=-999_999_999),
    ]
    request = i.AddStockRequest(request_id=shop.new_id(), changes=changes)
    for _ in range(2):
        assert shop.call("InventoryService.AddStock", request).reason == "STOCK_TOO_LOW"
    assert list(shop.ok("InventoryService.GetStock", read).stock) == list(before)


def test_a_notice_is_committed_once(shop: World) -> None:
    """Goal: the same callback any number of times is one payment. Method: take the sandbox's own callback, deliver it 3 times."""
    order_id = shop.place()
    request = p.CreatePaymentRequest(request_id=shop.new_id(), order_ids=[order_id], gateway="sandbox")
    payment_id = shop.ok("PaymentService.CreatePayment", request).payment.payment_id
    manual = s.ConfigureSandboxRequest(request_id=shop.new_id(), behaviour=s.SandboxBehaviour(manual=True))
    shop.ok("SandboxService.ConfigureSandbox", manual)
    paid = shop.ok("SandboxService.PayNow", s.PayNowRequest(request_id=shop.new_id(), payment_id=payment_id))
    callback = paid.callbacks[0]
    notice = p.DeliverNoticeRequest(gateway="sandbox", headers=callback.headers, body=callback.body)
    answers = [shop.ok("PaymentService.DeliverNotice", notice) for _ in range(3)]
    assert [answer.replayed for answer in answers] == [False, True, True]
    assert {answer.payment_id for answer in answers} == {payment_id}
    until(lambda: shop.get(order_id).state == o.ORDER_STATE_READY_TO_SHIP, "the order is paid")
    forged = p.DeliverNoticeRequest(gateway="sandbox", headers=callback.headers, body=callback.body + b" ")
    assert shop.call("PaymentService.DeliverNotice", forged).reason == "PAYMENT_SIGNATURE_INVALID"


def test_asking_the_gateway_applies_what_it_says(shop: World) -> None:
    """Goal: a lost callback is no lost payment. Method: pay without any callback, then QueryPayment."""
    manual = s.ConfigureSandboxRequest(request_id=shop.new_id(), behaviour=s.SandboxBehaviour(manual=True))
    shop.ok("SandboxService.ConfigureSandbox", manual)
    payment_id = _payment(shop)
    query = p.QueryPaymentRequest(request_id=shop.new_id(), payment_id=payment_id)
    assert shop.ok("PaymentService.QueryPayment", query).payment.state == p.PAYMENT_STATE_CREATED
    shop.ok("SandboxService.PayNow", s.PayNowRequest(request_id=shop.new_id(), payment_id=payment_id))
    assert shop.ok("PaymentService.QueryPayment", query).payment.state == p.PAYMENT_STATE_SUCCEEDED


def test_a_job_that_was_given_up_is_tried_again(shop: World) -> None:
    """Goal: an operator can go on where a machine gave up. Method: a refund that the gateway refuses for good, listed and retried."""
    refusing = s.SandboxBehaviour(refuse_refunds=True)
    order_id = _paid_with_callbacks(shop)
    shop.ok("SandboxService.ConfigureSandbox", s.ConfigureSandboxRequest(request_id=shop.new_id(), behaviour=refusing))
    refund = o.RefundOrderRequest(request_id=shop.new_id(), order_id=order_id)
    refund_id = shop.ok("OrderService.RefundOrder", refund).refund.refund_id

    def given_up() -> list[Any]:
        jobs = shop.ok("AdminService.ListJobs", a.ListJobsRequest()).jobs
        return [job for job in jobs if job.key == refund_id]

    until(lambda: bool(given_up()), "the refund waits for an operator")
    [job] = given_up()
    behave = s.ConfigureSandboxRequest(request_id=shop.new_id(), behaviour=s.SandboxBehaviour())
    shop.ok("SandboxService.ConfigureSandbox", behave)
    retry = a.RetryJobRequest(request_id=shop.new_id(), job_id=job.job_id)
    assert shop.ok("AdminService.RetryJob", retry).job.key == refund_id
    assert shop.ok("AdminService.RetryJob", retry).job.job_id == job.job_id
    until(lambda: shop.get(order_id).state == o.ORDER_STATE_REFUNDED, "the money is back")
    assert not given_up()


def _paid_with_callbacks(shop: World) -> str:
    behave = s.ConfigureSandboxRequest(request_id=shop.new_id(), behaviour=s.SandboxBehaviour())
    shop.ok("SandboxService.ConfigureSandbox", behave)
    order_id = shop.place()
    shop.pay(order_id)
    return order_id


def test_the_books_are_right_afterwards(shop: World) -> None:
    """Goal: none of these left a difference. Method: the audit."""
    answer = shop.ok("AdminService.Audit", a.AuditRequest())
    assert not answer.differences, answer
