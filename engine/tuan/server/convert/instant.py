"""Instants: Unix milliseconds inside, google.protobuf.Timestamp on the wire."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp


def timestamp(time_ms: int) -> Timestamp:
    return Timestamp(seconds=time_ms // 1_000, nanos=time_ms % 1_000 * 1_000_000)


def optional_timestamp(time_ms: int) -> Timestamp | None:
    """None, which leaves the field unset, for 0: there is no such instant."""
    return timestamp(time_ms) if time_ms else None
