"""Events as they are listed and streamed."""

from __future__ import annotations

from tuan.codec import encode
from tuan.domain.event import Event
from tuan.server.convert.instant import timestamp
from tuan_api.v1 import event_pb2


def event(item: Event) -> event_pb2.Event:
    return event_pb2.Event(
        event_id=item.event_id,
        kind=item.kind,
        subject=item.subject,
        activity_id=item.activity_id,
        event_time=timestamp(item.time_ms),
        data_json=encode(item.data).decode(),
    )
