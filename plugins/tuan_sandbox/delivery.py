"""Brings callbacks to the engine when they are due, as a channel does: at least once, again when nobody was there."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tuan.plugin import Host, TuanError
from tuan_sandbox.channel import Callback, Channel
from tuan_sandbox.signing import sign

RETRY_MS = 1_000
#: Deliveries under way at once; a channel does not wait for one callback to send the next.
AT_ONCE_MAX = 32
FORGED_KEY = b"not the key of the channel"


class Delivery:
    def __init__(self, channel: Channel, host: Host, key: bytes, gateway: str) -> None:
        self._channel = channel
        self._host = host
        self._key = key
        self._gateway = gateway
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """There may be something to deliver. From the event loop only."""
        self._awake.set()

    def headers(self, callback: Callback) -> dict[str, str]:
        """Signed now: a callback that waits for an hour is as fresh as any when it is sent."""
        return sign(FORGED_KEY if callback.forged else self._key, callback.body, self._host.clock.now_ms())

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._awake.clear()
            while await self.deliver_due():
                pass
            next_ms = await asyncio.to_thread(self._channel.next_due_ms)
            wait_s = None if next_ms is None else max(0, next_ms - self._host.clock.now_ms()) / 1_000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), wait_s)

    async def deliver_due(self) -> int:
        """One delivery of each callback that is due, sent in the channel's order; how many."""
        due = await asyncio.to_thread(self._channel.due, self._host.clock.now_ms())
        for start in range(0, len(due), AT_ONCE_MAX):
            await asyncio.gather(*(self._deliver(callback) for callback in due[start : start + AT_ONCE_MAX]))
        return len(due)

    async def _deliver(self, callback: Callback) -> None:
        try:
            await self._host.deliver_notice(self._gateway, self.headers(callback), callback.body)
        except TuanError as error:
            if error.retry_after_ms is not None:
                due_time_ms = self._host.clock.now_ms() + max(RETRY_MS, error.retry_after_ms)
                await asyncio.to_thread(self._channel.postpone, callback.callback_id, due_time_ms)
                return
            # Refused for good (a forged one): it was delivered, and the answer was no.
        await asyncio.to_thread(self._channel.delivered, callback.callback_id, self._host.clock.now_ms())
