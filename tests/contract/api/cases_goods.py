"""Wrong requests to CatalogueService, InventoryService, CampaignService and RuleService."""

from __future__ import annotations

from typing import Any

from tests.contract.api.cases import LONG, NOBODY, Case, ids, pages
from tests.contract.api.world import World
from tuan_api.v1 import campaign_pb2 as c
from tuan_api.v1 import catalogue_pb2 as k
from tuan_api.v1 import inventory_pb2 as i
from tuan_api.v1 import rules_pb2 as r
from tuan_api.v1 import ruleset_pb2 as rs
from tuan_api.v1.money_pb2 import Money

INT64_MAX = 2**63 - 1
CNY = Money(currency_code="CNY", amount_minor=100)


def _sku(**fields: Any) -> k.Sku:
    return k.Sku(**{"sku": "S1", "product_id": "P1", "list_price": CNY, **fields})


def _put(world: World, **fields: Any) -> k.PutSkusRequest:
    return k.PutSkusRequest(request_id=world.new_id(), skus=[_sku(**fields)])


def _price(world: World, **fields: Any) -> k.UpdateSkuPriceRequest:
    return k.UpdateSkuPriceRequest(**{"request_id": world.new_id(), "sku": "S4", "list_price": CNY, **fields})


def _too_many_products(world: World) -> k.ImportProductsRequest:
    return k.ImportProductsRequest(request_id=world.new_id(), products=[k.Product(product_id="P")] * 1_001)


IMPORT, PUT, PRICE = (f"CatalogueService.{name}" for name in ("ImportProducts", "PutSkus", "UpdateSkuPrice"))
_CATALOGUE = [
    *ids(IMPORT, "request_id", lambda world, value: k.ImportProductsRequest(request_id=value)),
    Case(IMPORT, "empty", lambda world: k.ImportProductsRequest(request_id=world.new_id()), field="products"),
    Case(IMPORT, "too-many-products", _too_many_products, field="products"),
    Case(
        IMPORT,
        "too-much-stock",
        lambda world: k.ImportProductsRequest(request_id=world.new_id(), stock=[k.InitialStock()] * 10_001),
        field="stock",
    ),
    Case(
        IMPORT,
        "sku-of-another-product",
        lambda world: k.ImportProductsRequest(
            request_id=world.new_id(), products=[k.Product(product_id="P1", skus=[_sku(product_id="P2")])]
        ),
        field="products[0].skus[0].product_id",
    ),
    *ids(PUT, "request_id", lambda world, value: k.PutSkusRequest(request_id=value, skus=[_sku()])),
    *ids(PUT, "skus[0].sku", lambda world, value: _put(world, sku=value)),
    *ids(PUT, "skus[0].product_id", lambda world, value: _put(world, product_id=value)),
    Case(PUT, "empty", lambda world: k.PutSkusRequest(request_id=world.new_id()), field="skus"),
    Case(
        PUT, "too-many", lambda world: k.PutSkusRequest(request_id=world.new_id(), skus=[_sku()] * 1_001), field="skus"
    ),
    Case(PUT, "product-unknown", lambda world: _put(world, product_id=NOBODY), "PRODUCT_NOT_FOUND"),
    Case(PUT, "title-oversized", lambda world: _put(world, title="x" * 257), field="skus[0].title"),
    Case(PUT, "title-control", lambda world: _put(world, title="a\x00"), field="skus[0].title"),
    Case(PUT, "price-missing", lambda world: _put(world, list_price=Money()), field="skus[0].list_price"),
    Case(
        PUT,
        "price-negative",
        lambda world: _put(world, list_price=Money(currency_code="CNY", amount_minor=-1)),
        field="skus[0].list_price",
    ),
    Case(
        PUT,
        "price-oversized",
        lambda world: _put(world, list_price=Money(currency_code="CNY", amount_minor=INT64_MAX)),
        field="skus[0].list_price",
    ),
    Case(
        PUT,
        "currency-malformed",
        lambda world: _put(world, list_price=Money(currency_code="yuan", amount_minor=1)),
        field="skus[0].list_price.currency_code",
    ),
    Case(
        PUT,
        "attributes-too-many",
        lambda world: _put(world, attributes={str(number): "" for number in range(17)}),
        field="skus[0].attributes",
    ),
    Case(PUT, "attribute-oversized", lambda world: _put(world, attributes={"size": LONG}), field="skus[0].attributes"),
    *ids(PRICE, "request_id", lambda world, value: _price(world, request_id=value)),
    *ids(PRICE, "sku", lambda world, value: _price(world, sku=value)),
    Case(PRICE, "sku-unknown", lambda world: _price(world, sku=NOBODY), "SKU_NOT_FOUND"),
    Case(
        PRICE,
        "currency-wrong",
        lambda world: _price(world, list_price=Money(currency_code="GBP", amount_minor=1)),
        "CURRENCY_MISMATCH",
    ),
    Case(
        PRICE,
        "price-negative",
        lambda world: _price(world, list_price=Money(currency_code="CNY", amount_minor=-1)),
        field="list_price",
    ),
    *ids("CatalogueService.GetProduct", "product_id", lambda world, value: k.GetProductRequest(product_id=value)),
    Case(
        "CatalogueService.GetProduct",
        "unknown",
        lambda world: k.GetProductRequest(product_id=NOBODY),
        "PRODUCT_NOT_FOUND",
    ),
    *pages("CatalogueService.ListProducts", lambda world, fields: k.ListProductsRequest(**fields)),
]


