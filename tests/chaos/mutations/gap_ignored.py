"""The drain takes whatever comes next, whether or not something is missing before it."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.adapters.sql_record.drain.drainer import Drainer
from tuan.adapters.sql_record.drain.lease import Lease
from tuan.domain.claim import Intent

FIGURES = {"lost"}
CAMPAIGN = "gap"


def plant() -> None:
    def any_order(self: Drainer, held: Lease, intents: Sequence[Intent]) -> list[Intent]:
        return list(intents)

    Drainer._in_order = any_order  # type: ignore[method-assign]
