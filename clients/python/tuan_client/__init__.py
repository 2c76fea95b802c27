"""The Python client of tuan: typed, for asyncio (`AsyncClient`) and for threads (`Client`); imports the public API and gRPC only."""

from tuan_client import errors, values
from tuan_client.client import AsyncClient, Client
from tuan_client.config import ClientConfig, Tls
from tuan_client.errors import DeadlineExceeded, ServerUnreachable, TuanApiError
from tuan_client.values import CartLine, Money, PlacedOrder, PlaceOrderRequest, Refusal, RefusalKind

__all__ = [
    "AsyncClient",
    "Client",
    "ClientConfig",
    "Tls",
    "CartLine",
    "Money",
    "PlaceOrderRequest",
    "PlacedOrder",
    "Refusal",
    "RefusalKind",
    "TuanApiError",
    "DeadlineExceeded",
    "ServerUnreachable",
    "errors",
    "values",
]
