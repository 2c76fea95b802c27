# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `ruleset.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import ruleset_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)


class RulesetState(WireEnum):
    """What a ruleset is used for."""

    UNSPECIFIED = 0
    """Never sent; in a filter: any; to publish: active."""
    ACTIVE = 1
    """The package's current version."""
    RETIRED = 2
    """Replaced or given up; orders that it priced still name it."""
    DRAFT = 3
    """Stored; the catalogue, the clock or its own tests do not allow it yet."""
    CHECKED = 4
    """Stored, and nothing was against it when it was."""
    SHADOW = 5
    """Prices placed orders once more beside the active version, to compare; GetShadowReport tells."""
    CANARY = 6
    """Prices the orders of some buyers, always the same; price rules alone, its activities are not begun."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of a rule package."""

    name: str
    """Its name, 1 to 128 bytes, as diagnostics repeat it: "spring.tuan"."""
    text: str
    """UTF-8, at most 65,536 bytes."""

    def to_message(self) -> ruleset_pb2.RuleFile:
        return ruleset_pb2.RuleFile(
            name=self.name,
            text=self.text,
        )

    @classmethod
    def from_message(cls, message: ruleset_pb2.RuleFile) -> RuleFile:
        return cls(
            name=message.name,
            text=message.text,
        )


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A published version of a rule package."""

    ruleset_hash: str
    """SHA-256 of its canonical content, 64 hex digits: its name."""
    package: str
    """Name of the package: "fresh.spring"."""
    state: RulesetState
    """What it is used for."""
    publish_time: datetime
    """When it was published first."""
    version: str = ""
    """Version as its author wrote it: "1.4.0"."""
    files: tuple[RuleFile, ...] = ()
    """Left out of lists."""
    canary_percent: int = 0
    """Of a canary: for so many of 100 buyers."""
    activate_time: datetime | None = None
    """When it last became active; left out for one that never was."""

    @classmethod
    def from_message(cls, message: ruleset_pb2.Ruleset) -> Ruleset:
        return cls(
            ruleset_hash=message.ruleset_hash,
            package=message.package,
            version=message.version,
            state=RulesetState(message.state),
            publish_time=time_from_message(message.publish_time),
            files=tuple(RuleFile.from_message(item) for item in message.files),
            canary_percent=message.canary_percent,
            activate_time=time_from_message(message.activate_time) if message.HasField("activate_time") else None,
        )
