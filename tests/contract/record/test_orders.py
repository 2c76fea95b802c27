"""Orders: read, listed, moved along their edges, refunded. The drain makes them."""

from __future__ import annotations

from dataclasses import fields

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, text

from tests.contract.record.world import World, key_of, order_placed
from tuan.adapters.sql_record.repositories.orders import orders_between
from tuan.adapters.sql_record.tables import orders
from tuan.domain.activity import stock_counter
from tuan.domain.claim import Claim, ReservationState
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.order import OrderState


async def test_an_order_comes_back_as_it_was_placed(world: World) -> None:
    """Goal: nothing of the frozen price is lost. Method: place, drain, compare with the body."""
    await world.open()
    placed = order_placed(quantity=3, ready_when_paid=False)
    await world.place(placed, quantity=3)
    world.drain()
    order = await world.order()
    assert order.placed == placed
    assert (order.state, order.version, order.paid_minor) == (OrderState.PENDING_PAYMENT, 1, 0)
    assert order.due_ms == world.clock.now_ms() + 60_000


async def test_orders_are_found_by_request_with_their_fingerprint(world: World) -> None:
    """Goal: replay answers from SQL. Method: 3 orders of two callers, asked for with unknown pairs among them."""
    await world.open()
    for placed in (order_placed("o1"), order_placed("o2"), order_placed("o3", caller="other", request_id="request-o1")):
        await world.place(placed)
    world.drain()
    pairs = [("shop", "request-o1"), ("other", "request-o1"), ("shop", "unknown"), ("nobody", "request-o2")]
    found = await world.record.read(lambda unit: unit.orders.by_requests(pairs))
    assert sorted((order.placed.order_id, mark) for order, mark in found) == [
        ("o1", "print-request-o1"),
        ("o3", "print-request-o1"),
    ]
    many = await world.record.read(lambda unit: unit.orders.many(["o3", "unknown", "o1", "o1"]))
    assert [order.placed.order_id for order in many] == ["o1", "o3"]
    assert await world.record.write(lambda unit: unit.orders.lock("unknown")) is None
    assert (await world.record.write(lambda unit: unit.orders.lock("o1"))) == many[0]


async def test_orders_of_a_time_are_read_in_pages(world: World) -> None:
    """Goal: a backtest sees each order of its window once. Method: four orders in three milliseconds, by time, state and page."""
    await world.open()
    for number, time_ms in enumerate((1, 2, 2, 3), 1):
        await world.place(replace(order_placed(f"o{number}"), place_time_ms=time_ms))
    world.drain()

    async def between(
        start: int, end: int, *states: OrderState, after: tuple[int, str] | None = None, currency: str = "CNY"
    ) -> list[str]:
        found = await world.record.read(lambda unit: unit.orders.placed_between(currency, start, end, states, after, 2))
        return [order.placed.order_id for order in found]

    assert await between(0, 2**62) == ["o1", "o2"]
    assert await between(0, 2**62, after=(2, "o2")) == ["o3", "o4"]
    assert await between(0, 2**62, after=(2, "o3")) == ["o4"]
    assert await between(3, 2**62, after=(2, "o2")) == ["o4"]
    assert await between(2, 3) == ["o2", "o3"]
    assert await between(0, 2**62, OrderState.PAID) == []
    assert await between(0, 2**62, currency="USD") == []


async def test_a_window_of_time_is_read_along_its_index(world: World) -> None:
    """Goal: a page of a backtest costs the same first and last, however many orders there are. Method: 4,000 orders, the plans of the
    first page and of one behind another, by the database itself."""
    await world.open()
    await world.place(replace(order_placed("o1"), place_time_ms=1))
    world.drain()

    def plans(connection: Connection) -> list[str]:
        kept = [column.name for column in orders.c if column.name not in ("order_id", "request_id", "place_time_ms")]
        changed = "'n' || n, 'n' || n, n"
        connection.execute(
            text(
                "WITH RECURSIVE many(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM many WHERE n < 4000) "
                f"INSERT INTO orders (order_id, request_id, place_time_ms, {', '.join(kept)}) "
                f"SELECT {changed}, {', '.join(kept)} FROM orders, many"
            )
        )
        connection.execute(text("ANALYZE orders"))
        is_postgres = connection.dialect.name == "postgresql"
        found = []
        for after in (None, (2_000, "n2000")):
            query = orders_between("CNY", 1_000, 3_000, (), after, 100).compile(
                connection, compile_kwargs={"literal_binds": True}
            )
            rows = connection.execute(text(f"EXPLAIN {'' if is_postgres else 'QUERY PLAN'} {query}")).all()
            found.append("\n".join(str(row[-1]) for row in rows))
        return found

    for plan in await world.record.write(lambda unit: plans(unit.connection)):
        assert "ix_orders_place_time_ms" in plan
        assert "temp b-tree" not in plan.lower()
        assert "sort" not in plan.lower()


