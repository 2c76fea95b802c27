# Generated from the .proto files by `make protos`. Change those, not this.
"""`EventService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.event import AsyncEventService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.event import Event, WatchEventsResponse


class EventService:
    """What happened, in the order in which it was committed."""

    def __init__(self, service: AsyncEventService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def list_events(
        self, kinds: Sequence[str] = (), activity_id: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[Event]:
        """Lists events, oldest first."""
        return self._loop.iterate(self._service.list_events(kinds, activity_id, page_size, timeout_s=timeout_s))

    def watch_events(
        self, kinds: Sequence[str] = (), activity_id: str = "", resume_token: str = "", from_start: bool = False
    ) -> Iterator[WatchEventsResponse]:
        """Follows events as they are committed. At least once: after a broken connection some may come again; event ids tell."""
        return self._loop.iterate(self._service.watch_events(kinds, activity_id, resume_token, from_start))