def _add(world: World, **fields: Any) -> i.AddStockRequest:
    change = i.StockChange(**{"sku": "S4", "warehouse": "W1", "delta": 1, **fields})
    return i.AddStockRequest(request_id=world.new_id(), changes=[change])


ADD, STOCK = "InventoryService.AddStock", "InventoryService.GetStock"
_INVENTORY = [
    *ids(ADD, "request_id", lambda world, value: i.AddStockRequest(request_id=value, changes=_add(world).changes)),
    *ids(ADD, "changes[0].warehouse", lambda world, value: _add(world, warehouse=value)),
    Case(ADD, "empty", lambda world: i.AddStockRequest(request_id=world.new_id()), field="changes"),
    Case(
        ADD,
        "too-many",
        lambda world: i.AddStockRequest(request_id=world.new_id(), changes=list(_add(world).changes) * 1_001),
        field="changes",
    ),
    Case(ADD, "sku-unknown", lambda world: _add(world, sku=NOBODY), "SKU_NOT_FOUND"),
    Case(ADD, "activity-unknown", lambda world: _add(world, activity_id=NOBODY), "ACTIVITY_NOT_FOUND"),
    Case(ADD, "delta-missing", lambda world: _add(world, delta=0), field="changes[0].delta"),
    Case(ADD, "delta-oversized", lambda world: _add(world, delta=INT64_MAX), field="changes[0].delta"),
    Case(ADD, "delta-undersized", lambda world: _add(world, delta=-INT64_MAX), field="changes[0].delta"),
    Case(ADD, "more-than-there-is", lambda world: _add(world, sku="S1", delta=-2_000_000), "STOCK_TOO_LOW"),
    Case(
        ADD,
        "more-than-lies-in-that-warehouse",
        lambda world: _add(world, sku="S1", warehouse="W9", delta=-1),
        "STOCK_TOO_LOW",
    ),
    *ids(STOCK, "skus[0]", lambda world, value: i.GetStockRequest(skus=[value])),
    Case(STOCK, "empty", lambda world: i.GetStockRequest(), field="skus"),
    Case(STOCK, "too-many", lambda world: i.GetStockRequest(skus=["S1"] * 101), field="skus"),
    Case(STOCK, "unknown", lambda world: i.GetStockRequest(skus=["S1", NOBODY]), "SKU_NOT_FOUND"),
]


def _close(world: World, **fields: Any) -> c.CloseActivityRequest:
    return c.CloseActivityRequest(**{"request_id": world.new_id(), "activity_id": world.activity_id, **fields})


