"""Orders are inserted as if no other could have their request: a conflict is an error of the database, not an answer."""

from __future__ import annotations

from sqlalchemy import Connection

from tuan.adapters.sql_record.drain import write
from tuan.adapters.sql_record.drain.bulk import Bulk
from tuan.adapters.sql_record.drain.drafts import order_columns
from tuan.adapters.sql_record.drain.plan import Plan
from tuan.adapters.sql_record.tables import orders

FIGURES = {"lost"}
CAMPAIGN = "two_engines"


def plant() -> None:
    def insert_orders(connection: Connection, bulk: Bulk, plan: Plan) -> frozenset[str]:
        bulk.insert(connection, orders, order_columns(list(plan.placed.values())))
        return frozenset()

    write._insert_orders = insert_orders
