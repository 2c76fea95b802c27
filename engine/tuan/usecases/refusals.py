"""From an answer of the claims core to what the caller hears: a business answer, or an error with its reason."""

from __future__ import annotations

from tuan.domain.activity import REDEEMED_PREFIX, group_of_seats, stock_counter
from tuan.domain.claim import Answer, Code
from tuan.domain.errors import Reason, TuanError
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.order_commands import PlaceOrder, request_id_reused
from tuan.usecases.shard_away import shard_away

_STOCK_PREFIX = stock_counter("")


def answer_to_result(answer: Answer, shard: str, command: PlaceOrder) -> Refusal | TuanError:
    """For every code but GRANTED."""
    counter = answer.counter or ""
    sku = counter.removeprefix(_STOCK_PREFIX) if counter.startswith(_STOCK_PREFIX) else ""
    match answer.code:
        case Code.DOES_NOT_FIT | Code.UNKNOWN_COUNTER if sku:
            message = f"{sku} is sold out" if answer.available <= 0 else f"{answer.available} of {sku} are left"
            return Refusal(RefusalKind.SOLD_OUT, message, sku=sku, available=max(0, answer.available))
        case Code.OVER_LIMIT if counter.startswith(REDEEMED_PREFIX):
            kind = counter.removeprefix(REDEEMED_PREFIX).partition("/")[0]
            return Refusal(
                RefusalKind.NOT_REDEEMABLE,
                f"{kind}: used by another order meanwhile; {max(0, answer.available)} are left",
                available=max(0, answer.available),
                limit=kind,
            )
        case Code.DOES_NOT_FIT if group_of_seats(counter):
            return Refusal(RefusalKind.GROUP_FULL, "every seat of this group is taken", limit="group")
        case Code.CLOSED if group_of_seats(counter):
            return Refusal(RefusalKind.ENDED, "the time of this group is over")
        case Code.UNKNOWN_COUNTER if group := group_of_seats(counter):
            return TuanError(Reason.GROUP_NOT_FOUND, f"no group {group} in {shard}", group_id=group[:64])
        case Code.DOES_NOT_FIT | Code.OVER_LIMIT:
            subject = counter.partition("/")[0]
            return Refusal(
                RefusalKind.OVER_LIMIT,
                f"over the limit per {subject}; {max(0, answer.available)} more are possible",
                available=max(0, answer.available),
                limit=f"limit_per_{subject}",
            )
        case Code.NOT_OPEN_YET:
            return Refusal(RefusalKind.NOT_OPEN_YET, "the sale has not begun", sku=sku)
        case Code.CLOSED:
            return Refusal(RefusalKind.ENDED, "the sale is over", sku=sku)
        case Code.FINGERPRINT_MISMATCH:
            return request_id_reused(command.request_id)
        case Code.SHARD_MISSING | Code.STALE_EPOCH | Code.SHARD_CLOSED:
            return shard_away(shard)
        case _:
            return TuanError(
                Reason.ORDER_STATE_CONFLICT,
                f"request_id {command.request_id} belongs to an order that has ended ({answer.code.name})",
                request_id=command.request_id,
            )
