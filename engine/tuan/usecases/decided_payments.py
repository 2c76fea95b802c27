"""Who waits for a payment to be decided hears of it the moment a job of this process has decided it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class DecidedPayments:
    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def tell(self, *payment_ids: str) -> None:
        """Succeeded or failed, and committed."""
        for payment_id in payment_ids:
            for event in self._waiting.get(payment_id, ()):
                event.set()

    @contextmanager
    def news(self, payment_id: str) -> Iterator[asyncio.Event]:
        """Set when the payment is decided from now on; look at the payment afterwards, it may have been decided before."""
        event = asyncio.Event()
        self._waiting[payment_id].add(event)
        try:
            yield event
        finally:
            self._waiting[payment_id].discard(event)
            if not self._waiting[payment_id]:
                del self._waiting[payment_id]
