"""A batch as the rows that it will become."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.codec import encode
from tuan.domain.claim import Intent
from tuan.domain.ledger import LedgerTransaction


@dataclass(slots=True)
class Plan:
    """Rows are tuples in the order of their table's columns. `counters`: name -> change of capacity, used and taken."""

    shard: str
    counters: dict[str, list[int]] = field(default_factory=dict)
    new_counters: list[tuple[Any, ...]] = field(default_factory=list)
    reserved: dict[str, tuple[Intent, ReservationDraft]] = field(default_factory=dict)
    ended: dict[str, ReservationDraft] = field(default_factory=dict)
    placed: dict[str, OrderDraft] = field(default_factory=dict)
    moved: dict[str, OrderDraft] = field(default_factory=dict)
    applied_keys: list[tuple[Any, ...]] = field(default_factory=list)
    ledger: list[LedgerTransaction] = field(default_factory=list)
    jobs: list[tuple[str, str, int, dict[str, Any]]] = field(default_factory=list)
    alarms: list[tuple[str, str, str, int, bool]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)

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
        self.events.append((kind, subject, self.shard, time_ms, str(encode(data), "utf-8")))
