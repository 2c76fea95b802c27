# Generated from the .proto files by `make protos`. Change those, not this.
"""`EventService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import event_pb2
from tuan_client.link import Link, Rpc
from tuan_client.values.event import Event, WatchEventsResponse

_LIST_EVENTS = Rpc(
    "/tuan_api.v1.EventService/ListEvents", event_pb2.ListEventsRequest, event_pb2.ListEventsResponse, repeatable=True
)
_WATCH_EVENTS = Rpc(
    "/tuan_api.v1.EventService/WatchEvents",
    event_pb2.WatchEventsRequest,
    event_pb2.WatchEventsResponse,
    repeatable=True,
)


class AsyncEventService:
    """What happened, in the order in which it was committed."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list_events(
        self, kinds: Sequence[str] = (), activity_id: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[Event]:
        """Lists events, oldest first."""
        request = event_pb2.ListEventsRequest(kinds=kinds, activity_id=activity_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_EVENTS, request, timeout_s)
            for item in page.events:
                yield Event.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def watch_events(
        self, kinds: Sequence[str] = (), activity_id: str = "", resume_token: str = "", from_start: bool = False
    ) -> AsyncIterator[WatchEventsResponse]:
        """Follows events as they are committed. At least once: after a broken connection some may come again; event ids tell."""
        request = event_pb2.WatchEventsRequest(
            kinds=kinds, activity_id=activity_id, resume_token=resume_token, from_start=from_start
        )
        async for response in self._link.resumed(_WATCH_EVENTS, request):
            yield WatchEventsResponse.from_message(response)
