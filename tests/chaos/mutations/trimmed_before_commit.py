"""The drain drops intents when it has read them, not when they are committed: XACK before commit."""

from __future__ import annotations

import time
from typing import Any

from tuan.adapters.sql_record.drain.drainer import Drainer
from tuan.adapters.sql_record.drain.lease import Lease

FIGURES = {"lost"}
CAMPAIGN = "crash"
#: On a fast disk the moment between the two is some milliseconds, and most kills miss it.
SLOW_DISK_S = 0.05


def plant() -> None:
    submit = Drainer._submit

    def trim_and_submit(self: Drainer, held: Lease, intents: list[Any]) -> Any:
        self._log.trim(held.shard, intents[-1].sequence)
        time.sleep(SLOW_DISK_S)
        return submit(self, held, intents)

    Drainer._submit = trim_and_submit  # type: ignore[method-assign]
