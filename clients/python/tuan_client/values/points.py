# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `points.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import points_pb2
from tuan_client.convert import (
    time_from_message,
)


@dataclass(frozen=True, slots=True)
class PointsAccount:
    """What a buyer has in one program."""

    program_id: str
    """Package, "points" and label of the block: "fresh.spring/points/stars"."""
    available: int = 0
    """What can be spent now; less than 0 where points were taken back that had been spent."""
    held: int = 0
    """Held by orders that are not paid yet."""
    expiring: int = 0
    """Of the available ones, how many expire next."""
    expire_time: datetime | None = None
    """When they do; left out where none expires."""

    @classmethod
    def from_message(cls, message: points_pb2.PointsAccount) -> PointsAccount:
        return cls(
            program_id=message.program_id,
            available=message.available,
            held=message.held,
            expiring=message.expiring,
            expire_time=time_from_message(message.expire_time) if message.HasField("expire_time") else None,
        )


@dataclass(frozen=True, slots=True)
class PointsEntry:
    """One movement of points."""

    entry_id: str
    """Its id."""
    program_id: str
    """In which program."""
    points: int
    """How many; less than 0: they went."""
    kind: str
    """"earned", "granted", "spent", "restored", "expired", "unexpired", "taken_back", "revoked", or "revalued"
    (twice, to and fro, where a point pays something else than when it came).
    """
    entry_time: datetime
    """When."""
    order_id: str = ""
    """The order that it is about; empty where it is about none."""

    @classmethod
    def from_message(cls, message: points_pb2.PointsEntry) -> PointsEntry:
        return cls(
            entry_id=message.entry_id,
            program_id=message.program_id,
            points=message.points,
            kind=message.kind,
            order_id=message.order_id,
            entry_time=time_from_message(message.entry_time),
        )
