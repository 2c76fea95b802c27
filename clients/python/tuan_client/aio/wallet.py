# Generated from the .proto files by `make protos`. Change those, not this.
"""`WalletService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tuan_api.v1 import wallet_pb2
from tuan_client.link import Link, Rpc
from tuan_client.values.money import Money
from tuan_client.values.wallet import WalletCredit

_GET_WALLET = Rpc(
    "/tuan_api.v1.WalletService/GetWallet", wallet_pb2.GetWalletRequest, wallet_pb2.GetWalletResponse, repeatable=True
)
_LIST_WALLET_CREDITS = Rpc(
    "/tuan_api.v1.WalletService/ListWalletCredits",
    wallet_pb2.ListWalletCreditsRequest,
    wallet_pb2.ListWalletCreditsResponse,
    repeatable=True,
)


class AsyncWalletService:
    """Wallet credit: money that the shop owes a buyer, given as a reward. It is read here; orders cannot spend it yet."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def get_wallet(self, buyer_id: str, *, timeout_s: float | None = None) -> tuple[Money, ...]:
        """What a buyer has, by currency."""
        request = wallet_pb2.GetWalletRequest(buyer_id=buyer_id)
        response = await self._link.unary(_GET_WALLET, request, timeout_s)
        return tuple(Money.from_message(item) for item in response.balances)

    async def list_wallet_credits(
        self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[WalletCredit]:
        """Lists what a buyer was given, newest first."""
        request = wallet_pb2.ListWalletCreditsRequest(buyer_id=buyer_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_WALLET_CREDITS, request, timeout_s)
            for item in page.credits:
                yield WalletCredit.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
