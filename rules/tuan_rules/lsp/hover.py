"""What the word under the cursor means: the doc of a block, a field or a fact, or the block that a reference names."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_rules.actions import Action
from tuan_rules.docs_zh import doc_in
from tuan_rules.lsp.cursor import Cursor
from tuan_rules.lsp.locale import meant
from tuan_rules.lsp.names import Occurrence
from tuan_rules.predicates import Predicate
from tuan_rules.schema import BlockSchema, Field
from tuan_rules.vocabulary import Vocabulary

_WORDS = {
    "en": {"required": "required", "references": "References", "between": ", ", "doc": ": "},
    "zh": {"required": "必填", "references": "引用次数", "between": "，", "doc": "："},
}


def explain_word(word: str, cursor: Cursor, vocabulary: Vocabulary, language: str = "en") -> str | None:
    """Markdown about a word at a place; None when the vocabulary says nothing about it."""
    schema, word = cursor.schema(vocabulary), meant(word, cursor, vocabulary)
    if field := schema.field(word) if schema and not cursor.field else None:
        return explain_field(field, schema, language)
    if not cursor.field and (block := vocabulary.allowed_in(schema).get(word)):
        return explain_block(block, language)
    if declared := (vocabulary.predicates.get(word) or vocabulary.actions.get(word)) if cursor.field else None:
        return explain_function(declared, language)
    if cursor.field and (fact := explain_fact(word, vocabulary, language)):
        return fact
    # In a value: an enum's word and everything else is explained by the field that it is given to.
    if inside := cursor.field_schema(vocabulary):
        return explain_field(inside, schema, language)
    return None


def explain_block(schema: BlockSchema, language: str = "en") -> str:
    """Doc, fields and an example."""
    words = _WORDS[language]
    required = f" ({words['required']})"
    fields = [
        f"- `{field.name}`{required if field.required else ''}{words['doc']}{doc_in(field.doc, language)}"
        for field in schema.fields
    ]
    example = ["", "```tuan", schema.example, "```"] if schema.example else []
    return "\n".join([f"**{schema.name}**{words['doc']}{doc_in(schema.doc, language)}", "", *fields, *example])


def explain_function(declared: Predicate | Action, language: str = "en") -> str:
    """A predicate or an action: how it is called, what it takes, and what it gives."""
    gives, sign = f" ({declared.result})" if isinstance(declared, Predicate) else "", _WORDS[language]["doc"]
    rows = [f"- `{each.name}` ({each.type}){sign}{doc_in(each.doc, language)}" for each in declared.parameters]
    head = f"**{declared.name}**{gives}{sign}{doc_in(declared.doc, language)}"
    return "\n".join([head, "", *rows, "", "```tuan", declared.usage, "```"])


def explain_field(field: Field, schema: BlockSchema | None, language: str = "en") -> str:
    """Doc, type, whether it is required, and an example."""
    words = _WORDS[language]
    head = f"**{schema.name}.{field.name}**" if schema else f"**{field.name}**"
    required = words["between"] + words["required"] if field.required else ""
    example = ["", "```tuan", f"{field.name} = {field.example}", "```"] if field.example else []
    return "\n".join([f"{head} ({field.type}{required}){words['doc']}{doc_in(field.doc, language)}", *example])


def explain_fact(path: str, vocabulary: Vocabulary, language: str = "en") -> str | None:
    """Doc and type of `buyer.level`; None for what is no fact."""
    name, _, rest = path.partition(".")
    record = vocabulary.facts.get(name)
    fact = record.fact(rest) if record is not None else None
    return None if fact is None else f"**{path}** ({fact.type}){_WORDS[language]['doc']}{doc_in(fact.doc, language)}"


def explain_reference(
    occurrence: Occurrence, names: Sequence[Occurrence], vocabulary: Vocabulary, language: str = "en"
) -> str:
    """Which block a label belongs to, and how often it is referred to."""
    words = _WORDS[language]
    uses = sum(1 for o in names if not o.is_definition and (o.kind, o.label) == (occurrence.kind, occurrence.label))
    schema = vocabulary.get(occurrence.kind)
    doc = words["doc"] + doc_in(schema.doc, language) if schema else ""
    return f'**{occurrence.kind} "{occurrence.label}"**{doc}\n\n{words["references"]}{words["doc"]}{uses}'
