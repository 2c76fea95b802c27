"""The vocabulary as text for a terminal and as Markdown for the docs."""

from __future__ import annotations

from tuan_rules.actions import Action
from tuan_rules.docs_zh import doc_in
from tuan_rules.naming.tables import Naming, Table, every_schema
from tuan_rules.predicates import Predicate
from tuan_rules.schema import BlockSchema, Field
from tuan_rules.vocabulary import Vocabulary

_WORDS = {
    "en": ("required", "in", "may contain"),
    "zh": ("必填", "位于", "可包含"),
}


def describe_vocabulary(vocabulary: Vocabulary, language: str = "en") -> str:
    """Every block with its fields, fact, event, predicate and action, for a terminal; names and docs also in the language."""
    naming = vocabulary.naming
    parts = [_describe(schema, language, "", naming) for schema in vocabulary]
    for record in vocabulary.facts.values():
        lines = [f"{record.name}.*{_also(naming.records, record.name, language)}  {doc_in(record.doc, language)}"]
        for fact in record.facts:
            other = _also(naming.facts[record.name], fact.name, language)
            lines.append(f"  {record.name}.{fact.name}{other}: {fact.type}  {doc_in(fact.doc, language)}")
        parts.append("\n".join(lines))
    if vocabulary.declared_events:
        events = [
            f"{event.name}{_also(naming.events, event.name, language)}  {doc_in(event.doc, language)}"
            for event in vocabulary.declared_events
        ]
        parts.append("\n".join(events))
    parts += [_function(each, naming, language) for each in vocabulary.predicates.values()]
    parts += [_function(each, naming, language) for each in vocabulary.actions.values()]
    return "\n\n".join(parts)


def _function(declared: Predicate | Action, naming: Naming, language: str) -> str:
    gives = f": {_result(declared)}" if isinstance(declared, Predicate) else ""
    names = ", ".join(each.name for each in declared.parameters)
    other = _also(naming.functions, declared.name, language)
    lines = [f"{declared.name}({names}){gives}{other}  {doc_in(declared.doc, language)}"]
    if isinstance(declared, Predicate) and declared.means:
        lines.append(f"  = {declared.means}")
    for each in declared.parameters:
        other = _also(naming.parameters(declared.name), each.name, language)
        lines.append(f"  {each.name}{other}: {each.type}  {doc_in(each.doc, language)}")
    return "\n".join(lines)


def _result(predicate: Predicate) -> str:
    return f"{predicate.result}?" if predicate.function is not None else str(predicate.result)


def _also(table: Table, name: str, language: str) -> str:
    names = [alias.name for alias in table.aliases.get(name, ()) if alias.locale == language]
    return f"（{'、'.join(names)}）" if names else ""


def _describe(schema: BlockSchema, language: str, indent: str, naming: Naming) -> str:
    required, inside, contains = _WORDS[language]
    label = ' "label"' if schema.label_required else ""
    lines = [
        f"{indent}{schema.name}{_also(naming.blocks, schema.name, language)}{label}  {doc_in(schema.doc, language)}"
    ]
    if schema.parents:
        lines.append(f"{indent}  ({inside} {', '.join(parent or '-' for parent in schema.parents)})")
    for field in schema.fields:
        mark = f" ({required})" if field.required else ""
        example = f"   {field.name} = {field.example}" if field.example else ""
        other = _also(naming.fields(schema), field.name, language)
        lines.append(f"{indent}  {field.name}{other}: {field.type}{mark}  {doc_in(field.doc, language)}{example}")
    for child in schema.children:
        lines.append(f"{indent}  {contains}:")
        lines.append(_describe(child, language, indent + "    ", naming))
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


def markdown_functions(vocabulary: Vocabulary) -> str:
    """A table of the predicates and actions that plugins declare."""
    lines = ["| function | gives | meaning |", "|---|---|---|"]
    lines += [f"| `{each.usage}` | {_result(each)} | {each.doc} |" for each in vocabulary.predicates.values()]
    lines += [f"| `{each.usage}` | action | {each.doc} |" for each in vocabulary.actions.values()]
    return "\n".join(lines)


def markdown_names(vocabulary: Vocabulary, locale: str) -> str:
    """A table of the names that a locale has for those of the vocabulary; `docs/rules_language.md` holds it, and a test compares."""
    naming = vocabulary.naming
    rows: dict[str, Table] = {"blocks": naming.blocks}
    for schema in every_schema(vocabulary):
        rows[f"fields of `{schema.name}`"] = naming.fields(schema)
    rows["records of facts"] = naming.records
    rows |= {f"facts of `{record}`": table for record, table in sorted(naming.facts.items())}
    rows |= {
        "facts of items of lists": naming.members, "words": naming.words, "events": naming.events, "functions": naming.functions,
        "arguments, and keys of `given`": naming.arguments,
    }  # fmt: skip
    lines = ["| what | names |", "|---|---|"]
    for what, table in rows.items():
        pairs = {
            name: [alias.name for alias in aliases if alias.locale == locale] for name, aliases in table.aliases.items()
        }
        shown = " · ".join(f"`{name}` {'、'.join(names)}" for name, names in sorted(pairs.items()) if names)
        if shown:
            lines.append(f"| {what} | {shown} |")
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
