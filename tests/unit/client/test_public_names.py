"""What users of the client may rely on: its names, that it covers the API, and that it needs nothing of the engine."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import tuan_client
from tuan_api.v1 import (
    admin_pb2,
    campaign_pb2,
    catalogue_pb2,
    coupon_pb2,
    error_reason_pb2,
    event_pb2,
    flash_sale_pb2,
    group_buy_pb2,
    inventory_pb2,
    order_pb2,
    payment_pb2,
    points_pb2,
    pricing_pb2,
    rules_pb2,
    sandbox_pb2,
    wallet_pb2,
)
from tuan_client import AsyncClient, Client, ClientConfig, TuanApiError, errors, values

PUBLIC = """
    AsyncClient Client ClientConfig Tls CartLine Money PlaceOrderRequest PlacedOrder Refusal RefusalKind TuanApiError
    DeadlineExceeded ServerUnreachable errors values
""".split()
VALUES = """
    AckLevel Activity ActivityState ActivityStock AddStockResponse Adjustment Alarm ApiKey AuditDifference AuditResponse
    BlockChange CartLine Challenge ChangeKind CheckRulesResponse Cheer CollectCouponResponse CommissionProposal Coupon
    CouponState CouponTemplate CreateApiKeyResponse CreatePaymentResponse DeliverNoticeResponse DependencyStatus
    Diagnostic DiffRulesetsResponse Event ExplainPriceResponse Fact FactTexts FieldChange Fix FlashSession GateRefusal
    GetDrawResponse GetGroupBuyResponse GetGroupResponse GetSaleResponse GetShadowReportResponse GetStatusResponse
    GrantCouponResponse Group GroupItem GroupMember GroupState GroupStep ImportProductsResponse ImportRejection
    InitialStock Job JoinGroupResponse LoadStatus MemberState Money MyGroup NotifyMeWhenRestockedResponse OddsDisclosure
    OpenGroupResponse Order OrderDifference OrderLine OrderState PayNowResponse PayOutcome Payment PaymentShare
    PaymentState PlaceOrderRequest PlacedLine PlacedOrder PluginStatus PointsAccount PointsEntry PriceStep Product
    PromoteRulesetResponse PublishRulesResponse QuickJoinGroupResponse QuoteLine QuoteRequest QuoteResponse Ratio
    RebuildShardResponse Refund RefundCause RefundOrderResponse RefundState RefundUnits Refusal RefusalKind RelatedSpan
    ReleasedBuffer RequestTicketRequest RequestTicketResponse RollbackRulesResponse RuleFile RuleGift RuleSection
    RuleTotal Ruleset RulesetState SaleItem SaleItemLeft SaleState SandboxBehaviour SandboxCallback Severity ShadowTotal
    ShardStatus SimulateRulesResponse SimulationProgress SimulationReport Sku SkuStock Span StockChange StockShare
    Ticket UncountedRule UnitRun WalletCredit WarehouseStock WatchActivityResponse WatchEventsResponse
    WatchGroupResponse WatchSaleResponse WhyNot
""".split()
SERVICES: dict[str, Any] = {
    "admin": admin_pb2.DESCRIPTOR,
    "campaigns": campaign_pb2.DESCRIPTOR,
    "catalogue": catalogue_pb2.DESCRIPTOR,
    "events": event_pb2.DESCRIPTOR,
    "flash_sales": flash_sale_pb2.DESCRIPTOR,
    "group_buys": group_buy_pb2.DESCRIPTOR,
    "coupons": coupon_pb2.DESCRIPTOR,
    "points": points_pb2.DESCRIPTOR,
    "wallets": wallet_pb2.DESCRIPTOR,
    "inventory": inventory_pb2.DESCRIPTOR,
    "orders": order_pb2.DESCRIPTOR,
    "payments": payment_pb2.DESCRIPTOR,
    "pricing": pricing_pb2.DESCRIPTOR,
    "rules": rules_pb2.DESCRIPTOR,
    "sandbox": sandbox_pb2.DESCRIPTOR,
}
OTHER_NAMES = {
    "BatchPlaceOrders": "place_orders",
    "BatchRequestTickets": "request_tickets",
    # The same batches, for callers in languages without a client; this one batches over BatchPlaceOrders.
    "PlaceOrderStream": "place_orders",
}


def test_public_names_are_pinned() -> None:
    """Goal: a name that users import does not vanish by accident. Method: the lists above, which change in review."""
    assert tuan_client.__all__ == PUBLIC
    assert sorted(values.__all__) == VALUES
    for module in (tuan_client, values, errors):
        assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_each_reason_has_an_exception_of_its_name() -> None:
    """Goal: errors are raised by name. Method: compare the enum with the classes."""
    names = [name.removeprefix("ERROR_REASON_") for name in error_reason_pb2.ErrorReason.keys()[1:]]
    kinds = [kind for name in errors.__all__ if (kind := getattr(errors, name)).reason]
    assert [kind.reason for kind in kinds] == names
    assert all(issubclass(kind, TuanApiError) and kind.__doc__ for kind in kinds)
    assert [kind.__name__ for kind in kinds] == ["".join(map(str.capitalize, name.split("_"))) for name in names]


@pytest.mark.parametrize("name", SERVICES)
def test_every_rpc_has_a_method_in_both_clients(name: str) -> None:
    """Goal: the client covers the API, and both clients are alike. Method: RPCs of the descriptors; signatures compared."""
    config = ClientConfig("localhost:1")
    with Client(config) as client:
        synchronous, asynchronous = getattr(client, name), getattr(AsyncClient(config), name)
    (service,) = SERVICES[name].services_by_name.values()
    for rpc in service.methods:
        method = OTHER_NAMES.get(rpc.name) or re.sub(r"(?<!^)(?=[A-Z])", "_", rpc.name).lower()
        ours, theirs = getattr(synchronous, method), getattr(asynchronous, method)
        assert inspect.signature(ours).parameters == inspect.signature(theirs).parameters
        assert inspect.getdoc(ours)
        if "request_id" in rpc.input_type.fields_by_name:
            assert "request_id" in inspect.signature(ours).parameters


def test_services_of_the_test_are_those_of_the_api() -> None:
    """Goal: a new service is not forgotten above. Method: compare with the .proto files."""
    protos = Path(order_pb2.__file__).parent
    declared = re.findall(
        r"^service (\w+)", "\n".join(path.read_text() for path in protos.glob("*.proto")), re.MULTILINE
    )
    assert sorted(declared) == sorted(name for file in SERVICES.values() for name in file.services_by_name)


def test_the_client_imports_the_api_and_grpc_only() -> None:
    """Goal: a backend installs it without the engine. Method: every import of every file, by AST."""
    folder = Path(tuan_client.__file__).parent
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(str(node.module).partition(".")[0])
    assert found - set(sys.stdlib_module_names) == {"google", "grpc", "tuan_api", "tuan_client"}
