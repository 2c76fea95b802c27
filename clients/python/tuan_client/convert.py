"""Python values to well-known protobuf messages and back."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def without_none(**values: Any) -> dict[str, Any]:
    """Those that are there."""
    return {name: value for name, value in values.items() if value is not None}


def new_request_id() -> str:
    """A fresh idempotency key, for calls whose caller gives none."""
    return os.urandom(16).hex()


def time_from_message(message: Timestamp) -> datetime:
    """In UTC, to the microsecond."""
    return _EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)


def time_to_message(time: datetime | None) -> Timestamp | None:
    """Raises ValueError for a time without a zone: it names no instant."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone; write for example datetime(2027, 2, 10, 20, tzinfo=UTC)")
    since = time - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def duration_from_message(message: Duration) -> timedelta:
    """To the microsecond."""
    return timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)


def duration_to_message(duration: timedelta | None) -> Duration | None:
    """None stays None."""
    if duration is None:
        return None
    message = Duration()
    message.FromTimedelta(duration)
    return message


class WireEnum(IntEnum):
    """Base of the API's enums: a number that this client does not know (of a newer server) reads as UNSPECIFIED."""

    @classmethod
    def _missing_(cls, value: object) -> WireEnum | None:
        return cls(0) if isinstance(value, int) and value else None


def enum_to_message(member: int) -> Any:
    """The same number: protobuf's own enum types are known to type checkers only."""
    return int(member)
