"""Checks of stock, reservations and orders against one another, and of what the drain could not write."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, String, case, cast, func, literal, or_, select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.repositories.claims import claims_of, is_given_back
from tuan.adapters.sql_record.tables import (
    alarms,
    applied_keys,
    counters,
    orders,
    poison_intents,
    reservations,
    stock_changes,
    stock_transfers,
)
from tuan.domain.activity import stock_counter
from tuan.domain.claim import CounterState, ReservationState
from tuan.domain.order import OrderState
from tuan.ports import Mismatch

_PENDING = ReservationState.PENDING.value
_CONFIRMED = ReservationState.CONFIRMED.value
_ENDED_UNPAID = (OrderState.EXPIRED.value, OrderState.CANCELLED.value)
_PAID = tuple(
    state.value for state in (OrderState.PAID, OrderState.READY_TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)
)
#: Keys of stock changes that are shipments: units that left a warehouse because they were sold.
SHIPMENT_KEYS = "ship:"


class ClaimChecks(Repository):
    def counters(self, shard: str) -> dict[str, CounterState]:
        query = select(counters.c.name, counters.c.capacity, counters.c.used, counters.c.taken)
        rows = self._connection.execute(query.where(counters.c.shard == shard))
        return {name: CounterState(capacity, used, taken) for name, capacity, used, taken in rows}

    def stock(self) -> list[Mismatch]:
        """A transfer's units are on their way between its two restocks, whose keys are its id with `:out` and `:in`."""
        put = self._sums(
            select(stock_changes.c.sku, func.sum(stock_changes.c.delta)).where(
                ~stock_changes.c.key.startswith(SHIPMENT_KEYS)
            ),
            stock_changes.c.sku,
        )
        prefix = stock_counter("")
        name = func.substr(counters.c.name, len(prefix) + 1)
        for_sale = self._sums(
            select(name, func.sum(counters.c.capacity)).where(counters.c.name.startswith(prefix, autoescape=True)), name
        )
        moved = self._sums(
            select(stock_transfers.c.sku, func.sum(applied_keys.c.applied)).join(applied_keys, _is_step()),
            stock_transfers.c.sku,
        )
        there = {sku: for_sale.get(sku, 0) - moved.get(sku, 0) for sku in put.keys() | for_sale.keys()}
        return Mismatch.between(put, there)

    def held_without_order(self, now_ms: int) -> list[Mismatch]:
        orderless = (
            _holding()
            .outerjoin(orders, self._of_order())
            .where(
                reservations.c.order_key.is_not(None),
                orders.c.order_id.is_(None),
                or_(
                    reservations.c.state == _CONFIRMED,
                    reservations.c.commits_order,
                    (reservations.c.due_ms > 0) & (reservations.c.due_ms <= now_ms),
                ),
            )
        )
        return self._held(orderless)

    def held_by_ended_orders(self) -> list[Mismatch]:
        return self._held(_holding().join(orders, self._of_order()).where(orders.c.state.in_(_ENDED_UNPAID)))

    def overdue(self, now_ms: int) -> list[Mismatch]:
        query = _holding().where(
            reservations.c.state == _PENDING, reservations.c.due_ms > 0, reservations.c.due_ms <= now_ms
        )
        return self._held(query)

    def orders_without_hold(self) -> list[Mismatch]:
        # Grouped, though no two rows are alike, so that SQLite makes a table of it and gives it an index; it makes none for
        # a table without rowid, and 20,000 orders against 20,000 reservations took minutes.
        held = (
            select(reservations.c.shard, reservations.c.order_key, reservations.c.state)
            .where(reservations.c.state.in_((_PENDING, _CONFIRMED)), reservations.c.order_key.is_not(None))
            .group_by(reservations.c.shard, reservations.c.order_key, reservations.c.state)
            .subquery()
        )
        fits = case((orders.c.state == OrderState.PENDING_PAYMENT.value, _PENDING), else_=_CONFIRMED)
        found = (
            select(orders.c.order_id, orders.c.shards, func.count(held.c.shard.distinct()).label("found"))
            .outerjoin(held, self._of_order(held) & (held.c.state == fits))
            .where(orders.c.state.in_((OrderState.PENDING_PAYMENT.value, *_PAID)))
            .group_by(orders.c.order_id, orders.c.shards)
            .subquery()
        )
        # One shard is the rule: those orders are judged by SQL, the others' lists of shards are counted here.
        several = cast(found.c.shards, String).contains('","')
        rows = self._connection.execute(select(found).where(or_(found.c.found == 0, several)))
        return [Mismatch(row.order_id, len(row.shards), row.found) for row in rows if len(row.shards) != row.found]

    def held_twice(self) -> list[Mismatch]:
        held = reservations.c.state.in_((_PENDING, _CONFIRMED))
        pairs = (
            select(reservations.c.shard, reservations.c.order_key)
            .where(held, reservations.c.order_key.is_not(None))
            .group_by(reservations.c.shard, reservations.c.order_key)
            .having(func.count() > 1)
            .subquery()
        )
        query = _holding().join(
            pairs, (pairs.c.shard == reservations.c.shard) & (pairs.c.order_key == reservations.c.order_key)
        )
        counts: dict[str, int] = {}
        for row in self._connection.execute(query):
            if _is_held(row):
                subject = f"{row.shard} {row.order_key}"
                counts[subject] = counts.get(subject, 0) + 1
        return [Mismatch(subject, 1, count) for subject, count in sorted(counts.items()) if count > 1]

    def poison(self) -> list[Mismatch]:
        query = select(poison_intents.c.shard, poison_intents.c.sequence).order_by(*poison_intents.primary_key)
        return [Mismatch(f"{shard} {sequence}", 0, 1) for shard, sequence in self._connection.execute(query)]

    def confirmed(self, prefix: str) -> dict[str, int]:
        query = select(reservations).where(
            reservations.c.state == _CONFIRMED,
            cast(reservations.c.claims, String).contains(f'"{prefix}', autoescape=True),
        )
        found: dict[str, int] = {}
        for row in self._connection.execute(query):
            for claim in claims_of(row.claims):
                if claim.counter.startswith(prefix):
                    found[claim.counter] = found.get(claim.counter, 0) + claim.quantity
            for counter, quantity in dict(row.returned).items():
                if counter.startswith(prefix):
                    found[counter] -= quantity
        return found

    def alarms(self) -> list[Mismatch]:
        query = select(alarms.c.kind, alarms.c.subject).where(alarms.c.open).order_by(alarms.c.alarm_id)
        return [Mismatch(f"{kind} {subject}", 0, 1) for kind, subject in self._connection.execute(query)]

    def _sums(self, query: Select[Any], by: ColumnElement[Any]) -> dict[str, int]:
        return {sku: int(quantity) for sku, quantity in self._connection.execute(query.group_by(by))}

    def _held(self, query: Select[Any]) -> list[Mismatch]:
        rows = self._connection.execute(query.order_by(reservations.c.shard, reservations.c.sequence))
        return [Mismatch(f"{row.shard} {row.key}", 0, 1) for row in rows if _is_held(row)]

    def _of_order(self, held: FromClause = reservations) -> ColumnElement[bool]:
        """The reservation is one of the order's, on one of the shards that the order names."""
        find = func.strpos if self._connection.dialect.name == "postgresql" else func.instr
        quoted = literal('"') + held.c.shard + literal('"')
        among = find(cast(orders.c.shards, String), quoted) > 0
        return (held.c.order_key == orders.c.reservation_key) & among


def _holding() -> Select[Any]:
    """Reservations that hold something, unless all of it was given back (`_is_held` looks)."""
    columns = reservations.c
    query = select(columns.shard, columns.key, columns.order_key, columns.state, columns.claims, columns.returned)
    return query.where(columns.state.in_((_PENDING, _CONFIRMED)))


def _is_held(row: Row[Any]) -> bool:
    return row.state == _PENDING or not is_given_back(row.claims, row.returned)


def _is_step() -> ColumnElement[bool]:
    """An applied restock is the first or the second step of a transfer."""
    steps = stock_transfers.c
    out = (applied_keys.c.shard == steps.from_shard) & (applied_keys.c.key == steps.transfer_id + literal(":out"))
    into = (applied_keys.c.shard == steps.to_shard) & (applied_keys.c.key == steps.transfer_id + literal(":in"))
    return or_(out, into)
