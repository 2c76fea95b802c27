# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `event.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import event_pb2
from tuan_client.convert import (
    time_from_message,
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    event_id: int
    """Rises in the order of commit; gaps mean nothing."""
    kind: str
    """"subject.past_tense", such as "order.paid"."""
    subject: str
    """What it happened to, such as an order id."""
    event_time: datetime
    """When."""
    activity_id: str = ""
    """The activity that it belongs to; may be empty."""
    data_json: str = ""
    """A JSON object, at most 65,536 bytes. Ids and pseudonyms only; amounts are integers of minor units."""

    @classmethod
    def from_message(cls, message: event_pb2.Event) -> Event:
        return cls(
            event_id=message.event_id,
            kind=message.kind,
            subject=message.subject,
            activity_id=message.activity_id,
            event_time=time_from_message(message.event_time),
            data_json=message.data_json,
        )


@dataclass(frozen=True, slots=True)
class WatchEventsResponse:
    """Events that were committed. The first answer has no events: it says that the stream stands, and where."""

    resume_token: str
    """To follow on after these; opaque."""
    events: tuple[Event, ...] = ()
    """At most 256, oldest first."""

    @classmethod
    def from_message(cls, message: event_pb2.WatchEventsResponse) -> WatchEventsResponse:
        return cls(
            events=tuple(Event.from_message(item) for item in message.events),
            resume_token=message.resume_token,
        )
