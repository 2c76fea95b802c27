"""What the word under the cursor means: the doc of a block or a field, or the block that a reference names."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_rules.actions import Action
from tuan_rules.lsp.cursor import Cursor
from tuan_rules.lsp.locale import meant
from tuan_rules.lsp.names import Occurrence
from tuan_rules.predicates import Predicate
from tuan_rules.schema import BlockSchema, Field
from tuan_rules.vocabulary import Vocabulary


def explain_word(word: str, cursor: Cursor, vocabulary: Vocabulary) -> str | None:
    """Markdown about a word at a place; None when the vocabulary says nothing about it."""
    schema, word = cursor.schema(vocabulary), meant(word, cursor, vocabulary)
    if field := schema.field(word) if schema and not cursor.field else None:
        return explain_field(field, schema)
    if not cursor.field and (block := vocabulary.allowed_in(schema).get(word)):
        return explain_block(block)
    if declared := (vocabulary.predicates.get(word) or vocabulary.actions.get(word)) if cursor.field else None:
        return explain_function(declared)
    # In a value: an enum's word and everything else is explained by the field that it is given to.
    if inside := cursor.field_schema(vocabulary):
        return explain_field(inside, schema)
    return None


def explain_block(schema: BlockSchema) -> str:
    """Doc, fields and an example."""
    fields = [f"- `{field.name}`{' (required)' if field.required else ''}: {field.doc}" for field in schema.fields]
    example = ["", "```tuan", schema.example, "```"] if schema.example else []
    return "\n".join([f"**{schema.name}**: {schema.doc}", "", *fields, *example])


def explain_function(declared: Predicate | Action) -> str:
    """A predicate or an action: how it is called, what it takes, and what it gives."""
    gives = f" ({declared.result})" if isinstance(declared, Predicate) else ""
    rows = [f"- `{each.name}` ({each.type}): {each.doc}" for each in declared.parameters]
    return "\n".join([f"**{declared.name}**{gives}: {declared.doc}", "", *rows, "", "```tuan", declared.usage, "```"])


def explain_field(field: Field, schema: BlockSchema | None) -> str:
    """Doc, type, whether it is required, and an example."""
    head = f"**{schema.name}.{field.name}**" if schema else f"**{field.name}**"
    required = ", required" if field.required else ""
    example = ["", "```tuan", f"{field.name} = {field.example}", "```"] if field.example else []
    return "\n".join([f"{head} ({field.type}{required}): {field.doc}", *example])


def explain_reference(occurrence: Occurrence, names: Sequence[Occurrence], vocabulary: Vocabulary) -> str:
    """Which block a label belongs to, and how often it is referred to."""
    uses = sum(1 for o in names if not o.is_definition and (o.kind, o.label) == (occurrence.kind, occurrence.label))
    schema = vocabulary.get(occurrence.kind)
    doc = f": {schema.doc}" if schema else ""
    return f'**{occurrence.kind} "{occurrence.label}"**{doc}\n\nReferences: {uses}'