async def test_a_summary_is_the_order_without_its_lines(world: World) -> None:
    """Goal: what paying has to know. Method: two orders, one of them paid, compared with themselves in full."""
    await world.open()
    placed = [order_placed("o1"), order_placed("o2", buyer="b2")]
    for each in placed:
        await world.place(each)
    await world.pay(placed[1])
    world.drain()
    found = await world.record.read(lambda unit: unit.orders.summaries(["o2", "unknown", "o1"]))
    assert found.keys() == {"o1", "o2"}
    for order_id, summary in found.items():
        order = await world.order(order_id)
        for each in fields(summary):
            whole = order if hasattr(order, each.name) else order.placed
            assert getattr(summary, each.name) == getattr(whole, each.name)
    assert (found["o1"].payment_id, found["o2"].payment_id) == ("", "payment-1")


async def test_orders_are_listed_newest_first_in_pages(world: World) -> None:
    """Goal: lists for a buyer, a caller, a state. Method: 5 orders, each filter, pages of two."""
    await world.open()
    for number in range(5):
        await world.place(order_placed(f"o{number}", buyer=f"buyer-{number % 2}"))
    world.drain()
    await world.record.write(lambda unit: unit.orders.move("o3", OrderState.CANCELLED, 9))

    async def page(caller: str, buyer: str, states: list[OrderState], after: str, count_max: int) -> list[str]:
        orders = await world.record.read(lambda unit: unit.orders.list(caller, buyer, states, after, count_max))
        return [order.placed.order_id for order in orders]

    assert await page("shop", "", [], "", 2) == ["o4", "o3"]
    assert await page("shop", "", [], "o3", 2) == ["o2", "o1"]
    assert await page("", "buyer-1", [], "", 9) == ["o3", "o1"]
    assert await page("", "", [OrderState.PENDING_PAYMENT], "", 9) == ["o4", "o2", "o1", "o0"]
    assert await page("other", "", [], "", 9) == []


async def test_only_listed_edges_exist(world: World) -> None:
    """Goal: no order moves backwards. Method: along one path with versions, then edges that do not exist."""
    await world.open()
    await world.place(order_placed())
    world.drain()
    paid = await world.record.write(
        lambda unit: unit.orders.move("order-1", OrderState.PAID, 7, paid_minor=1990, payment_id="p")
    )
    assert (paid.state, paid.version, paid.paid_minor, paid.payment_id, paid.update_time_ms) == (
        OrderState.PAID,
        2,
        1990,
        "p",
        7,
    )
    for target in (OrderState.EXPIRED, OrderState.SHIPPED, OrderState.PAID):
        with pytest.raises(TuanError) as caught:
            await world.record.write(lambda unit, to=target: unit.orders.move("order-1", to, 8))
        assert caught.value.reason is Reason.ORDER_STATE_CONFLICT
    assert (await world.order()).version == 2
    with pytest.raises(TuanError) as caught:
        await world.record.write(lambda unit: unit.orders.move("unknown", OrderState.PAID, 8))
    assert caught.value.reason is Reason.ORDER_NOT_FOUND
    with pytest.raises(InvalidValue):
        await world.record.write(lambda unit: unit.orders.move("order-1", OrderState.READY_TO_SHIP, 8, total_minor=0))


async def test_no_more_goes_back_than_came_in(world: World) -> None:
    """Goal: refunds never exceed what was paid. Method: two refunds that fit, one that does not, one of an unknown order."""
    await world.open()
    await world.place(order_placed())
    await world.pay(order_placed())
    world.drain()
    await world.record.write(lambda unit: unit.orders.add_refunded("order-1", 1000))
    await world.record.write(lambda unit: unit.orders.add_refunded("order-1", 990))
    with pytest.raises(TuanError) as caught:
        await world.record.write(lambda unit: unit.orders.add_refunded("order-1", 1))
    assert caught.value.reason is Reason.UNITS_NOT_REFUNDABLE
    assert (await world.order()).refunded_minor == 1990
    with pytest.raises(TuanError) as caught:
        await world.record.write(lambda unit: unit.orders.add_refunded("unknown", 1))
    assert caught.value.reason is Reason.ORDER_NOT_FOUND


async def test_an_orders_reservations_are_those_of_its_shards(world: World) -> None:
    """Goal: what a refund and a late payment work on. Method: two shards, expired on both, reinstated, given back on one."""
    for shard in ("a", "b"):
        await world.open(shard)
    placed = order_placed(shards=("a", "b"))
    await world.place(placed)
    await world.expire("a")
    await world.expire("b")
    world.drain()  # late money is applied to an order that SQL knows
    await world.reinstate(placed)
    world.drain()
    found = await world.record.read(lambda unit: unit.orders.reservations("order-1"))
    key = key_of(placed)
    assert [(each.shard, each.key, each.state) for each in found] == [
        ("a", key, ReservationState.EXPIRED),
        ("a", f"{key}.payment-2", ReservationState.CONFIRMED),
        ("b", key, ReservationState.EXPIRED),
        ("b", f"{key}.payment-2", ReservationState.CONFIRMED),
    ]
    assert found[0].claims == (Claim(stock_counter("tea"), 1), Claim("buyer/buyer-1", 1, limit=100))
    assert not any(each.given_back for each in found)
    assert await world.record.read(lambda unit: unit.orders.reservations("unknown")) == []
