"""The result of a check: typed blocks of one package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tuan_rules.diagnostics.model import Diagnostic, Severity
from tuan_rules.source import Span
from tuan_rules.typing.tree import Typed
from tuan_rules.values import Window


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """One block whose fields have their types.

    `values` holds every field of the schema, absent ones with their default. `window` is when the block is active:
    its own `active` field, met with that of the campaign plan that enables it; None when neither says.
    `field_spans` is where each written value stands and `head_span` its kind and label, for lints. `typed` holds the typed form
    of conditions and amounts, where the vocabulary declares facts. `named_in` is the schema's.
    """

    kind: str
    label: str
    values: Mapping[str, object]
    children: tuple[CheckedBlock, ...]
    span: Span
    window: Window | None = None
    field_spans: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False)
    head_span: Span | None = field(default=None, compare=False, repr=False)
    typed: Mapping[str, Typed] = field(default_factory=dict, compare=False, repr=False)
    named_in: str = ""

    def children_of(self, kind: str) -> tuple[CheckedBlock, ...]:
        """The nested blocks of that kind, in the order of the file."""
        return tuple(child for child in self.children if child.kind == kind)


@dataclass(frozen=True)
class CheckedPackage:
    """A package without errors. `ruleset_hash` is 64 hex digits; formatting, comments and order do not change it."""

    name: str
    version: str
    zone: str
    currency: str
    blocks: tuple[CheckedBlock, ...]
    ruleset_hash: str

    def blocks_of(self, kind: str) -> tuple[CheckedBlock, ...]:
        """The top-level blocks of that kind, by label."""
        return tuple(block for block in self.blocks if block.kind == kind)

    def block(self, kind: str, label: str) -> CheckedBlock | None:
        """The top-level block of that kind and label."""
        return next((block for block in self.blocks if (block.kind, block.label) == (kind, label)), None)


@dataclass(frozen=True)
class CheckResult:
    """`package` is None exactly when a diagnostic is an error.

    `lints` are those of the diagnostics that judge what is written correctly: what the lints of schemas found, whatever
    its severity, and every warning and hint.
    """

    package: CheckedPackage | None
    diagnostics: tuple[Diagnostic, ...]
    lints: tuple[Diagnostic, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that stop publication."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)
