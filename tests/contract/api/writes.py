"""Every write of the API: a right request, what makes it another one, and what of its answer a repeat must tell again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.api.world import World
from tuan_api.v1 import admin_pb2 as a
from tuan_api.v1 import campaign_pb2 as c
from tuan_api.v1 import catalogue_pb2 as k
from tuan_api.v1 import flash_sale_pb2 as f
from tuan_api.v1 import inventory_pb2 as i
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1 import payment_pb2 as p
from tuan_api.v1 import rules_pb2 as r
from tuan_api.v1 import ruleset_pb2 as rs
from tuan_api.v1 import sandbox_pb2 as s
from tuan_api.v1.money_pb2 import Money


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


def a_product(world: World, request_id: str) -> k.ImportProductsRequest:
    request = k.ImportProductsRequest(request_id=request_id)
    request.products.add(product_id="P7", title="Pear", category="fresh/fruit").skus.add(sku="S7", list_price=cny(500))
    request.stock.add(sku="S7", warehouse="W1", quantity=10)
    return request


def cny(amount_minor: int) -> Money:
    return Money(currency_code="CNY", amount_minor=amount_minor)


def _sku(title: str) -> k.Sku:
    return k.Sku(sku="S8", product_id="P1", title=title, list_price=cny(800))


def _other_sku(request: k.PutSkusRequest) -> None:
    request.skus[0].title = "another"


def _publish(world: World, request_id: str) -> r.PublishRulesRequest:
    found = world.ok("RuleService.GetRuleset", r.GetRulesetRequest(ruleset_hash=world.ruleset_hash)).ruleset
    return r.PublishRulesRequest(request_id=request_id, files=found.files)


def _version(world: World, minor: int, stage: rs.RulesetState.ValueType = rs.RULESET_STATE_DRAFT) -> str:
    text = f'package "tests.versions" {{ version = "1.{minor}.0"  zone = "UTC"  currency = "CNY" }}\n'
    files = [rs.RuleFile(name="versions.tuan", text=text)]
    request = r.PublishRulesRequest(request_id=world.new_id(), files=files, stage=stage)
    return str(world.ok("RuleService.PublishRules", request).ruleset.ruleset_hash)


def _two_versions(world: World) -> str:
    for minor in (2, 3):
        _version(world, minor, rs.RULESET_STATE_ACTIVE)
    return "tests.versions"


def _other_rules(request: r.PublishRulesRequest) -> None:
    request.files[0].text = request.files[0].text.replace("1.0.0", "1.0.1")


def _shipped(world: World) -> str:
    order_id = world.place()
    world.pay(order_id)
    world.ok("OrderService.ShipOrder", o.ShipOrderRequest(request_id=world.new_id(), order_id=order_id))
    return order_id


def paid(world: World) -> str:
    order_id = world.place(quantity=2)
    world.pay(order_id)
    return order_id


def payment(world: World) -> str:
    request = p.CreatePaymentRequest(request_id=world.new_id(), order_ids=[world.place()], gateway="sandbox")
    return str(world.ok("PaymentService.CreatePayment", request).payment.payment_id)


def _more(request: Any) -> None:
    request.changes[0].delta += 1


def _revoked_key(world: World, request_id: str) -> a.RevokeApiKeyRequest:
    request = a.CreateApiKeyRequest(request_id=world.new_id(), caller="app", scopes=["orders.read"])
    made = world.ok("AdminService.CreateApiKey", request)
    return a.RevokeApiKeyRequest(request_id=request_id, key_id=made.api_key.key_id)


#: Ids that requests are changed to; filled in by the test, for they are known only then.
NAMES: dict[str, str] = {}


def _name_other(field: str) -> Callable[[Any], None]:
    """Makes a request name another thing than it did."""

    def change(request: Any) -> None:
        setattr(request, field, NAMES[field])

    return change


def _state(answer: Any) -> tuple[str, int, int]:
    return answer.order.order_id, answer.order.state, answer.order.version


WRITES = [
    Write(
        "CatalogueService.ImportProducts", a_product, lambda q: q.stock.pop(), lambda n: (n.product_count, n.sku_count)
    ),
    Write(
        "CatalogueService.PutSkus",
        lambda world, request_id: k.PutSkusRequest(request_id=request_id, skus=[_sku("eight")]),
        _other_sku,
        lambda n: n.skus[0].title,
    ),
    Write(
        "CatalogueService.UpdateSkuPrice",
        lambda world, request_id: k.UpdateSkuPriceRequest(request_id=request_id, sku="S4", list_price=cny(777)),
        lambda q: q.list_price.CopyFrom(cny(778)),
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
            order_id=paid(world),
            units=[{"line_index": 0, "count": 1}],  # type: ignore[list-item]
        ),
        _set(cause=5),
        lambda n: (n.refund.refund_id, n.refund.amount),
    ),
    Write(
        "OrderService.ShipOrder",
        lambda world, request_id: o.ShipOrderRequest(request_id=request_id, order_id=paid(world)),
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
        lambda q: q.order_ids.__setitem__(0, NAMES["order_id"]),
        lambda n: (n.payment.payment_id, n.gateway_token),
    ),
    Write(
        "PaymentService.QueryPayment",
        lambda world, request_id: p.QueryPaymentRequest(request_id=request_id, payment_id=payment(world)),
        _name_other("payment_id"),
        lambda n: n.payment,
    ),
    Write("RuleService.PublishRules", _publish, _other_rules, lambda n: (n.ruleset, list(n.activity_ids))),
    Write(
        "RuleService.PromoteRuleset",
        lambda world, request_id: r.PromoteRulesetRequest(
            request_id=request_id, ruleset_hash=_version(world, 1), stage=rs.RULESET_STATE_ACTIVE
        ),
        _set(stage=rs.RULESET_STATE_SHADOW),
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
        lambda world, request_id: s.PayNowRequest(request_id=request_id, payment_id=payment(world)),
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
    # In tests/scenario/groups, where there are groups.
    "GroupBuyService.OpenGroup",
    "GroupBuyService.JoinGroup",
    "GroupBuyService.QuickJoinGroup",
    "GroupBuyService.LeaveGroup",
    "GroupBuyService.CheerGroup",
}
