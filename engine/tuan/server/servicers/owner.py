"""Credentials of one buyer see and touch what is that buyer's: a token's `sub` goes beyond the caller that it belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order
from tuan.ports import Unit
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.usecases.order_commands import PlaceOrder


def acting_buyer(field: str, buyer_id: str) -> str:
    """The buyer of a request: the credentials' own where they name one, and nobody else."""
    bound = current_call.get().buyer
    if bound and buyer_id not in ("", bound):
        raise TuanError(Reason.NOT_THE_OWNER, "the credentials are those of another buyer", field=field)
    return buyer_id or bound


def check_facts_are_allowed(command: PlaceOrder) -> None:
    """Facts about a buyer, and what shipping costs, are the application's to say: raises NOT_THE_OWNER for a buyer's own token."""
    if current_call.get().buyer and (
        command.facts or command.shipping_minor or any(line.facts for line in command.lines)
    ):
        field = "shipping" if command.shipping_minor else "facts"
        raise TuanError(Reason.NOT_THE_OWNER, f"{field}: a buyer's credentials cannot say this", field=field)


def check_seen(order: Order) -> Order:
    """Raises ORDER_NOT_FOUND for another buyer's order: its existence is nobody else's business."""
    bound = current_call.get().buyer
    if bound and order.placed.buyer != bound:
        order_id = order.placed.order_id
        raise TuanError(Reason.ORDER_NOT_FOUND, f"no order {order_id}", order_id=order_id)
    return order


async def check_orders(bench: Bench, order_ids: Sequence[str]) -> None:
    """The same for requests that name orders by id; costs a read, and only for credentials of one buyer."""
    if not current_call.get().buyer:
        return

    def read(unit: Unit) -> list[Order]:
        return unit.orders.many(order_ids)

    for order in await bench.engine.watch.read(read):
        check_seen(order)
