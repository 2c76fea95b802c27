"""The vocabulary as text for a terminal and as Markdown for the docs."""

from __future__ import annotations

from tuan_rules.facts import FactRecord, Per
from tuan_rules.schema import BlockSchema, Field
from tuan_rules.vocabulary import Vocabulary

_WORDS = {
    "en": ("required", "in", "may contain"),
    "zh": ("必填", "位于", "可包含"),
}
_FACTS = {"en": ("facts", "facts of each line"), "zh": ("事实", "每行的事实")}


def describe_vocabulary(vocabulary: Vocabulary, language: str = "en") -> str:
    """Every block with its fields, then every fact, for a terminal."""
    blocks = [_describe(schema, _WORDS[language], "") for schema in vocabulary]
    return "\n\n".join([*blocks, *(_describe_facts(record, language) for record in _records(vocabulary))])


def _records(vocabulary: Vocabulary) -> list[FactRecord]:
    return sorted(vocabulary.facts.values(), key=lambda record: record.name)


def _describe_facts(record: FactRecord, language: str) -> str:
    what = _FACTS[language][record.per is Per.LINE]
    lines = [f"{record.name}  ({what})  {record.doc}"]
    return "\n".join([*lines, *(f"  {record.name}.{fact.name}: {fact.type}  {fact.doc}" for fact in record.facts)])


def _describe(schema: BlockSchema, words: tuple[str, str, str], indent: str) -> str:
    required, inside, contains = words
    label = ' "label"' if schema.label_required else ""
    lines = [f"{indent}{schema.name}{label}  {schema.doc}"]
    if schema.parents:
        lines.append(f"{indent}  ({inside} {', '.join(parent or '-' for parent in schema.parents)})")
    for field in schema.fields:
        mark = f" ({required})" if field.required else ""
        example = f"   {field.name} = {field.example}" if field.example else ""
        lines.append(f"{indent}  {field.name}: {field.type}{mark}  {field.doc}{example}")
    for child in schema.children:
        lines.append(f"{indent}  {contains}:")
        lines.append(_describe(child, words, indent + "    "))
    return "\n".join(lines)


def markdown_reference(vocabulary: Vocabulary) -> str:
    """A section with a table per block and per record of facts; `docs/rules_language.md` holds those that are built in."""
    blocks = [_section(schema, None) for schema in vocabulary]
    return "\n\n".join([*blocks, *(_facts_section(record) for record in _records(vocabulary))])


def _facts_section(record: FactRecord) -> str:
    of_line = " Every line has its own." if record.per is Per.LINE else ""
    lines = [
        f"### Facts of `{record.name}`",
        "",
        record.doc + of_line,
        "",
        "| fact | type | meaning |",
        "|---|---|---|",
    ]
    return "\n".join(
        [*lines, *(f"| `{record.name}.{fact.name}` | {fact.type} | {fact.doc} |" for fact in record.facts)]
    )


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
