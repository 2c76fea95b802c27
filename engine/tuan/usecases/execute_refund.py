"""Carry out a recorded refund: goods back to stock if they never left, money back by the original route, then the books.

Runs as a job of its own per refund, repeated with back-off, so that one that fails holds up no other.
"""

from __future__ import annotations

from collections import defaultdict

from tuan.domain.activity import REDEEMED_PREFIX, ActivityState, stock_counter
from tuan.domain.claim import Code, GiveBackRequest, ReservationState
from tuan.domain.errors import Reason, TuanError
from tuan.domain.ledger import refund_of_goods, unmatched_money_returned
from tuan.domain.order import LineKind, Order, OrderState
from tuan.domain.payment import Refund, RefundCause, RefundState
from tuan.plugin import RefundAnswer, RefundOutcome
from tuan.ports import Clock, Inventory, Job, OrderReservation, Record, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.create_payment import gateway_of
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.job_runner import AskAgain, GiveUp
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper

REFUND = "refund"


def _is_answer(answer: object) -> bool:
    return isinstance(answer, RefundAnswer)


class RefundExecutor:
    """Handler of the job `refund`."""

    def __init__(
        self,
        inventory: Inventory,
        record: Record,
        registry: Registry,
        supervisor: Supervisor,
        keeper: SnapshotKeeper,
        watch: DrainWatch,
        clock: Clock,
    ) -> None:
        self._inventory = inventory
        self._record = record
        self._registry = registry
        self._supervisor = supervisor
        self._keeper = keeper
        self._watch = watch
        self._clock = clock

    async def handle(self, job: Job) -> None:
        refund_id = str(job.payload["refund_id"])
        refund = await self._record.read(lambda unit: unit.refunds.get(refund_id))
        if refund is None:
            raise GiveUp(f"no refund {refund_id}")
        if refund.state is RefundState.SUCCEEDED:
            return
        if job.payload.get("restock") and not refund.restocked:
            await self._restock(refund)
        if refund.amount_minor:
            await self._send_money(refund, job)
        await self._record.write(lambda unit: self._book(unit, refund, job.attempts + 1))

    async def _restock(self, refund: Refund) -> None:
        order, reservations, refunds = await self._record.read(
            lambda unit: (
                unit.orders.get(refund.order_id),
                unit.orders.reservations(refund.order_id),
                unit.refunds.of_order(refund.order_id),
            )
        )
        if order is None:
            raise GiveUp(f"refund {refund.refund_id} names order {refund.order_id}, which is not there")
        for reservation, quantities in _shares(order, _up_to(refund, refunds), reservations):
            request = GiveBackRequest(refund.refund_id, reservation.key, quantities)
            epoch = self._keeper.epoch(reservation.shard)
            [answer] = await self._inventory.give_back(reservation.shard, epoch, [request])
            refuse_if_away(answer, reservation.shard, self._watch)
            if answer.code is Code.TOO_MUCH:  # its promotion gave back a limit meanwhile; SQL will know
                raise AskAgain(f"{reservation.shard}: {quantities} were given back in part")
            if answer.code is not Code.GRANTED:
                raise GiveUp(f"{reservation.shard} refused to take back {quantities}: {answer.code.name}")
            await self._watch.wait(reservation.shard, answer.sequence)
        shards = {reservation.shard for reservation in reservations}
        await self._record.write(lambda unit: _restocked(unit, refund, shards))

    async def _send_money(self, refund: Refund, job: Job) -> None:
        gateway = gateway_of(self._registry, refund.gateway)
        answer = await self._supervisor.call(gateway, gateway.refund, refund, accept=_is_answer)
        match answer.outcome:
            case RefundOutcome.SUCCEEDED:
                return
            case RefundOutcome.PENDING:
                raise AskAgain(f"{refund.gateway}: pending {answer.message}")
            case RefundOutcome.REFUSED:
                attempts = job.attempts + 1
                await self._record.write(
                    lambda unit: unit.refunds.set_state(refund.refund_id, RefundState.FAILED, attempts, answer.message)
                )
                raise GiveUp(f"{refund.gateway} refused: {answer.message}")

    def _book(self, unit: Unit, refund: Refund, attempts: int) -> None:
        """State, ledger and order in one transaction; a repeat finds the refund succeeded and changes nothing."""
        now_ms = self._clock.now_ms()
        current = unit.refunds.get(refund.refund_id)
        if current is None or current.state is RefundState.SUCCEEDED:
            return
        unit.refunds.set_state(refund.refund_id, RefundState.SUCCEEDED, attempts)
        data = {"refund_id": refund.refund_id, "cause": refund.cause.value, "amount_minor": refund.amount_minor}
        unit.outbox.add("refund.succeeded", refund.order_id, "", now_ms, data)
        if not refund.units and refund.cause is not RefundCause.TIER_REBATE:
            reference = refund.refund_id
            unit.ledger.post(
                [
                    unmatched_money_returned(
                        reference, refund.order_id, refund.gateway, refund.currency, now_ms, refund.amount_minor
                    )
                ]
            )
            return
        order = unit.orders.lock(refund.order_id)
        if order is None:
            raise TuanError(Reason.ORDER_NOT_FOUND, f"no order {refund.order_id}")
        placed = order.placed
        unit.ledger.post(
            [
                refund_of_goods(
                    refund.refund_id,
                    placed.order_id,
                    placed.caller,
                    refund.gateway,
                    refund.currency,
                    now_ms,
                    refund.amount_minor,
                )
            ]
        )
        unit.orders.add_refunded(placed.order_id, refund.amount_minor)
        others = [other for other in unit.refunds.of_order(placed.order_id) if other.units]
        settled = all(other.state is RefundState.SUCCEEDED for other in others)
        if order.state is OrderState.REFUNDING and settled:
            unit.orders.move(placed.order_id, OrderState.REFUNDED, now_ms)
            unit.outbox.add("order.refunded", placed.order_id, "", now_ms, {"order_id": placed.order_id})


