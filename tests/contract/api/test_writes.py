"""Every write: its effect, the same request again without a second one, and its request id with another content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.api.live import LiveEngine
from tests.contract.api.wire import methods
from tests.contract.api.world import World, build, until
from tests.contract.api.writes import NAMES, OTHERS, WRITES, Write, a_product, cny, payment
from tuan_api.v1 import admin_pb2 as a
from tuan_api.v1 import catalogue_pb2 as k
from tuan_api.v1 import inventory_pb2 as i
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1 import payment_pb2 as p
from tuan_api.v1 import sandbox_pb2 as s
from tuan_api.v1.options_pb2 import scope


@pytest.fixture(scope="module")
def shop() -> Iterator[World]:
    """An engine of its own: these tests close its sale and rebuild its shards."""
    with LiveEngine() as live:
        yield build(live)


def test_stock_is_changed_all_or_not_at_all(shop: World) -> None:
    """Goal: a refused change leaves no trace. Method: add to one SKU and take too much of another, retail and sale mixed.
    First of all, because a sale that ends gives its stock back when it gets to it; and once the one unit that was refunded is back."""
    read = i.GetStockRequest(skus=["S1", "S2", "S3"])
    until(lambda: shop.ok("InventoryService.GetStock", read).stock[0].activities[0].sold == 2, "one of three is back")
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


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_write_once(shop: World, write: Write) -> None:
    """Goal: a request id works once. Method: the request, the same twice more, then its id with another content."""
    NAMES.update(order_id=shop.pending_order, payment_id=shop.payment_id, shard=shop.activity_id)
    NAMES["key_id"] = shop.ok("AdminService.ListApiKeys", a.ListApiKeysRequest()).api_keys[0].key_id
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
    first = k.UpdateSkuPriceRequest(request_id=shop.new_id(), sku="S4", list_price=cny(100))
    second = k.UpdateSkuPriceRequest(request_id=shop.new_id(), sku="S4", list_price=cny(200))
    for request in (first, second, first):
        answer = shop.ok("CatalogueService.UpdateSkuPrice", request)
    assert answer.sku.list_price.amount_minor == 200
    whole = a_product(shop, shop.new_id())
    shop.ok("CatalogueService.ImportProducts", whole)
    changed = k.PutSkusRequest(request_id=shop.new_id(), skus=[k.Sku(sku="S7", product_id="P7", list_price=cny(999))])
    shop.ok("CatalogueService.PutSkus", changed)
    assert shop.ok("CatalogueService.ImportProducts", whole).stock_count == 0
    product = shop.ok("CatalogueService.GetProduct", k.GetProductRequest(product_id="P7")).product
    assert product.skus[0].list_price.amount_minor == 999


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
    payment_id = payment(shop)
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
