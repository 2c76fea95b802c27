# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `rules.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import rules_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
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


class RulesetState(WireEnum):
    """Whether a ruleset prices new orders."""

    UNSPECIFIED = 0
    """Never sent; in a filter: any."""
    ACTIVE = 1
    """The package's current version."""
    RETIRED = 2
    """Replaced; orders that it priced still name it."""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of a rule package."""

    name: str
    """Its name, 1 to 128 bytes, as diagnostics repeat it: "spring.tuan"."""
    text: str
    """UTF-8, at most 65,536 bytes."""

    def to_message(self) -> rules_pb2.RuleFile:
        return rules_pb2.RuleFile(
            name=self.name,
            text=self.text,
        )

    @classmethod
    def from_message(cls, message: rules_pb2.RuleFile) -> RuleFile:
        return cls(
            name=message.name,
            text=message.text,
        )


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
    def from_message(cls, message: rules_pb2.Span) -> Span:
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
    def from_message(cls, message: rules_pb2.Diagnostic) -> Diagnostic:
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
    def from_message(cls, message: rules_pb2.RelatedSpan) -> RelatedSpan:
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
    def from_message(cls, message: rules_pb2.Fix) -> Fix:
        return cls(
            title=message.title,
            span=Span.from_message(message.span),
            replacement=message.replacement,
        )


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A published version of a rule package."""

    ruleset_hash: str
    """SHA-256 of its canonical content, 64 hex digits: its name."""
    package: str
    """Name of the package: "fresh.spring"."""
    state: RulesetState
    """Whether it prices new orders."""
    publish_time: datetime
    """When it was published first."""
    version: str = ""
    """Version as its author wrote it: "1.4.0"."""
    files: tuple[RuleFile, ...] = ()
    """Left out of lists."""

    @classmethod
    def from_message(cls, message: rules_pb2.Ruleset) -> Ruleset:
        return cls(
            ruleset_hash=message.ruleset_hash,
            package=message.package,
            version=message.version,
            state=RulesetState(message.state),
            publish_time=time_from_message(message.publish_time),
            files=tuple(RuleFile.from_message(item) for item in message.files),
        )


@dataclass(frozen=True, slots=True)
class CheckRulesResponse:
    """What the check found."""

    diagnostics: tuple[Diagnostic, ...] = ()
    """By file, then by place. At most 1,000."""
    publishable: bool = False
    """True: there is no error, the package could be published."""

    @classmethod
    def from_message(cls, message: rules_pb2.CheckRulesResponse) -> CheckRulesResponse:
        return cls(
            diagnostics=tuple(Diagnostic.from_message(item) for item in message.diagnostics),
            publishable=message.publishable,
        )


@dataclass(frozen=True, slots=True)
class PublishRulesResponse:
    """What was published."""

    ruleset: Ruleset
    """The ruleset, without its files."""
    activity_ids: tuple[str, ...] = ()
    """Activities that it has provisioned, by start time."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Warnings and hints."""

    @classmethod
    def from_message(cls, message: rules_pb2.PublishRulesResponse) -> PublishRulesResponse:
        return cls(
            ruleset=Ruleset.from_message(message.ruleset),
            activity_ids=tuple(message.activity_ids),
            diagnostics=tuple(Diagnostic.from_message(item) for item in message.diagnostics),
        )
