"""Batches of orders on a stream: several under way at once, answered as they are done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tuan.domain.errors import InvalidValue, TuanError
from tuan.server.in_flight import InFlight, shutting_down
from tuan.server.interceptors.call import current_call
from tuan.server.interceptors.limits import CallLimits
from tuan.server.servicers.placing import Placing
from tuan_api.v1 import order_pb2 as api

#: While so many batches of one stream are under way, no further one is read: HTTP/2 then slows the sender down.
BATCHES_MAX = 8

_Batch = asyncio.Task[api.PlaceOrderStreamResponse]
_Read = asyncio.Task[api.PlaceOrderStreamRequest | None]


class PlaceStream:
    """One stream. Whatever ends its reading (the sender, a wrong message, the end of the server), what was read is answered."""

    def __init__(self, placing: Placing, limits: CallLimits, in_flight: InFlight) -> None:
        self._placing = placing
        self._limits = limits
        self._in_flight = in_flight
        self._under_way: dict[_Batch, int] = {}
        self._failure: TuanError | None = None

    async def answers(
        self, requests: AsyncIterator[api.PlaceOrderStreamRequest]
    ) -> AsyncIterator[api.PlaceOrderStreamResponse]:
        source = aiter(requests)
        draining = asyncio.ensure_future(self._in_flight.draining.wait())
        reading: _Read | None = None
        more = True
        try:
            while more or self._under_way:
                if more and reading is None and len(self._under_way) < BATCHES_MAX:
                    reading = asyncio.ensure_future(_next(source))
                waited = {*self._under_way, *((reading,) if reading else ()), *((draining,) if more else ())}
                done, _ = await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                if more and draining in done and self._failure is None:
                    self._failure, more = shutting_down(), False
                if reading is not None and (reading in done or not more):
                    more = more and self._take(reading)
                    reading.cancel()
                    reading = None
                for batch in [task for task in self._under_way if task in done]:
                    del self._under_way[batch]
                    try:
                        answer = batch.result()
                    except TuanError as error:  # no batch at all: nothing, or too much of it
                        self._failure, more = self._failure or error, False
                    else:
                        yield answer
            if self._failure is not None:
                raise self._failure
        finally:
            draining.cancel()
            if reading is not None:
                reading.cancel()

    def _take(self, reading: _Read) -> bool:
        """Begin a batch; False when nothing more is to be read."""
        message = reading.result()
        if message is None:
            return False
        if message.batch_id in self._under_way.values():
            self._failure = InvalidValue(
                "batch_id", f"{message.batch_id} is under way on this stream; number batches apart"
            )
            return False
        if not message.batch_id:
            self._failure = InvalidValue("batch_id", "is missing; number the batches from 1")
            return False
        # Begun as a task of its own: it is finished even when the stream breaks, and its sender learns of it by asking again.
        self._under_way[self._in_flight.started(self._place(message))] = message.batch_id
        return True

    async def _place(self, message: api.PlaceOrderStreamRequest) -> api.PlaceOrderStreamResponse:
        """One that the engine has no room for, or its sender no tokens, is answered order by order, and the stream goes on."""
        answer = api.PlaceOrderStreamResponse(batch_id=message.batch_id)
        try:
            self._limits.take(current_call.get().caller, len(message.requests))
            await self._placing.many(message.requests, answer.results)
        except TuanError as error:
            if error.retry_after_ms is None:
                raise
            self._placing.refuse(error, message.requests, answer.results)
        return answer


async def _next(source: AsyncIterator[api.PlaceOrderStreamRequest]) -> api.PlaceOrderStreamRequest | None:
    """None at the end: StopAsyncIteration cannot leave a task."""
    try:
        return await anext(source)
    except StopAsyncIteration:
        return None
