"""What may be written in `given = { ... }` of a test: records, their facts, lines, and the values of a fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tuan_rules.checking.describe import fact_example
from tuan_rules.checking.given import OF_GIVEN, OF_LINE, is_given
from tuan_rules.docs_zh import doc_in
from tuan_rules.facts import Base, Fact, Per, Type
from tuan_rules.lsp.cursor import Cursor
from tuan_rules.lsp.suggestion import Suggestion
from tuan_rules.vocabulary import Vocabulary

_DETAILS = {
    "lines": ("what is bought", "购买的商品行", "lines: [ { $0 } ]"),
    "shipping": ("what shipping costs", "运费", "shipping: $0"),
    "budgets": ("what is left of budgets, by label", "各预算的余额，按标签", "budgets: { $0 }"),
    "counts": ("what counters have counted", "计数器的值", "counts: { $0 }"),
}


def complete_given(cursor: Cursor, vocabulary: Vocabulary, language: str, currency: str) -> list[Suggestion]:
    """Everything that may stand at a cursor inside the braces of `given`."""
    path = [name for name in cursor.records if name]
    facts = {fact.name: fact for fact in _facts(path, vocabulary)}
    if cursor.entry:
        fact = facts.get(cursor.entry)
        return list(_values(fact.type, currency)) if fact is not None else []
    if path:
        return [
            Suggestion(f.name, "fact", f"{f.type}: {doc_in(f.doc, language)}", f"{f.name}: $0") for f in facts.values()
        ]
    records = [record for record in vocabulary.facts.values() if record.per is Per.CART]
    found = [Suggestion(r.name, "fact", doc_in(r.doc, language), f"{r.name}: {{ $0 }}") for r in records]
    return found + [
        Suggestion(name, "fact", _DETAILS[name][language == "zh"], _DETAILS[name][2]) for name in OF_GIVEN
    ]  # fmt: skip


def _facts(path: list[str], vocabulary: Vocabulary) -> Iterable[Fact]:
    """The facts that the record around the cursor may have."""
    if not path:
        return ()
    record = vocabulary.facts.get("line" if path[0] == "lines" else path[0])
    if record is None or (path[0] != "lines" and record.per is not Per.CART):
        return ()
    facts = [fact for fact in record.facts if is_given(record.name, fact)]
    for name in path[1:]:
        inner = next((fact.type for fact in facts if fact.name == name), None)
        facts = list((inner.item or inner).facts) if inner is not None else []
    known = {fact.name for fact in facts}
    own = [Fact(name, type_, "") for name, type_ in OF_LINE.items() if name not in known] if path == ["lines"] else []
    return [*own, *facts]


def _values(type_: Type, currency: str) -> Iterator[Suggestion]:
    words = {Base.BOOLEAN: ("true", "false"), Base.CHOICE: type_.names}.get(type_.base, ())
    for word in words or (fact_example(type_, currency),):
        yield Suggestion(word, "value", str(type_), word)
