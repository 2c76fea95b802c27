"""What every step of the check knows: the package's zone and currency, the vocabulary, and where to report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.schema import BlockSchema
from tuan_rules.source import SourceFile, Span
from tuan_rules.syntax.nodes import BlockNode, Expression
from tuan_rules.values import Reference
from tuan_rules.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tuan_rules.typing.infer import Typer


class Failed:
    """The value of what was reported already."""


FAILED: Final = Failed()


@dataclass(frozen=True, slots=True)
class Seen:
    """A reference that must name an existing block, and where it stands."""

    reference: Reference
    span: Span


@dataclass
class Context:
    """Shared state of one check."""

    report: Reporter
    vocabulary: Vocabulary
    sources: dict[str, SourceFile]
    zone: str = "UTC"
    currency: str = "CNY"
    references: list[Seen] = field(default_factory=list)
    typer: Typer | None = None
    """None where the vocabulary declares no facts: conditions then stay trees, and nothing can run them."""
    lints: list[Diagnostic] = field(default_factory=list)

    def too_many(self, span: Span, what: tuple[str, str], count: int, unit: tuple[str, str], limit: int) -> Failed:
        """Reports that `what` holds too many of `unit`, both in English and Chinese."""
        self.report.add(
            "TR-213", span, what=what[0], what_zh=what[1], count=count, unit=unit[0], unit_zh=unit[1], limit=limit
        )
        return FAILED

    def spelt(self, name: str, span: Span) -> str:
        """A name of the vocabulary as the file under the span spells it."""
        spelling = self.report.spellings.get(span.file)
        return spelling.code(name, span) if spelling is not None else name

    def field_name(self, schema: BlockSchema, name: str, span: Span) -> str:
        """A field of a block as the language of the file under the span names it."""
        spelling = self.report.spellings.get(span.file)
        locale = spelling.locale if spelling is not None else ""
        return self.vocabulary.naming.fields(schema).spelt.get(locale, {}).get(name, name)

    def text_of(self, node: Expression | BlockNode) -> str:
        """The source text of a node, on one line."""
        return self.text_at(node.span)

    def text_at(self, span: Span) -> str:
        """The source text under a span, on one line."""
        source = self.sources.get(span.file)
        return " ".join(source.text[span.offset : span.end_offset].split()) if source else ""
