"""EventService."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from tuan.domain.event import Event
from tuan.domain.fields import page_size
from tuan.server.convert.event import event
from tuan.server.convert.fields import event_kinds, optional_id
from tuan.server.convert.paging import PAGE_BYTES_MAX, Pages, page, resume_position, resume_token
from tuan.server.servicers.bench import Bench
from tuan_api.v1 import event_pb2 as api
from tuan_api.v1 import event_pb2_grpc

EVENTS_MAX = 256


class EventServicer(event_pb2_grpc.EventServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._engine = bench.engine

    async def ListEvents(self, request: api.ListEventsRequest, context: Any) -> api.ListEventsResponse:
        size = page_size(request.page_size)
        kinds = event_kinds(request.kinds)
        activity_id = optional_id("activity_id", request.activity_id)
        pages = Pages("events", sorted(kinds), activity_id)
        position = pages.number(request.page_token)
        found = await self._engine.watch.read(lambda unit: unit.outbox.after(position, size + 1, kinds, activity_id))
        events, token = page(found, size, pages, lambda item: str(item.event_id), event)
        return api.ListEventsResponse(events=events, next_page_token=token)

    async def WatchEvents(
        self, request: api.WatchEventsRequest, context: Any
    ) -> AsyncIterator[api.WatchEventsResponse]:
        kinds = event_kinds(request.kinds)
        activity_id = optional_id("activity_id", request.activity_id)
        if request.resume_token:
            position = resume_position(request.resume_token)
        else:
            position = 0 if request.from_start else self._engine.events.tail
        yield api.WatchEventsResponse(resume_token=resume_token(position))
        # The queue joins what is there at once into one message; its bound holds back a follower that is too fast.
        queue: asyncio.Queue[Event | Exception] = asyncio.Queue(EVENTS_MAX)
        following = asyncio.ensure_future(_follow(self._engine.host.events(position, kinds, activity_id), queue))
        try:
            while True:
                yield _answer(await queue.get(), queue)
        finally:
            following.cancel()


async def _follow(events: Any, queue: asyncio.Queue[Event | Exception]) -> None:
    try:
        async with aclosing(events):
            async for item in events:
                await queue.put(item)
    except Exception as error:  # raised where the stream is answered
        await queue.put(error)


def _answer(first: Event | Exception, queue: asyncio.Queue[Event | Exception]) -> api.WatchEventsResponse:
    answer = api.WatchEventsResponse()
    byte_count = 0
    item = first
    while True:
        if isinstance(item, Exception):
            raise item
        answer.events.append(event(item))
        byte_count += answer.events[-1].ByteSize()
        if queue.empty() or len(answer.events) == EVENTS_MAX or byte_count > PAGE_BYTES_MAX:
            answer.resume_token = resume_token(item.event_id)
            return answer
        item = queue.get_nowait()
