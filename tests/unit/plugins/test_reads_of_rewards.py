"""What orders make coupons, points and wallets read. Goal: no order costs more where others have used many. Method: the plans that
SQLite makes of the very statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, create_engine, event

import tuan_coupon.tables as coupons
import tuan_points.tables as points
import tuan_wallet.tables as wallet

ACCOUNT = ("shop", "b1", "p/points/stars")
READS: dict[str, tuple[MetaData, Callable[[Connection], object]]] = {
    "coupons-of-orders": (coupons.metadata, lambda c: coupons.find(c, ["cp-1", "cp-2"])),
    "codes-of-orders": (coupons.metadata, lambda c: coupons.restored_codes(c, ["p/coupon/ten"])),
    "coupons-of-a-buyer": (coupons.metadata, lambda c: coupons.of_buyer(c, "shop", "b1", (1, "cp-1"), 10)),
    "restore": (coupons.metadata, lambda c: coupons.restore(c, "o1")),
    "points-of-orders": (points.metadata, lambda c: points.sums(c, [("shop", "b1"), ("shop", "b2"), ("app", "b1")], 1)),
    "points-taken": (points.metadata, lambda c: points.take(c, ACCOUNT, 1, valid_at_ms=1)),
    "points-expired": (points.metadata, lambda c: points.expired_after(c, ACCOUNT, 1)),
    "points-to-expire": (points.metadata, lambda c: points.next_to_expire(c, ACCOUNT)),
    "points-due": (points.metadata, lambda c: points.due_lots(c, 1, 10)),
    "points-of-an-order": (points.metadata, lambda c: points.of_order(c, "o1")),
    "points-of-a-buyer": (points.metadata, lambda c: points.of_buyer(c, "shop", "b1", 7, 10)),
    "wallet": (wallet.metadata, lambda c: wallet.sums_of(c, "shop", "b1")),
    "wallet-credits": (wallet.metadata, lambda c: wallet.of_recipient(c, "shop", "b1", (1, "r1"), 10)),
}


@pytest.mark.parametrize("name", READS)
def test_reads_search_and_never_scan(name: str) -> None:
    """Goal: an index for each of them. Method: collect what is executed, and have it explained."""
    metadata, read = READS[name]
    engine = create_engine("sqlite://")
    found: list[str] = []
    asked: list[tuple[str, Any]] = []
    with engine.connect() as connection:
        metadata.create_all(connection)

        @event.listens_for(engine, "before_cursor_execute")
        def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            if statement.startswith(("SELECT", "UPDATE")):
                asked.append((statement, parameters))

        read(connection)
        event.remove(engine, "before_cursor_execute", note)
        for statement, parameters in asked:
            found += [
                str(row[-1]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            ]
    engine.dispose()
    tables = set(metadata.tables)
    assert any(step.startswith("SEARCH") for step in found)
    assert not [step for step in found if step.startswith("SCAN") and step.split()[1] in tables]
