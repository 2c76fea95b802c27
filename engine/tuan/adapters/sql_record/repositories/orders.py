"""The `Orders` port. New orders come from the drain; here they are read, moved along their life cycle and refunded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Row, RowMapping, Select, and_, bindparam, or_, select, tuple_, update

from tuan.adapters.sql_record.repositories.base import Repository, in_chunks
from tuan.adapters.sql_record.repositories.claims import claims_of, is_given_back
from tuan.adapters.sql_record.tables import orders, reservations
from tuan.adapters.sql_record.tables.shards import NOT_ALONE
from tuan.domain.claim import ReservationState
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.order import Order, OrderPlaced, OrderState, check_edge, sources_of
from tuan.ports import OrderReservation, OrderSummary

#: What a use case may change together with the state.
MOVABLE = frozenset({"due_ms", "paid_minor", "payment_id", "ship_reference"})
_PLACED = tuple(OrderPlaced.__struct_fields__)
_BY_REQUEST = select(orders).where(
    orders.c.caller == bindparam("first"), orders.c.request_id.in_(bindparam("keys", expanding=True))
)
_SUMMARIES = select(*(orders.c[each.name] for each in fields(OrderSummary))).where(
    orders.c.order_id.in_(bindparam("keys", expanding=True))
)


class SqlOrders(Repository):
    def get(self, order_id: str) -> Order | None:
        row = self._connection.execute(select(orders).where(orders.c.order_id == order_id)).mappings().one_or_none()
        return None if row is None else order_of(row)

    def lock(self, order_id: str) -> Order | None:
        query = select(orders).where(orders.c.order_id == order_id).with_for_update()
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else order_of(row)

    def reservations(self, order_id: str) -> list[OrderReservation]:
        """On the order's own shards: the first reservation, and those that reinstated it, whose keys go on with a dot.

        By key too, because one of them may name another order: two calls with one request id that met on different shards. An
        order that was voided for that reason is in no table; its reservations are found by the id that they name.
        """
        found = self._connection.execute(
            select(orders.c.reservation_key, orders.c.shards).where(orders.c.order_id == order_id)
        ).one_or_none()
        query = select(reservations).order_by(reservations.c.shard, reservations.c.key)
        shards: Sequence[str] | None = None
        if found is None:
            query = query.where(reservations.c.order_id == order_id)
        else:
            first_key, shards = found
            by_key = and_(
                reservations.c.shard.in_(shards),
                NOT_ALONE,
                reservations.c.key >= first_key,
                reservations.c.key < f"{first_key}/",  # "/" follows "."
            )
            mine = or_(reservations.c.order_id == order_id, by_key)
            query = query.where(mine, reservations.c.order_key == first_key)
        # The shards are compared here: asked for them too, SQLite would read them whole.
        rows = self._connection.execute(query)
        return [_reservation(row) for row in rows if shards is None or row.shard in shards]

    def many(self, order_ids: Sequence[str]) -> list[Order]:
        """Those that exist, in order of id."""
        found: list[Order] = []
        for chunk in in_chunks(sorted(set(order_ids))):
            query = select(orders).where(orders.c.order_id.in_(chunk)).order_by(orders.c.order_id)
            found += [order_of(row) for row in self._connection.execute(query).mappings()]
        return found

    def summaries(self, order_ids: Sequence[str]) -> dict[str, OrderSummary]:
        rows = self._rows_of(_SUMMARIES, order_ids)
        return {row.order_id: OrderSummary(**{**row._mapping, "state": OrderState(row.state)}) for row in rows}

    def by_requests(self, keys: Sequence[tuple[str, str]]) -> list[tuple[Order, str]]:
        rows = self._rows_of_pairs(_BY_REQUEST, keys)
        return [(order_of(row._mapping), row.fingerprint) for row in rows]

    def list(self, caller: str, buyer: str, states: Sequence[OrderState], after: str, count_max: int) -> list[Order]:
        query = select(orders).order_by(orders.c.order_id.desc()).limit(count_max)
        if caller:
            query = query.where(orders.c.caller == caller)
        if buyer:
            query = query.where(orders.c.buyer == buyer)
        if states:
            query = query.where(orders.c.state.in_([state.value for state in states]))
        if after:
            query = query.where(orders.c.order_id < after)
        return [order_of(row) for row in self._connection.execute(query).mappings()]

    def placed_between(
        self,
        currency: str,
        start_time_ms: int,
        end_time_ms: int,
        states: Sequence[OrderState],
        after: tuple[int, str] | None,
        count_max: int,
    ) -> Sequence[Order]:
        query = orders_between(currency, start_time_ms, end_time_ms, states, after, count_max)
        return [order_of(row) for row in self._connection.execute(query).mappings()]

    def move(self, order_id: str, target: OrderState, time_ms: int, **columns: Any) -> Order:
        if unknown := set(columns) - MOVABLE:
            raise InvalidValue("columns", f"{sorted(unknown)} cannot be moved; only {sorted(MOVABLE)} can")
        moved = self._connection.execute(
            update(orders)
            .where(orders.c.order_id == order_id, orders.c.state.in_([source.value for source in sources_of(target)]))
            .values(state=target.value, version=orders.c.version + 1, update_time_ms=time_ms, **columns)
            .returning(*orders.c)
        )
        row = moved.mappings().one_or_none()
        if row is not None:
            return order_of(row)
        order = self._existing(order_id)
        check_edge(order_id, order.state, target)
        # Only when another transaction moved the order between the two statements, which READ COMMITTED would allow.
        raise TuanError(Reason.ORDER_STATE_CONFLICT, f"order {order_id} is being changed", order_id=order_id)

    def add_refunded(self, order_id: str, amount_minor: int) -> None:
        """Raises UNITS_NOT_REFUNDABLE when more would go back than came in."""
        added = self._connection.execute(
            update(orders)
            .where(
                orders.c.order_id == order_id,
                orders.c.refunded_minor + amount_minor <= orders.c.paid_minor,
                orders.c.refunded_minor + amount_minor >= 0,
            )
            .values(refunded_minor=orders.c.refunded_minor + amount_minor)
        )
        if added.rowcount == 1:
            return
        order = self._existing(order_id)
        raise TuanError(
            Reason.UNITS_NOT_REFUNDABLE,
            f"order {order_id} was paid {order.paid_minor} and refunded {order.refunded_minor}; {amount_minor} is too much",
            order_id=order_id,
        )

    def _existing(self, order_id: str) -> Order:
        order = self.get(order_id)
        if order is None:
            raise TuanError(Reason.ORDER_NOT_FOUND, f"order {order_id} is not known", order_id=order_id)
        return order


def orders_between(
    currency: str,
    start_time_ms: int,
    end_time_ms: int,
    states: Sequence[OrderState],
    after: tuple[int, str] | None,
    count_max: int,
) -> Select[Any]:
    """Along `ix_orders_place_time_ms`, from the last one of the page before: a late page costs what the first one does."""
    table = orders.c
    query = select(orders).where(
        table.currency == currency,
        table.place_time_ms >= (start_time_ms if after is None else max(start_time_ms, after[0])),
        table.place_time_ms < end_time_ms,
    )
    if after is not None:
        query = query.where(tuple_(table.place_time_ms, table.order_id) > tuple_(*after))
    if states:
        query = query.where(table.state.in_([state.value for state in states]))
    return query.order_by(table.place_time_ms, table.order_id).limit(count_max)


def order_of(row: RowMapping) -> Order:
    return Order(
        placed=OrderPlaced(**{name: row[name] for name in _PLACED}),
        state=OrderState(row["state"]),
        version=row["version"],
        due_ms=row["due_ms"],
        paid_minor=row["paid_minor"],
        refunded_minor=row["refunded_minor"],
        payment_id=row["payment_id"],
        update_time_ms=row["update_time_ms"],
        ship_reference=row["ship_reference"],
    )


def _reservation(row: Row[Any]) -> OrderReservation:
    state = ReservationState(row.state)
    given_back = state is ReservationState.CONFIRMED and is_given_back(row.claims, row.returned)
    return OrderReservation(row.shard, row.key, claims_of(row.claims), state, given_back, dict(row.returned))