def _restocked(unit: Unit, refund: Refund, shards: set[str]) -> None:
    """Units that came back to an activity which is over have to flow on to ordinary sale."""
    unit.refunds.set_restocked(refund.refund_id)
    for shard in shards:
        activity = unit.activities.get(shard)
        if activity is not None and activity.state is ActivityState.CLOSED:
            unit.activities.set_state(shard, ActivityState.CLOSING)


def _up_to(refund: Refund, refunds: list[Refund]) -> list[Refund]:
    """The order's refunds of units as they were recorded, this one last: what has come back when it is through."""
    number = [other.refund_id for other in refunds].index(refund.refund_id)
    return [other for other in refunds[: number + 1] if other.units]


def _shares(
    order: Order, refunds: list[Refund], reservations: list[OrderReservation]
) -> list[tuple[OrderReservation, tuple[tuple[str, int], ...]]]:
    """What each of the order's confirmed reservations gets back: the units of its own stock counters in the last of `refunds`.

    With the refund that brings back the last of a reservation's stock, its other claims (limits, budgets) come back too: a
    buyer who returned all may buy again, at once or bit by bit. What was redeemed is restored by the promotion, see `Charge`.
    """
    shares = []
    for reservation in reservations:
        if reservation.state is not ReservationState.CONFIRMED or reservation.given_back:
            continue
        wanted = _units_of(order, refunds[-1:], reservation.shard)
        if wanted:
            everything = _units_of(order, refunds, reservation.shard)
            shares.append((reservation, (*wanted.items(), *_limits_if_whole(reservation, everything))))
    return shares


def _units_of(order: Order, refunds: list[Refund], shard: str) -> dict[str, int]:
    """Refunded units by stock counter of a shard."""
    units: dict[str, int] = defaultdict(int)
    for refund in refunds:
        for part in refund.units:
            line = order.placed.lines[part.line_index]
            if line.activity_id == shard and line.kind is not LineKind.SHIPPING:
                units[stock_counter(line.sku)] += part.count
    return units


def _limits_if_whole(reservation: OrderReservation, returned: dict[str, int]) -> list[tuple[str, int]]:
    claimed: dict[str, int] = defaultdict(int)
    for claim in reservation.claims:
        claimed[claim.counter] += claim.quantity
    stock = {counter: count for counter, count in claimed.items() if counter.startswith(stock_counter(""))}
    if stock != returned:
        return []
    left = reservation.left().items()
    return [item for item in left if item[0] not in stock and not item[0].startswith(REDEEMED_PREFIX)]
