"""Completions in the names of the author's language, and those names back to the vocabulary's for hover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tuan_rules.lsp.cursor import Cursor
from tuan_rules.lsp.suggestion import Suggestion
from tuan_rules.naming.tables import Table
from tuan_rules.vocabulary import Vocabulary


def in_locale(found: Sequence[Suggestion], cursor: Cursor, vocabulary: Vocabulary, locale: str) -> Iterator[Suggestion]:
    """Those of the suggestions whose names the locale has others for; the detail says which name is meant."""
    for each in found:
        spelt = _spelt(each, cursor, vocabulary, locale)
        if spelt is not None:
            insert = each.insert.replace(each.label, spelt, 1)
            yield replace(each, label=spelt, insert=insert, detail=f"{each.label}: {each.detail}")


def _spelt(each: Suggestion, cursor: Cursor, vocabulary: Vocabulary, locale: str) -> str | None:
    naming = vocabulary.naming
    match each.kind:
        case "block":
            return _of(naming.blocks, each.label, locale)
        case "function":
            return _of(naming.functions, each.label, locale)
        case "field" if (schema := cursor.schema(vocabulary)) is not None:
            return _of(naming.fields(schema), each.label, locale)
        case "fact":
            record, _, name = each.label.partition(".")
            table = naming.facts.get(record)
            fact = _of(table, name, locale) if table is not None else None
            return f"{_of(naming.records, record, locale) or record}.{fact}" if fact is not None else None
        case "value" if (field := cursor.field_schema(vocabulary)) is not None:
            item = field.type.item or field.type
            tables = (naming.words_of(item), naming.words, naming.events, naming.blocks)
            return next((spelt for table in tables if (spelt := _of(table, each.label, locale))), None)
    return None


def _of(table: Table, name: str, locale: str) -> str | None:
    return table.spelt.get(locale, {}).get(name)


def meant(word: str, cursor: Cursor, vocabulary: Vocabulary) -> str:
    """The vocabulary's name of a word under the cursor."""
    naming = vocabulary.naming
    schema = cursor.schema(vocabulary)
    if not cursor.field:
        tables = [naming.blocks] if schema is None else [naming.fields(schema), naming.blocks]
        return next((table.of(word) for table in tables if word in table.to), word)
    if "." in word:
        record, _, name = word.partition(".")
        record = naming.records.of(record)
        return f"{record}.{naming.facts[record].of(name)}" if record in naming.facts else word
    return naming.functions.of(word)
