"""Files as they were read to files in the names of the vocabulary."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from tuan_rules.naming.rename import Renamer
from tuan_rules.naming.spelling import Spelling
from tuan_rules.naming.tables import Table
from tuan_rules.source import SourceFile, Span
from tuan_rules.syntax.nodes import Document
from tuan_rules.vocabulary import Vocabulary

#: Names; texts and comments are passed over.
_WORDS = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|([^\W\d]\w*)')


class Canonical(Renamer):
    """Remembers how a file spells what it gives other names."""

    def __init__(self, vocabulary: Vocabulary, definitions: frozenset[str]) -> None:
        super().__init__(vocabulary, definitions)
        self.used: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.locale = ""

    def rename(self, table: Table, written: str, span: Span, index: int = 0) -> str:  # noqa: ARG002 - names alone count
        name = table.of(written)
        if name != written:
            (self.fields if table.is_of_fields else self.used)[name] = written
            self.locale = next(alias.locale for alias in table.aliases[name] if alias.name == written)
        return name


def in_own_names(
    documents: Sequence[Document], sources: Sequence[SourceFile], vocabulary: Vocabulary
) -> tuple[list[Document], dict[str, Spelling]]:
    """The documents in the vocabulary's names, and how those files spell them that use others."""
    found: list[Document] = []
    spellings: dict[str, Spelling] = {}
    definitions = definitions_of(documents, vocabulary)
    for document, source in zip(documents, sources, strict=True):
        words = _WORDS.findall(unicodedata.normalize("NFC", source.text))
        if vocabulary.naming.every.isdisjoint(words):
            found.append(document)
            continue
        canonical = Canonical(vocabulary, definitions)
        blocks = tuple(canonical.block(block) for block in document.blocks)
        broken = tuple(replace(each, kind=vocabulary.naming.blocks.of(each.kind)) for each in document.broken)
        found.append(replace(document, blocks=blocks, broken=broken))
        if canonical.locale:
            usual = vocabulary.naming.usual(canonical.locale)
            used = {**canonical.fields, **canonical.used}
            spellings[source.name] = Spelling(source.text, canonical.locale, used, canonical.fields, usual)
    return found, spellings


def definitions_of(documents: Sequence[Document], vocabulary: Vocabulary) -> frozenset[str]:
    """The names of conditions of a package."""
    heads = [(block.kind, block.label) for document in documents for block in document.blocks]
    heads += [(block.kind, block.label) for document in documents for block in document.broken]
    return frozenset(label for kind, label in heads if vocabulary.naming.blocks.of(kind) == "define")
