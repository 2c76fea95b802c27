"""The two clients: every service of the API under one connection."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from tuan_client.aio.admin import AsyncAdminService
from tuan_client.aio.campaign import AsyncCampaignService
from tuan_client.aio.catalogue import AsyncCatalogueService
from tuan_client.aio.coupon import AsyncCouponService
from tuan_client.aio.event import AsyncEventService
from tuan_client.aio.group_buy import AsyncGroupBuyService
from tuan_client.aio.inventory import AsyncInventoryService
from tuan_client.aio.payment import AsyncPaymentService
from tuan_client.aio.points import AsyncPointsService
from tuan_client.aio.pricing import AsyncPricingService
from tuan_client.aio.rules import AsyncRuleService
from tuan_client.aio.sandbox import AsyncSandboxService
from tuan_client.aio.wallet import AsyncWalletService
from tuan_client.config import ClientConfig
from tuan_client.flash_sales import AsyncFlashSales
from tuan_client.link import Link
from tuan_client.loop_thread import LoopThread
from tuan_client.orders import AsyncOrders
from tuan_client.sync.admin import AdminService
from tuan_client.sync.campaign import CampaignService
from tuan_client.sync.catalogue import CatalogueService
from tuan_client.sync.coupon import CouponService
from tuan_client.sync.event import EventService
from tuan_client.sync.group_buy import GroupBuyService
from tuan_client.sync.inventory import InventoryService
from tuan_client.sync.payment import PaymentService
from tuan_client.sync.points import PointsService
from tuan_client.sync.pricing import PricingService
from tuan_client.sync.rules import RuleService
from tuan_client.sync.sandbox import SandboxService
from tuan_client.sync.wallet import WalletService
from tuan_client.sync_flash_sales import FlashSales
from tuan_client.sync_orders import Orders


class AsyncClient:
    """For asyncio. Use it as `async with AsyncClient(ClientConfig("localhost:50051", token=key)) as client:`."""

    def __init__(self, config: ClientConfig) -> None:
        self.link = Link(config)
        self.catalogue = AsyncCatalogueService(self.link)
        self.inventory = AsyncInventoryService(self.link)
        self.rules = AsyncRuleService(self.link)
        self.campaigns = AsyncCampaignService(self.link)
        self.pricing = AsyncPricingService(self.link)
        self.orders = AsyncOrders(self.link)
        self.payments = AsyncPaymentService(self.link)
        self.flash_sales = AsyncFlashSales(self.link)
        self.group_buys = AsyncGroupBuyService(self.link)
        self.coupons = AsyncCouponService(self.link)
        self.points = AsyncPointsService(self.link)
        self.wallets = AsyncWalletService(self.link)
        self.events = AsyncEventService(self.link)
        self.admin = AsyncAdminService(self.link)
        self.sandbox = AsyncSandboxService(self.link)
        self.place_order = self.orders.place_order

    async def close(self) -> None:
        """Send the orders and requests for tickets that wait, wait for their answers, and close the connections."""
        await asyncio.gather(self.orders.close(), self.flash_sales.close())
        await self.link.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class Client:
    """For threads. Use it as `with Client(ClientConfig("localhost:50051", token=key)) as client:`.

    Any number of threads may share one; it is the asynchronous client on an event loop of its own.
    """

    def __init__(self, config: ClientConfig) -> None:
        self._client = AsyncClient(config)
        self._loop = LoopThread()
        self.catalogue = CatalogueService(self._client.catalogue, self._loop)
        self.inventory = InventoryService(self._client.inventory, self._loop)
        self.rules = RuleService(self._client.rules, self._loop)
        self.campaigns = CampaignService(self._client.campaigns, self._loop)
        self.pricing = PricingService(self._client.pricing, self._loop)
        self.orders = Orders(self._client.orders, self._loop)
        self.payments = PaymentService(self._client.payments, self._loop)
        self.flash_sales = FlashSales(self._client.flash_sales, self._loop)
        self.group_buys = GroupBuyService(self._client.group_buys, self._loop)
        self.coupons = CouponService(self._client.coupons, self._loop)
        self.points = PointsService(self._client.points, self._loop)
        self.wallets = WalletService(self._client.wallets, self._loop)
        self.events = EventService(self._client.events, self._loop)
        self.admin = AdminService(self._client.admin, self._loop)
        self.sandbox = SandboxService(self._client.sandbox, self._loop)
        self.place_order = self.orders.place_order

    def close(self) -> None:
        """Send the orders and requests for tickets that wait, wait for their answers, close the connections, end the thread."""
        if not self._loop.closed:
            self._loop.run(self._client.close())
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