LIST, CLOSE = "CampaignService.ListActivities", "CampaignService.CloseActivity"
_CAMPAIGNS = [
    *pages(LIST, lambda world, fields: c.ListActivitiesRequest(**fields)),
    *ids(LIST, "promotion", lambda world, value: c.ListActivitiesRequest(promotion=value), optional=True),
    Case(LIST, "state-unknown", lambda world: c.ListActivitiesRequest(states=[77]), field="states[0]"),  # type: ignore[list-item]
    *ids("CampaignService.GetActivity", "activity_id", lambda world, value: c.GetActivityRequest(activity_id=value)),
    Case(
        "CampaignService.GetActivity",
        "unknown",
        lambda world: c.GetActivityRequest(activity_id=NOBODY),
        "ACTIVITY_NOT_FOUND",
    ),
    *ids(CLOSE, "request_id", lambda world, value: _close(world, request_id=value)),
    *ids(CLOSE, "activity_id", lambda world, value: _close(world, activity_id=value)),
    Case(CLOSE, "unknown", lambda world: _close(world, activity_id=NOBODY), "ACTIVITY_NOT_FOUND"),
    Case(CLOSE, "retail", lambda world: _close(world, activity_id="retail"), "ACTIVITY_NOT_FOUND"),
]


def _files(*pairs: tuple[str, str]) -> list[rs.RuleFile]:
    return [rs.RuleFile(name=name, text=text) for name, text in pairs]


def _rules(method: str, request: Any) -> list[Case]:
    def make(world: World, files: list[rs.RuleFile]) -> Any:
        extra = {"request_id": world.new_id()} if method.endswith("PublishRules") else {}
        return request(files=files, **extra)

    return [
        Case(method, "empty", lambda world: make(world, []), field="files"),
        Case(method, "too-many", lambda world: make(world, _files(*[("a", "x")] * 65)), field="files"),
        Case(method, "name-missing", lambda world: make(world, _files(("", "x"))), field="files[0].name"),
        Case(method, "name-oversized", lambda world: make(world, _files(("x" * 129, "x"))), field="files[0].name"),
        *(
            Case(
                method,
                f"name-that-leads-{where}",
                lambda world, name=name: make(world, _files((name, "x"))),  # type: ignore[misc]
                field="files[0].name",
            )
            for where, name in (
                ("up", "../a.tuan"),
                ("to-the-root", "/etc/a.tuan"),
                ("back", "..\\a.tuan"),
                ("on", "a//b"),
            )
        ),
        Case(method, "name-twice", lambda world: make(world, _files(("a", "x"), ("a", "y"))), field="files[1].name"),
        Case(method, "text-missing", lambda world: make(world, _files(("a", ""))), field="files[0].text"),
        Case(method, "text-oversized", lambda world: make(world, _files(("a", "x" * 65_537))), field="files[0].text"),
    ]


PUBLISH = "RuleService.PublishRules"
_RULES = [
    *_rules("RuleService.CheckRules", r.CheckRulesRequest),
    *_rules(PUBLISH, r.PublishRulesRequest),
    *ids(PUBLISH, "request_id", lambda world, value: r.PublishRulesRequest(request_id=value, files=_files(("a", "x")))),
    Case(
        PUBLISH,
        "mistakes",
        lambda world: r.PublishRulesRequest(request_id=world.new_id(), files=_files(("a.tuan", "flash_sale {"))),
        "RULES_INVALID",
    ),
    *ids("RuleService.GetRuleset", "ruleset_hash", lambda world, value: r.GetRulesetRequest(ruleset_hash=value)),
    Case(
        "RuleService.GetRuleset",
        "unknown",
        lambda world: r.GetRulesetRequest(ruleset_hash="0" * 64),
        "RULESET_NOT_FOUND",
    ),
    *pages("RuleService.ListRulesets", lambda world, fields: r.ListRulesetsRequest(**fields)),
    Case(
        "RuleService.ListRulesets",
        "package-oversized",
        lambda world: r.ListRulesetsRequest(package="x" * 129),
        field="package",
    ),
]

CASES = [*_CATALOGUE, *_INVENTORY, *_CAMPAIGNS, *_RULES]
