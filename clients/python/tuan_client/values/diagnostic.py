# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `diagnostic.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_api.v1 import diagnostic_pb2
from tuan_client.convert import (
    WireEnum,
)


class Severity(WireEnum):
    """How much a diagnostic matters."""

    UNSPECIFIED = 0
    """Never sent."""
    ERROR = 1
    """The package cannot be published."""
    WARNING = 2
    """It can be published, but is probably not meant so."""
    HINT = 3
    """A suggestion."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a rule file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str = ""
    """Name of the file."""
    start_line: int = 0
    """First line."""
    start_column: int = 0
    """Column of the first character."""
    end_line: int = 0
    """Last line."""
    end_column: int = 0
    """Column after the last character."""

    @classmethod
    def from_message(cls, message: diagnostic_pb2.Span) -> Span:
        return cls(
            file=message.file,
            start_line=message.start_line,
            start_column=message.start_column,
            end_line=message.end_line,
            end_column=message.end_column,
        )


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something about a rule file that its author should know."""

    code: str
    """Stable code with a page in the docs: "TR-103"."""
    severity: Severity
    """How much it matters."""
    message: str
    """What is wrong and what to write instead."""
    span: Span
    """Where."""
    related: tuple[RelatedSpan, ...] = ()
    """Other places that belong to it, such as the first of two equal names."""
    fix: Fix | None = None
    """A change that settles it, if there is one."""

    @classmethod
    def from_message(cls, message: diagnostic_pb2.Diagnostic) -> Diagnostic:
        return cls(
            code=message.code,
            severity=Severity(message.severity),
            message=message.message,
            span=Span.from_message(message.span),
            related=tuple(RelatedSpan.from_message(item) for item in message.related),
            fix=Fix.from_message(message.fix) if message.HasField("fix") else None,
        )


@dataclass(frozen=True, slots=True)
class RelatedSpan:
    """A secondary place of a diagnostic."""

    span: Span
    """Where."""
    message: str
    """What is there."""

    @classmethod
    def from_message(cls, message: diagnostic_pb2.RelatedSpan) -> RelatedSpan:
        return cls(
            span=Span.from_message(message.span),
            message=message.message,
        )


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that settles a diagnostic: the text at the span is to be replaced."""

    title: str
    """What it does, for a person: "write `limit`"."""
    span: Span
    """What to replace; empty (start = end) for an insertion."""
    replacement: str = ""
    """What to put there."""

    @classmethod
    def from_message(cls, message: diagnostic_pb2.Fix) -> Fix:
        return cls(
            title=message.title,
            span=Span.from_message(message.span),
            replacement=message.replacement,
        )
