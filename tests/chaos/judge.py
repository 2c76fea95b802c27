"""Judges an engine after the kills: what was acknowledged, and what the payment channel did, against SQL; and the engine's own audit."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import Connection, text

from tests.chaos.shoppers import LIMIT_PER_BUYER, STOCK, Journal
from tests.chaos.verdict import FIGURES, Verdict
from tests.chaos.world import World
from tuan_client.values.admin import AuditResponse

_HELD_STATES = ("paid", "ready_to_ship", "shipped", "completed", "refunding", "refunded", "pending_payment")


def judge(world: World, journal: Journal, audit: AuditResponse) -> Verdict:
    """The engine is stopped; its stores are read as they lie there."""
    verdict = Verdict()
    verdict.merge(journal.verdict)
    for figure in FIGURES:
        count = int(getattr(audit, figure, 0))
        examples = [
            f"{each.shard} {each.subject} {each.message}" for each in audit.differences if each.figure == figure
        ]
        verdict.add(figure, count, f"says the audit: {examples[:5]}")
    with world.record().connect() as connection:
        _orders(connection, journal, verdict)
        _units(connection, verdict)
        _money(connection, world, journal, verdict)
    return verdict


def _rows(connection: Connection, query: str) -> list[Any]:
    return list(connection.execute(text(query)).mappings())


def _orders(connection: Connection, journal: Journal, verdict: Verdict) -> None:
    """Every acknowledged order is there once, with the price that its buyer was told."""
    rows = _rows(connection, "SELECT order_id, request_id, total_minor, lines, state FROM orders")
    by_request: dict[str, list[Any]] = {}
    for row in rows:
        by_request.setdefault(row["request_id"], []).append(row)
    for request_id, found in by_request.items():
        verdict.add("duplicated", len(found) - 1, f"request {request_id} has {len(found)} orders")
    for request_id, (order_id, total_minor, lines) in journal.placed.items():
        mine = [row for row in by_request.get(request_id, []) if row["order_id"] == order_id]
        verdict.add("lost", not mine, f"order {order_id} of request {request_id}")
        for row in mine:
            kept = tuple((line["sku"], line["quantity"]) for line in _json(row["lines"]))
            told = (total_minor, lines)
            verdict.add("wrong", (row["total_minor"], kept) != told, f"order {order_id}: {row} instead of {told}")
    waiting = [row["order_id"] for row in rows if row["state"] in ("pending_payment", "refunding")]
    verdict.add("stranded", len(waiting), f"orders that nothing ended: {waiting[:3]}")


def _units(connection: Connection, verdict: Verdict) -> None:
    """No SKU has more units out than there were, no buyer more than the sale allows."""
    out: Counter[str] = Counter()
    bought: Counter[str] = Counter()
    returned: Counter[tuple[str, int]] = Counter()
    for refund in _rows(connection, "SELECT order_id, units FROM refunds WHERE restocked"):
        for part in _json(refund["units"]):
            returned[refund["order_id"], part["line_index"]] += part["count"]
    for order in _rows(connection, "SELECT order_id, buyer, lines, state FROM orders"):
        if order["state"] not in _HELD_STATES:
            continue
        for line in _json(order["lines"]):
            count = line["quantity"] - returned[order["order_id"], line["line_index"]]
            out[line["sku"]] += count
            if line["sku"] == "SALE":
                bought[order["buyer"]] += count
    for sku, units in STOCK.items():
        verdict.add("oversold", out[sku] - units, f"{out[sku]} units of {sku} are out, {units} were there")
    for buyer, count in bought.items():
        verdict.add("over_limit", count - LIMIT_PER_BUYER, f"{buyer} has {count} units of the sale")


def _money(connection: Connection, world: World, journal: Journal, verdict: Verdict) -> None:
    """What the channel says it collected and gave back is what the ledger says; every acknowledged notice and refund is there."""
    known = {row["transaction_id"] for row in _rows(connection, "SELECT transaction_id FROM payment_notices")}
    lost = sorted(journal.notices - known)
    verdict.add("lost", len(lost), f"acknowledged notices: {lost[:3]}")
    refunds = {row["refund_id"]: row for row in _rows(connection, "SELECT refund_id, amount_minor, state FROM refunds")}
    for refund_id, amount_minor in journal.refunds.items():
        row = refunds.get(refund_id)
        verdict.add("lost", row is None, f"acknowledged refund {refund_id}")
        if row is not None:
            verdict.add("wrong", row["amount_minor"] != amount_minor, f"refund {refund_id}: {row}, not {amount_minor}")
    open_refunds = [refund_id for refund_id, row in refunds.items() if row["state"] != "succeeded"]
    verdict.add("stranded", len(open_refunds), f"refunds that nothing ended: {open_refunds[:3]}")
    totals = world.channel().statement().get("CNY")
    at_channel = totals.collected_minor - totals.refunded_minor if totals is not None else 0
    sums = {
        row["kind"]: int(row["total"])
        for row in _rows(
            connection,
            "SELECT CASE WHEN account LIKE 'channel:%' THEN 'channel' ELSE 'suspense' END AS kind, SUM(amount_minor) AS total "
            "FROM ledger_entries WHERE account LIKE 'channel:%' OR account LIKE 'suspense:%' GROUP BY 1",
        )
    }
    difference = abs(sums.get("channel", 0) - at_channel)
    verdict.add("unbalanced", difference, f"{sums.get('channel', 0)} in the ledger, {at_channel} at the channel")
    verdict.add("unbalanced", abs(sums.get("suspense", 0)), f"{sums.get('suspense', 0)} belongs to nobody")


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) else value
