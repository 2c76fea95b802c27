"""The vocabulary as text for a terminal and as Markdown for the docs."""

from __future__ import annotations

from tuan_rules.docs_zh import doc_in
from tuan_rules.schema import BlockSchema, Field
from tuan_rules.vocabulary import Vocabulary

_WORDS = {
    "en": ("required", "in", "may contain"),
    "zh": ("必填", "位于", "可包含"),
}


def describe_vocabulary(vocabulary: Vocabulary, language: str = "en") -> str:
    """Every block with its fields, every fact and every event, for a terminal."""
    parts = [_describe(schema, language, "") for schema in vocabulary]
    for record in vocabulary.facts.values():
        lines = [f"{record.name}.*  {doc_in(record.doc, language)}"]
        parts.append(
            "\n".join(
                [
                    *lines,
                    *(
                        f"  {record.name}.{fact.name}: {fact.type}  {doc_in(fact.doc, language)}"
                        for fact in record.facts
                    ),
                ]
            )
        )
    if vocabulary.declared_events:
        parts.append("\n".join(f"{event.name}  {doc_in(event.doc, language)}" for event in vocabulary.declared_events))
    return "\n\n".join(parts)


def _describe(schema: BlockSchema, language: str, indent: str) -> str:
    required, inside, contains = _WORDS[language]
    label = ' "label"' if schema.label_required else ""
    lines = [f"{indent}{schema.name}{label}  {doc_in(schema.doc, language)}"]
    if schema.parents:
        lines.append(f"{indent}  ({inside} {', '.join(parent or '-' for parent in schema.parents)})")
    for field in schema.fields:
        mark = f" ({required})" if field.required else ""
        example = f"   {field.name} = {field.example}" if field.example else ""
        lines.append(f"{indent}  {field.name}: {field.type}{mark}  {doc_in(field.doc, language)}{example}")
    for child in schema.children:
        lines.append(f"{indent}  {contains}:")
        lines.append(_describe(child, language, indent + "    "))
    return "\n".join(lines)


def markdown_reference(vocabulary: Vocabulary) -> str:
    """A section with a table per block; `docs/rules_language.md` holds that of the core, and a test compares."""
    return "\n\n".join(_section(schema, None) for schema in vocabulary)


def markdown_facts(vocabulary: Vocabulary) -> str:
    """A table of all facts, and one of all events; `docs/rules_language.md` holds them, and a test compares."""
    lines = ["| fact | type | meaning |", "|---|---|---|"]
    for record in sorted(vocabulary.facts.values(), key=lambda record: record.name):
        lines += [f"| `{record.name}.{fact.name}` | {fact.type} | {fact.doc} |" for fact in record.facts]
    lines += ["", "| event | when |", "|---|---|"]
    lines += [f"| `{event.name}` | {event.doc} |" for event in vocabulary.declared_events]
    return "\n".join(lines)


def _section(schema: BlockSchema, parent: BlockSchema | None) -> str:
    place = f" (in `{parent.name}`)" if parent else ""
    lines = [
        f"### `{schema.name}`{place}",
        "",
        schema.doc,
        "",
        "| field | type | meaning | example |",
        "|---|---|---|---|",
    ]
    lines += [_row(field) for field in schema.fields]
    sections = ["\n".join(lines), *(_section(child, schema) for child in schema.children)]
    return "\n\n".join(sections)


def _row(field: Field) -> str:
    name = f"**`{field.name}`**" if field.required else f"`{field.name}`"
    example = f"`{field.example}`" if field.example else ""
    return f"| {name} | {field.type} | {field.doc} | {example} |"
