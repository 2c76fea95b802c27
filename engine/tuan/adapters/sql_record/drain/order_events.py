"""The orders' part of a batch: placed, paid, reinstated, ended, voided; each with its event."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Raw

from tuan.adapters.sql_record.drain.bodies import (
    PlacedBody,
    decode_event_lines,
    decode_lines,
    kept_of,
    redeemed_by,
)
from tuan.adapters.sql_record.drain.drafts import OrderDraft
from tuan.adapters.sql_record.drain.plan import OrderEvent, Plan
from tuan.codec import encode
from tuan.domain import ledger
from tuan.domain.claim import Intent
from tuan.domain.order import LineKind, OrderState, sources_of
from tuan.domain.payment import PaymentApplied

#: The job by which the engine gives back the claims of an order that lost a race for its request id: it releases the
#: reservation `key` on each of `shards`.
RELEASE_VOIDED = "release_voided"
_PAYABLE = sources_of(OrderState.PAID)
#: Of how many different lines it is known what events tell of them: those of a flash sale's orders are few.
LINES_KNOWN = 256


def event_of(placed: PlacedBody) -> OrderEvent:
    lines, activity_ids = _told_of(bytes(placed.lines))
    return OrderEvent(
        placed.order_id, placed.buyer, placed.caller, activity_ids, placed.total_minor, placed.currency, lines
    )


@lru_cache(LINES_KNOWN)
def _told_of(encoded: bytes) -> tuple[Raw, Raw]:
    """Lines without shipping, and their activities, encoded."""
    lines = [line for line in decode_event_lines(encoded) if line.kind is not LineKind.SHIPPING]
    return Raw(encode(lines)), Raw(encode(list({line.activity_id: 0 for line in lines})))


def place(plan: Plan, intent: Intent, placed: PlacedBody) -> None:
    plan.placed[placed.order_id] = OrderDraft(
        placed, intent.fingerprint, intent.key, OrderState.PENDING_PAYMENT, 1, 0, intent.due_ms, intent.time_ms
    )
    plan.order_event("order.placed", intent.time_ms, event_of(placed))


def void(plan: Plan, intent: Intent, placed: PlacedBody) -> None:
    """The same request was placed through another shard at the same time, and that order was here first."""
    plan.alarm(
        "voided", placed.order_id, f"request {placed.request_id} has another order", intent.time_ms, is_open=False
    )
    event = event_of(placed)
    event.request_id = placed.request_id
    plan.order_event("order.voided", intent.time_ms, event)
    payload = {"order_id": placed.order_id, "shards": list(placed.shards), "key": intent.key}
    plan.jobs.append((RELEASE_VOIDED, placed.order_id, intent.time_ms, payload))


def pay(plan: Plan, draft: OrderDraft, applied: PaymentApplied, confirm_time_ms: int, reinstated: bool) -> None:
    """`confirm_time_ms`: by the claims store's clock."""
    placed, time_ms = draft.placed, applied.time_ms
    order_id = placed.order_id
    if draft.state not in _PAYABLE:
        plan.alarm("order_state", order_id, f"paid by {applied.payment_id} while {draft.state.value}", time_ms)
        return
    draft.move(OrderState.PAID, time_ms)
    draft.paid_minor = applied.amount_minor
    draft.payment_id = applied.payment_id
    lines = decode_lines(placed.lines)
    plan.ledger.append(ledger.sale(order_id, order_id, placed.caller, applied.gateway, placed.currency, time_ms, lines))
    event = event_of(placed)
    event.payment_id, event.paid_minor = applied.payment_id, applied.amount_minor
    if reinstated:
        plan.order_event("order.reinstated", time_ms, event)
    plan.order_event("order.paid", time_ms, event)
    if redeemed := redeemed_by(placed):
        data = {"order_id": order_id, "buyer": placed.buyer, "caller": placed.caller, "currency": placed.currency}
        plan.event("order.redeemed", order_id, time_ms, {**data, "redeemed": redeemed})
    for code, kept in kept_of(placed).items():
        data = {"order_id": order_id, "buyer": placed.buyer, "caller": placed.caller, "currency": placed.currency}
        plan.event(f"{code}.order_paid", order_id, confirm_time_ms, {**data, "kept": kept})
    if placed.ready_when_paid:
        draft.move(OrderState.READY_TO_SHIP, time_ms)
        plan.order_event("order.ready_to_ship", time_ms, event)


def end(plan: Plan, draft: OrderDraft, target: OrderState, intent: Intent, reason: str) -> None:
    """Cancelled or expired, if it still waited for its money."""
    if draft.state is OrderState.PENDING_PAYMENT:
        draft.move(target, intent.time_ms)
        event = event_of(draft.placed)
        event.reason = reason
        plan.order_event(f"order.{target.value}", intent.time_ms, event)
