"""What may be written at the cursor: blocks, fields, words of an enum, references, facts and conditions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tuan_rules.checking.actions import VERDICTS
from tuan_rules.checking.describe import type_example
from tuan_rules.checking.types import walk
from tuan_rules.docs_zh import doc_in
from tuan_rules.lsp.cursor import Cursor
from tuan_rules.lsp.given import complete_given
from tuan_rules.lsp.locale import in_locale
from tuan_rules.lsp.names import Occurrence
from tuan_rules.lsp.suggestion import Suggestion
from tuan_rules.schema import BlockSchema, Field, FieldType, Kind
from tuan_rules.syntax.nodes import Path
from tuan_rules.syntax.read import read_block
from tuan_rules.vocabulary import Vocabulary

_ACTIONS = (
    ("set", "the price is this", "set($0)"),
    ("off", "this is taken off", "off($0)"),
    ("pay", "this part is paid", "pay($0)"),
)
_OF_FACTS = (Kind.PREDICATE, Kind.AMOUNT_EXPRESSION, Kind.ANY_EXPRESSION, Kind.SKU_SET, Kind.SHARE_OF)


def complete(
    cursor: Cursor, vocabulary: Vocabulary, names: Sequence[Occurrence], currency: str, language: str = "en"
) -> list[Suggestion]:
    """Everything that may stand at the cursor, first in the names of the language; editors narrow it by what is typed already."""
    found = _complete(cursor, vocabulary, names, currency, language)
    return [*in_locale(found, cursor, vocabulary, language), *found]


def _complete(
    cursor: Cursor, vocabulary: Vocabulary, names: Sequence[Occurrence], currency: str, language: str
) -> list[Suggestion]:
    if cursor.text_of is not None:
        return [
            Suggestion(o.label, "reference", f'{o.kind} "{o.label}"', o.label)
            for o in names
            if o.is_definition and o.kind == vocabulary.naming.blocks.of(cursor.text_of)
        ]
    schema = cursor.schema(vocabulary)
    if cursor.kinds and schema is None:
        return []
    if cursor.field:
        field = cursor.field_schema(vocabulary)
        if field is not None and field.type.kind is Kind.GIVEN and cursor.records:
            return complete_given(cursor, vocabulary, language, currency)
        return [] if field is None else list(_values(field, vocabulary, names, currency, language))
    written = {vocabulary.naming.fields(schema).of(name) for name in cursor.written} if schema else set()
    fields = [_field(field, language) for field in schema.fields if field.name not in written] if schema else []
    return fields + [_block(block, language) for block in vocabulary.allowed_in(schema).values()]


def _field(field: Field, language: str) -> Suggestion:
    required = ((" (required)", "（必填）")[language == "zh"]) if field.required else ""
    doc = doc_in(field.doc, language)
    return Suggestion(field.name, "field", f"{field.type}{required}: {doc}", f"{field.name} = $0")


def _block(schema: BlockSchema, language: str) -> Suggestion:
    label = ' "$0"' if schema.label_required else ""
    return Suggestion(
        schema.name, "block", doc_in(schema.doc, language), f"{schema.name}{label} {{\n  {'' if label else '$0'}\n}}"
    )


def _values(
    field: Field, vocabulary: Vocabulary, names: Sequence[Occurrence], currency: str, language: str
) -> Iterator[Suggestion]:
    field_type = field.type.item if field.type.kind is Kind.LIST_OF and field.type.item else field.type
    example = field.example or type_example(field.type, currency)
    yield Suggestion(example, "example", doc_in(field.doc, language), example)
    yield from _of_type(field_type, names, vocabulary)
    if field_type.kind in _OF_FACTS:
        for path, detail in facts(vocabulary).items():
            yield Suggestion(path, "fact", doc_in(detail, language), path)
        for predicate in vocabulary.predicates.values():
            yield Suggestion(predicate.name, "function", doc_in(predicate.doc, language), f"{predicate.name}($0)")
    if field_type.kind is Kind.PREDICATE:
        for occurrence in names:
            if occurrence.is_definition and occurrence.kind == "define":
                yield Suggestion(occurrence.label, "condition", "a named condition", occurrence.label)


def _of_type(field_type: FieldType, names: Sequence[Occurrence], vocabulary: Vocabulary) -> Iterator[Suggestion]:
    match field_type.kind:
        case Kind.ENUM:
            yield from (Suggestion(word, "value", str(field_type), word) for word in field_type.names)
        case Kind.BOOLEAN:
            yield from (Suggestion(word, "value", str(field_type), word) for word in ("true", "false"))
        case Kind.VERDICT:
            yield from (Suggestion(word, "value", str(field_type), word) for word in VERDICTS)
        case Kind.EVENT:
            yield from (Suggestion(event.name, "value", event.doc, event.name) for event in vocabulary.declared_events)
        case Kind.BLOCK_KIND:
            yield from (Suggestion(schema.name, "value", schema.doc, schema.name) for schema in vocabulary)
        case Kind.ACTIONS:
            docs = {name: action.doc for name, action in vocabulary.actions.items()}
            for name in vocabulary.actions_of(field_type):
                yield Suggestion(name, "function", docs.get(name, str(field_type)), f"{name}($0)")
        case Kind.PRICE_ACTION | Kind.PRICE_OR_LADDER:
            yield from (Suggestion(name, "function", doc, insert) for name, doc, insert in _ACTIONS)
        case Kind.REFERENCE:
            for occurrence in names:
                wanted = occurrence.kind in field_type.names if field_type.names else occurrence.kind != "package"
                if occurrence.is_definition and wanted:
                    text = f'{occurrence.kind} "{occurrence.label}"'
                    yield Suggestion(text, "reference", f"a {occurrence.kind}", text)


@lru_cache(maxsize=4)
def facts(vocabulary: Vocabulary) -> dict[str, str]:
    """Facts with what they are: those that are declared, and those that the examples of the vocabulary use."""
    found = {f"{record.name}.{fact.name}": fact.doc for record in vocabulary.facts.values() for fact in record.facts}
    for schema in vocabulary:
        for place in (schema, *schema.children):
            for field in place.fields:
                block, _ = read_block(f"b {{ x = {field.example} }}")
                for node in walk(block.fields[0].value) if block and block.fields else ():
                    if isinstance(node, Path) and len(node.names) > 1:
                        found.setdefault(str(node), f"used by {place.name}.{field.name}")
    return dict(sorted(found.items()))
