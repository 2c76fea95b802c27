"""The drain drops intents when it has read them, not when they are committed: XACK before commit."""

from __future__ import annotations

from typing import Any

from tuan.adapters.sql_record.drain.drainer import Drainer
from tuan.adapters.sql_record.drain.lease import Lease

FIGURES = {"lost"}
CAMPAIGN = "crash"


def plant() -> None:
    submit = Drainer._submit

    def trim_and_submit(self: Drainer, held: Lease, intents: list[Any]) -> Any:
        future = submit(self, held, intents)
        self._log.trim(held.shard, intents[-1].sequence)
        return future

    Drainer._submit = trim_and_submit  # type: ignore[method-assign]
