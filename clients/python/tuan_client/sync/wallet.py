# Generated from the .proto files by `make protos`. Change those, not this.
"""`WalletService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator

from tuan_client.aio.wallet import AsyncWalletService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.money import Money
from tuan_client.values.wallet import WalletCredit


class WalletService:
    """Wallet credit: money that the shop owes a buyer, given as a reward. It is read here; orders cannot spend it yet."""

    def __init__(self, service: AsyncWalletService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def get_wallet(self, buyer_id: str, *, timeout_s: float | None = None) -> tuple[Money, ...]:
        """What a buyer has, by currency."""
        return self._loop.run(self._service.get_wallet(buyer_id, timeout_s=timeout_s))

    def list_wallet_credits(
        self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[WalletCredit]:
        """Lists what a buyer was given, newest first."""
        return self._loop.iterate(self._service.list_wallet_credits(buyer_id, page_size, timeout_s=timeout_s))
