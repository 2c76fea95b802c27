"""One batch, one transaction: the fence, the rows, the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from tuan.adapters.sql_record.drain.bodies import Body
from tuan.adapters.sql_record.drain.bulk import Bulk, columns_of
from tuan.adapters.sql_record.drain.context import read_context
from tuan.adapters.sql_record.drain.drafts import order_columns, reservation_columns
from tuan.adapters.sql_record.drain.errors import BadIntent
from tuan.adapters.sql_record.drain.lease import Lease, advance
from tuan.adapters.sql_record.drain.plan import Plan
from tuan.adapters.sql_record.drain.planner import make_plan
from tuan.adapters.sql_record.repositories.alarms import SqlAlarms
from tuan.adapters.sql_record.repositories.base import in_chunks
from tuan.adapters.sql_record.repositories.jobs import SqlJobs
from tuan.adapters.sql_record.repositories.ledger import entry_rows, transaction_row
from tuan.adapters.sql_record.repositories.outbox import draw_ids, lock_numbering
from tuan.adapters.sql_record.tables import (
    applied_keys,
    counters,
    ledger_entries,
    ledger_transactions,
    orders,
    outbox,
    reservations,
)
from tuan.codec import encode
from tuan.domain.claim import Intent


def write_batch(
    connection: Connection,
    bulk: Bulk,
    lease: Lease,
    intents: Sequence[Intent],
    bodies: Sequence[Body],
    expire_time_ms: int,
) -> Plan:
    """Everything that `intents` mean, and the cursor behind the last of them; what was written."""
    advance(connection, lease, intents[-1].sequence, expire_time_ms)
    context = read_context(connection, bulk, lease.shard, intents, bodies)
    plan = make_plan(lease.shard, intents, bodies, context)
    if voided := _insert_orders(connection, bulk, plan):
        context = read_context(connection, bulk, lease.shard, intents, bodies)
        plan = make_plan(lease.shard, intents, bodies, context, voided)
    _write_shard(connection, bulk, plan)
    _move_orders(connection, bulk, plan)
    _post_ledger(connection, bulk, plan)
    _write_notes(connection, plan)
    if plan.events:
        lock_numbering(connection)
        first_id = draw_ids(connection, sum([len(event.data) for event in plan.events]))
        bulk.insert(connection, outbox, plan.event_columns(first_id))
    return plan


def _insert_orders(connection: Connection, bulk: Bulk, plan: Plan) -> frozenset[str]:
    """The ids of those whose (caller, request id) belongs to another order. Normally none, and then nothing is asked."""
    if not plan.placed:
        return frozenset()
    if bulk.insert_new(connection, orders, order_columns(list(plan.placed.values()))) == len(plan.placed):
        return frozenset()
    stored: set[str] = set()
    for chunk in in_chunks(plan.placed):
        stored.update(connection.execute(select(orders.c.order_id).where(orders.c.order_id.in_(chunk))).scalars())
    return frozenset(plan.placed.keys() - stored)


def _write_shard(connection: Connection, bulk: Bulk, plan: Plan) -> None:
    if plan.new_counters:
        bulk.insert_new(connection, counters, columns_of(counters, plan.new_counters))
    changes = {name: change for name, change in sorted(plan.counters.items()) if any(change)}
    if changes and _add_to_counters(connection, plan.shard, changes) != len(changes):
        raise BadIntent(f"{plan.shard} lacks one of the counters {sorted(plan.counters)}")
    if plan.reserved:
        bulk.insert(connection, reservations, reservation_columns(plan.shard, plan.reserved.values()))
    if plan.ended:
        names = ("shard", "sequence", "state", "returned")
        rows = [(plan.shard, each.sequence, each.state, encode(each.returned).decode()) for each in plan.ended.values()]
        bulk.update(connection, reservations, 2, names, rows)
    if plan.applied_keys:
        bulk.insert(connection, applied_keys, columns_of(applied_keys, plan.applied_keys))


def _add_to_counters(connection: Connection, shard: str, changes: Mapping[str, Sequence[int]]) -> int:
    """One statement per counter, however many intents touched it; the table's CHECKs refuse an oversold one."""
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    statement = (
        f"UPDATE counters SET capacity = capacity + {mark}, used = used + {mark}, taken = taken + {mark} "
        f"WHERE shard = {mark} AND name = {mark}"
    )
    rows = [(*change, shard, name) for name, change in changes.items()]
    return connection.exec_driver_sql(statement, rows).rowcount


def _move_orders(connection: Connection, bulk: Bulk, plan: Plan) -> None:
    names = ("order_id", "version", "state", "paid_minor", "payment_id", "update_time_ms")
    rows = [
        (order_id, draft.version, draft.state.value, draft.paid_minor, draft.payment_id, draft.update_time_ms)
        for order_id, draft in plan.moved.items()
        if draft.version != draft.version_before
    ]
    if rows:
        bulk.update(connection, orders, 1, names, rows)


def _post_ledger(connection: Connection, bulk: Bulk, plan: Plan) -> None:
    """An order becomes PAID once, so its sale is new; a ledger that has one already is left as it is, and audited."""
    if not plan.ledger:
        return
    rows = [tuple(transaction_row(each).values()) for each in plan.ledger]
    new = plan.ledger
    if bulk.insert_new(connection, ledger_transactions, columns_of(ledger_transactions, rows)) != len(rows):
        raise BadIntent(f"a sale of {[each.reference for each in new]} was posted before")
    entries = [tuple(row.values()) for each in new for row in entry_rows(each)]
    if entries:
        bulk.insert(connection, ledger_entries, columns_of(ledger_entries, entries))


def _write_notes(connection: Connection, plan: Plan) -> None:
    for kind, subject, message, time_ms, is_open in plan.alarms:
        SqlAlarms(connection).write(kind, subject, message, time_ms, plan.shard, is_open)
    for kind, key, run_time_ms, payload in plan.jobs:
        SqlJobs(connection).add(kind, key, run_time_ms, payload)
