"""Sales are posted to the ledger after their batch, some batches at a time, in a transaction of their own: a crash loses the rest."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from tuan.adapters.sql_record.drain import write
from tuan.adapters.sql_record.drain.bulk import Bulk
from tuan.adapters.sql_record.drain.drainer import Drainer
from tuan.adapters.sql_record.drain.plan import Plan

FIGURES = {"unbalanced"}
CAMPAIGN = "crash"
TOGETHER = 8


def plant() -> None:
    post = write._post_ledger
    waiting: list[tuple[Bulk, Plan]] = []
    write._post_ledger = lambda connection, bulk, plan: waiting.append((bulk, plan))
    committed = Drainer._committed

    def post_and_go_on(self: Drainer, held: Any, cursor: int) -> None:
        def work(connection: Connection) -> None:
            while waiting:
                post(connection, *waiting.pop())

        if len(waiting) >= TOGETHER:
            self._store.drain(work).result()
        committed(self, held, cursor)

    Drainer._committed = post_and_go_on  # type: ignore[method-assign]
