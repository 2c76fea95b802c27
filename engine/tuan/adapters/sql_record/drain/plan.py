"""A batch as the rows that it will become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tuan.adapters.sql_record.drain.bulk import Columns, Row
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.adapters.sql_record.tables import outbox
from tuan.codec import encode
from tuan.domain.claim import Intent
from tuan.domain.ledger import LedgerTransaction


class OrderEvent(msgspec.Struct, gc=False, omit_defaults=True):
    """The data of every event of an order; the last four belong to some kinds only. Pseudonyms, no personal data.

    `activity_ids` and `lines` (of `EventLine`) are encoded, once for all orders that have the same.
    """

    order_id: str
    buyer: str
    caller: str
    activity_ids: msgspec.Raw
    total_minor: int
    currency: str
    lines: msgspec.Raw
    payment_id: str = ""
    paid_minor: int | None = None
    reason: str = ""
    request_id: str = ""


@dataclass(slots=True)
class EventRow:
    """A row of `outbox`: one event, or a run of them, each of which names its order. `data` is encoded when the row is made."""

    kind: str
    subject: str
    time_ms: int
    data: list[Any]
    runs: bool = False

    def row(self, shard: str, event_id: int) -> Row:
        """In the order of the columns; `event_id` is that of the last."""
        run = len(self.data)
        subject, data = (self.subject, self.data[0]) if run == 1 else ("", self.data)
        return (event_id, self.kind, subject, shard, self.time_ms, str(encode(data), "utf-8"), run)


@dataclass(slots=True)
class Plan:
    """Rows are tuples in the order of their table's columns. `counters`: name -> change of capacity, used and taken."""

    shard: str
    counters: dict[str, list[int]] = field(default_factory=dict)
    new_counters: list[Row] = field(default_factory=list)
    reserved: dict[str, tuple[Intent, ReservationDraft]] = field(default_factory=dict)
    ended: dict[str, ReservationDraft] = field(default_factory=dict)
    placed: dict[str, OrderDraft] = field(default_factory=dict)
    moved: dict[str, OrderDraft] = field(default_factory=dict)
    applied_keys: list[Row] = field(default_factory=list)
    ledger: list[LedgerTransaction] = field(default_factory=list)
    jobs: list[tuple[str, str, int, dict[str, Any]]] = field(default_factory=list)
    alarms: list[tuple[str, str, str, int, bool]] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)

    def count(self, name: str, capacity: int, used: int, taken: int) -> None:
        change = self.counters.get(name)
        if change is None:
            self.counters[name] = [capacity, used, taken]
        else:
            change[0] += capacity
            change[1] += used
            change[2] += taken

    def alarm(self, kind: str, subject: str, message: str, time_ms: int, is_open: bool = True) -> None:
        self.alarms.append((kind, subject, message, time_ms, is_open))

    def event(self, kind: str, subject: str, time_ms: int, data: Any) -> None:
        self.events.append(EventRow(kind, subject, time_ms, [data]))

    def order_event(self, kind: str, time_ms: int, data: OrderEvent) -> None:
        """Those of one kind and moment that follow one another share a row: hundreds of orders are placed by one call."""
        last = self.events[-1] if self.events else None
        if last is not None and last.runs and last.time_ms == time_ms and last.kind == kind:
            last.data.append(data)
        else:
            self.events.append(EventRow(kind, data.order_id, time_ms, [data], runs=True))

    def event_columns(self, first_id: int) -> Columns:
        """Of `outbox`, the first event under this id."""
        rows = []
        for event in self.events:
            first_id += len(event.data)
            rows.append(event.row(self.shard, first_id - 1))
        return dict(zip(outbox.c.keys(), zip(*rows, strict=True), strict=True))
