"""What each verb means in SQL: intents, in their order, into a `Plan`. No I/O; the same batch always makes the same plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tuan.adapters.sql_record.drain import order_events
from tuan.adapters.sql_record.drain.bodies import Body, PlacedBody, TakenForGood, release_reason
from tuan.adapters.sql_record.drain.context import Context
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.adapters.sql_record.drain.errors import BadIntent
from tuan.adapters.sql_record.drain.plan import Plan
from tuan.domain.claim import Intent, ReservationState, Verb
from tuan.domain.order import OrderState
from tuan.domain.payment import PaymentApplied

_PENDING = ReservationState.PENDING.value
_CONFIRMED = ReservationState.CONFIRMED.value


def make_plan(
    shard: str, intents: Sequence[Intent], bodies: Sequence[Body], context: Context, voided: Collection[str] = ()
) -> Plan:
    """`voided`: ids of orders whose request another order had taken. Raises BadIntent."""
    planner = _Planner(shard, context, voided)
    for intent, body in zip(intents, bodies, strict=True):
        planner.apply(intent, body)
    return planner.plan


class _Planner:
    def __init__(self, shard: str, context: Context, voided: Collection[str]) -> None:
        self.plan = Plan(shard)
        self._context = context
        self._voided = voided
        self._verbs = {
            Verb.RESERVE: self._reserve,
            Verb.CONFIRM: self._confirm,
            Verb.RELEASE: self._release,
            Verb.EXPIRE: self._expire,
            Verb.GIVE_BACK: self._give_back,
            Verb.RESTOCK: self._restock,
            Verb.DEFINE: self._define,
        }

    def apply(self, intent: Intent, body: Body) -> None:
        self._verbs[intent.verb](intent, body)
        if intent.filled:
            for counter in intent.filled:
                data = {"shard": self.plan.shard, "counter": counter}
                self.plan.event("counter.filled", counter, intent.time_ms, data)

    def _define(self, intent: Intent, body: Body) -> None:
        shard = self.plan.shard
        for spec in intent.specs:
            times = (spec.open_time_ms, spec.close_time_ms, spec.confirm_deadline_ms)
            self.plan.new_counters.append((shard, spec.name, spec.capacity, 0, 0, *times))
        self._key_applied(intent.key, intent, len(intent.specs))

    def _restock(self, intent: Intent, body: Body) -> None:
        ((counter, delta, *_),) = intent.claims
        self.plan.count(counter, delta, 0, 0)
        self._key_applied(intent.key, intent, delta)

    def _reserve(self, intent: Intent, body: Body) -> None:
        plan, confirmed = self.plan, intent.confirmed
        state = _CONFIRMED if confirmed else _PENDING
        for counter, quantity, limit, _, _ in intent.claims:
            if limit < 0:
                plan.count(counter, 0, quantity, quantity if confirmed else 0)
        if type(body) is PlacedBody:
            plan.reserved[intent.key] = (intent, self._place(intent, body, state))
            return
        order_id = body.order_id if isinstance(body, PaymentApplied) else None
        draft = ReservationDraft(intent.key, order_id, False, state, {}, None, intent.sequence)
        plan.reserved[intent.key] = (intent, draft)
        if isinstance(body, TakenForGood):
            plan.event(body.event_kind, body.subject, intent.time_ms, body.data)
        elif isinstance(body, PaymentApplied):
            self._reinstate(intent, draft, body)

    def _place(self, intent: Intent, placed: PlacedBody, state: str) -> ReservationDraft:
        key, order_id, shards = intent.key, placed.order_id, placed.shards
        commits = shards[-1] == self.plan.shard
        if commits:
            act = order_events.void if order_id in self._voided else order_events.place
            act(self.plan, intent, placed)
        alone = len(shards) == 1 and intent.label == order_id
        return ReservationDraft(key, order_id, commits, state, {}, key, intent.sequence, alone)

    def _reinstate(self, intent: Intent, draft: ReservationDraft, applied: PaymentApplied) -> None:
        order = self._order(applied.order_id)
        if order is None:
            # The engine reinstates what it has read from SQL, so the order cannot be late; if it were, the next try finds it.
            raise BadIntent(f"{intent.key} reinstates order {applied.order_id}, which is not there")
        draft.order_key = order.reservation_key
        draft.commits_order = order.placed.shards[-1] == self.plan.shard
        if draft.commits_order:
            order_events.pay(self.plan, order, applied, intent.time_ms, reinstated=True)

    def _confirm(self, intent: Intent, body: Body) -> None:
        draft = self._end(intent, ReservationState.CONFIRMED)
        for counter, quantity, limit, _, _ in intent.claims:
            if limit < 0:
                self.plan.count(counter, 0, 0, quantity)
        if draft.commits_order and isinstance(body, PaymentApplied):
            self._pay(intent, body)

    def _release(self, intent: Intent, body: Body) -> None:
        self._end_unpaid(intent, ReservationState.RELEASED, OrderState.CANCELLED, release_reason(intent))

    def _expire(self, intent: Intent, body: Body) -> None:
        self._end_unpaid(intent, ReservationState.EXPIRED, OrderState.EXPIRED, "payment time ran out")

    def _end_unpaid(self, intent: Intent, state: ReservationState, target: OrderState, reason: str) -> None:
        draft = self._end(intent, state)
        for counter, quantity, limit, _, kept in intent.claims:
            if limit < 0:
                self.plan.count(counter, 0, 0 if kept else -quantity, quantity if kept else 0)
        order = self._order(draft.order_id) if draft.commits_order and draft.order_id else None
        if order is not None:
            order_events.end(self.plan, order, target, intent, reason)

    def _give_back(self, intent: Intent, body: Body) -> None:
        draft = self._reservation(intent.key)
        if draft.state != _CONFIRMED:
            raise BadIntent(f"{intent.key} is {draft.state}; only a confirmed reservation gives back")
        for counter, quantity, limit, _, _ in intent.claims:
            draft.returned[counter] = draft.returned.get(counter, 0) + quantity
            if limit < 0:
                self.plan.count(counter, 0, -quantity, -quantity)
        self._key_applied(intent.give_back_key, intent, sum(claim[1] for claim in intent.claims))

    def _pay(self, intent: Intent, applied: PaymentApplied) -> None:
        order = self._order(applied.order_id)
        if order is None:
            message = f"payment {applied.payment_id} confirmed {intent.key}, but there is no such order"
            self.plan.alarm("order_missing", applied.order_id, message, intent.time_ms)
        else:
            order_events.pay(self.plan, order, applied, intent.time_ms, reinstated=False)

    def _end(self, intent: Intent, state: ReservationState) -> ReservationDraft:
        draft = self._reservation(intent.key)
        if draft.state != _PENDING:
            raise BadIntent(f"{intent.key} is {draft.state}; it cannot become {state.value}")
        draft.state = state.value
        return draft

    def _key_applied(self, key: str, intent: Intent, applied: int) -> None:
        self.plan.applied_keys.append((self.plan.shard, key, intent.verb.value, applied, intent.time_ms))

    def _reservation(self, key: str) -> ReservationDraft:
        """As this batch has it so far."""
        if key in self.plan.reserved:
            return self.plan.reserved[key][1]
        draft = self.plan.ended.get(key)
        if draft is None:
            known = self._context.reservations.get(key)
            if known is None:
                raise BadIntent(f"no reservation {key} on {self.plan.shard}")
            draft = self.plan.ended[key] = known
        return draft

    def _order(self, order_id: str) -> OrderDraft | None:
        draft = self.plan.placed.get(order_id) or self.plan.moved.get(order_id)
        if draft is None and order_id in self._context.orders:
            draft = self.plan.moved[order_id] = self._context.orders[order_id]
        return draft
