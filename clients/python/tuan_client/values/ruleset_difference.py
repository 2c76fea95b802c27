# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `ruleset_difference.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_api.v1 import ruleset_difference_pb2
from tuan_client.convert import (
    WireEnum,
)


class ChangeKind(WireEnum):
    """What happened to a block."""

    UNSPECIFIED = 0
    """Never sent."""
    ADDED = 1
    """It is new."""
    REMOVED = 2
    """It is gone."""
    CHANGED = 3
    """Some of its fields mean something else."""


@dataclass(frozen=True, slots=True)
class BlockChange:
    """A block that came, went or changed."""

    change: ChangeKind
    """Which of the three."""
    path: tuple[str, ...] = ()
    """From the top level down: `campaign "spring"`, `plan "sale"`."""
    fields: tuple[FieldChange, ...] = ()
    """Those that differ; of a block that came or went, those that are set."""

    @classmethod
    def from_message(cls, message: ruleset_difference_pb2.BlockChange) -> BlockChange:
        return cls(
            change=ChangeKind(message.change),
            path=tuple(message.path),
            fields=tuple(FieldChange.from_message(item) for item in message.fields),
        )


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that means something else."""

    name: str
    """Its name."""
    before: str = ""
    """As it was, in the words of the language; empty: not set."""
    after: str = ""
    """As it is now; empty: not set."""
    by: str = ""
    """How much, in money, percent or time with its sign; empty where that has no answer."""

    @classmethod
    def from_message(cls, message: ruleset_difference_pb2.FieldChange) -> FieldChange:
        return cls(
            name=message.name,
            before=message.before,
            after=message.after,
            by=message.by,
        )
