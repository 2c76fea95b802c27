"""The engine's own services; promotions and gateways bring theirs as plugins."""

from __future__ import annotations

from tuan.plugin import Servicer
from tuan.server.servicers.admin import AdminServicer
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.campaign import CampaignServicer
from tuan.server.servicers.catalogue import CatalogueServicer
from tuan.server.servicers.event import EventServicer
from tuan.server.servicers.inventory import InventoryServicer
from tuan.server.servicers.order import OrderServicer
from tuan.server.servicers.payment import PaymentServicer
from tuan.server.servicers.pricing import PricingServicer
from tuan.server.servicers.rules import RuleServicer
from tuan_api.v1 import (
    admin_pb2_grpc,
    campaign_pb2_grpc,
    catalogue_pb2_grpc,
    event_pb2_grpc,
    inventory_pb2_grpc,
    order_pb2_grpc,
    payment_pb2_grpc,
    pricing_pb2_grpc,
    rules_pb2_grpc,
)

PACKAGE = "tuan_api.v1"


def own_servicers(bench: Bench) -> list[Servicer]:
    return [
        Servicer(f"{PACKAGE}.AdminService", admin_pb2_grpc.add_AdminServiceServicer_to_server, AdminServicer(bench)),
        Servicer(
            f"{PACKAGE}.CampaignService",
            campaign_pb2_grpc.add_CampaignServiceServicer_to_server,
            CampaignServicer(bench),
        ),
        Servicer(
            f"{PACKAGE}.CatalogueService",
            catalogue_pb2_grpc.add_CatalogueServiceServicer_to_server,
            CatalogueServicer(bench),
        ),
        Servicer(f"{PACKAGE}.EventService", event_pb2_grpc.add_EventServiceServicer_to_server, EventServicer(bench)),
        Servicer(
            f"{PACKAGE}.InventoryService",
            inventory_pb2_grpc.add_InventoryServiceServicer_to_server,
            InventoryServicer(bench),
        ),
        Servicer(f"{PACKAGE}.OrderService", order_pb2_grpc.add_OrderServiceServicer_to_server, OrderServicer(bench)),
        Servicer(
            f"{PACKAGE}.PaymentService", payment_pb2_grpc.add_PaymentServiceServicer_to_server, PaymentServicer(bench)
        ),
        Servicer(
            f"{PACKAGE}.PricingService", pricing_pb2_grpc.add_PricingServiceServicer_to_server, PricingServicer(bench)
        ),
        Servicer(f"{PACKAGE}.RuleService", rules_pb2_grpc.add_RuleServiceServicer_to_server, RuleServicer(bench)),
    ]
