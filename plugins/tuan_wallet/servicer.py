"""WalletService over gRPC: reading what buyers have."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import Host, InvalidValue, Reason, Servicer, TuanError
from tuan_api.v1 import wallet_pb2 as pb
from tuan_api.v1 import wallet_pb2_grpc as pb_grpc
from tuan_api.v1.money_pb2 import Money
from tuan_wallet.tables import Credit, of_recipient, sums_of

PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
ID_BYTES_MAX = 64
TOKEN_BYTES_MAX = 512
PAGE_PREFIX = "wc-"


def servicer_entry(servicer: WalletServicer) -> Servicer:
    return Servicer("tuan_api.v1.WalletService", pb_grpc.add_WalletServiceServicer_to_server, servicer)


class WalletServicer(pb_grpc.WalletServiceServicer):
    def __init__(self, host: Host) -> None:
        self._host = host

    async def GetWallet(self, request: pb.GetWalletRequest, context: Any) -> pb.GetWalletResponse:
        caller, buyer = self._host.caller(context), self._acting_buyer(request.buyer_id, context)
        found = await self._host.read(lambda unit: sums_of(unit.connection, caller, buyer))
        return pb.GetWalletResponse(balances=[_money(currency, minor) for currency, minor in found])

    async def ListWalletCredits(
        self, request: pb.ListWalletCreditsRequest, context: Any
    ) -> pb.ListWalletCreditsResponse:
        caller, buyer = self._host.caller(context), self._acting_buyer(request.buyer_id, context)
        size, before = _page_size(request.page_size), _read_token(request.page_token)
        found = await self._host.read(lambda unit: of_recipient(unit.connection, caller, buyer, before, size + 1))
        last = found[size - 1] if len(found) > size else None
        return pb.ListWalletCreditsResponse(
            credits=[_credit(each) for each in found[:size]],
            next_page_token=f"{PAGE_PREFIX}{last.grant_time_ms}.{last.reward_id}" if last else "",
        )

    def _acting_buyer(self, buyer: str, context: Any) -> str:
        _check_id("buyer_id", buyer)
        bound = self._host.buyer(context)
        if bound and buyer != bound:
            raise TuanError(Reason.NOT_THE_OWNER, "the credentials are those of another buyer", field="buyer_id")
        return buyer


def _credit(credit: Credit) -> pb.WalletCredit:
    time_ms = credit.grant_time_ms
    return pb.WalletCredit(
        credit_id=credit.reward_id,
        amount=_money(credit.currency, credit.amount_minor),
        left=_money(credit.currency, credit.left_minor),
        grant_time=Timestamp(seconds=time_ms // 1_000, nanos=time_ms % 1_000 * 1_000_000),
        funded_by=credit.funded_by,
    )


def _money(currency: str, minor: int) -> Money:
    return Money(currency_code=currency, amount_minor=minor)


def _read_token(token: str) -> tuple[int, str] | None:
    """`wc-`, then grant time and id of the last credit of the page before."""
    if not token:
        return None
    time_ms, _, reward_id = token.removeprefix(PAGE_PREFIX).partition(".")
    is_time = time_ms.isascii() and time_ms.isdigit() and len(time_ms) <= 15
    is_token = token.startswith(PAGE_PREFIX) and len(token.encode()) <= TOKEN_BYTES_MAX and token.isprintable()
    if not is_time or not is_token or not reward_id:
        message = "page_token: send what the page before answered, or nothing"
        raise TuanError(Reason.PAGE_TOKEN_INVALID, message, field="page_token")
    return int(time_ms), reward_id


def _page_size(wanted: int) -> int:
    if wanted < 0:
        raise InvalidValue("page_size", f"{wanted}; write 1 to {PAGE_SIZE_MAX}, or 0 for {PAGE_SIZE_DEFAULT}")
    return min(wanted or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)


def _check_id(field: str, value: str) -> None:
    if not value:
        raise InvalidValue(field, "is missing")
    if len(value.encode()) > ID_BYTES_MAX:
        raise InvalidValue(field, f"longer than {ID_BYTES_MAX} bytes")
    if not value.isprintable() or " " in value:
        raise InvalidValue(field, "has blanks or control characters; use letters, digits and punctuation")
