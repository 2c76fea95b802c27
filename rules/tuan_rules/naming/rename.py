"""A walk over the names of a file, each with what it may be called there: to the names of the vocabulary, or to those of a language.

`Canonical` gives the tree in the vocabulary's names, from which everything after it works: the same rules have the same hash in whatever
language they are written. `Translated` gives the places that have other names in a language, for `fmt --locale`.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cache
from typing import Any, cast

from tuan_rules.facts import Per
from tuan_rules.naming.tables import Naming, Table
from tuan_rules.schema import BlockSchema, FieldType, Kind
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.vocabulary import Vocabulary

_NAME = re.compile(r"[^\W\d][\w\u0300-\u036f\u3099\u309a]*")
_EACH = re.compile(r"\beach\s+([^\W\d]\w*)")
#: Fields whose bare words are no names of conditions.
_OF_WORDS = (Kind.ENUM, Kind.VERDICT, Kind.EVENT, Kind.BLOCK_KIND, Kind.SCHEDULE, Kind.SETTLEMENT, Kind.ACTIONS)


class Renamer(ABC):
    """Walks blocks. `rename` says what a name becomes."""

    def __init__(self, vocabulary: Vocabulary, definitions: Iterable[str] = ()) -> None:
        """`definitions`: labels of `define` blocks, which are names of their own."""
        self.vocabulary = vocabulary
        self.naming: Naming = vocabulary.naming
        self._definitions = frozenset(definitions)
        self._variables: tuple[str, ...] = ()

    @abstractmethod
    def rename(self, table: Table, written: str, span: Span, index: int = 0) -> str:
        """The new name of what is written; `index`: which of the words under the span it is, -1: all that it has."""

    def block(self, block: nodes.BlockNode, parent: BlockSchema | None = None) -> nodes.BlockNode:
        """The block in other names; what the vocabulary does not know stays as it is."""
        kind = self.naming.blocks.of(block.kind)
        schema = self.vocabulary.allowed_in(parent).get(kind)
        renamed = self.rename(self.naming.blocks, block.kind, block.kind_span)
        if schema is None:
            return replace(block, kind=renamed)
        items = tuple(
            self.block(item, schema) if isinstance(item, nodes.BlockNode) else self._field(item, schema)
            for item in block.items
        )
        return replace(block, kind=renamed, items=items)

    def _field(self, node: nodes.FieldNode, schema: BlockSchema) -> nodes.FieldNode:
        table = self.naming.fields(schema)
        field = schema.field(table.of(node.name))
        name = self.rename(table, node.name, node.name_span)
        value = self._value(node.value, field.type) if field is not None else node.value
        return replace(node, name=name, value=value)

    def _value(self, node: nodes.Expression, field_type: FieldType) -> nodes.Expression:
        """A value by the type of its field."""
        match field_type.kind, node:
            case ((Kind.LIST_OF | Kind.LADDER_OF), nodes.ListExpression(items=items)) if field_type.item is not None:
                item = field_type.item
                return replace(node, items=tuple(self._item(each, item) for each in items))
            case Kind.LIST_OF, _ if field_type.item is not None:
                return self._value(node, field_type.item)
            case Kind.MAP_OF, nodes.RecordExpression(entries=entries) if field_type.item is not None:
                item = field_type.item
                return replace(node, entries=tuple(replace(e, value=self._value(e.value, item)) for e in entries))
            case Kind.RECORD, nodes.RecordExpression():
                return self._record(node, field_type)
            case Kind.GIVEN, nodes.RecordExpression():
                return self._given(node)
            case Kind.ENUM, nodes.Path(names=(word,)):
                return replace(node, names=(self.rename(self.naming.words_of(field_type), word, node.span),))
            case Kind.BLOCK_KIND, nodes.Path(names=(word,)):
                return replace(node, names=(self.rename(self.naming.blocks, word, node.span),))
            case kind, nodes.Path() if kind in _OF_WORDS:
                return self._word(node)
            case Kind.TEXT, _:
                return node
        return self.expression(node)

    def _item(self, node: nodes.Expression | nodes.Step, item: FieldType) -> nodes.Expression | nodes.Step:
        if isinstance(node, nodes.Step):
            return replace(node, key=self.expression(node.key), value=self._value(node.value, item))
        return self._value(node, item)

    def _record(self, node: nodes.RecordExpression, field_type: FieldType) -> nodes.RecordExpression:
        table = Table("field", (field.name for field in field_type.fields))
        for field in field_type.fields:
            table.add(field.name, field.aliases)
        types = {field.name: field.type for field in field_type.fields}
        entries = []
        for entry in node.entries:
            name = table.of(entry.key)
            value = self._value(entry.value, types[name]) if name in types else entry.value
            entries.append(replace(entry, key=self.rename(table, entry.key, entry.key_span), value=value))
        return replace(node, entries=tuple(entries))

    def _given(self, node: nodes.RecordExpression) -> nodes.RecordExpression:
        """The facts of a test: its own keys, and records."""
        entries = []
        for entry in node.entries:
            own = self.naming.arguments.of(entry.key)
            record = self.naming.records.of(entry.key)
            facts = self.vocabulary.facts.get(record)
            if own == "lines":
                value: nodes.Expression = self._lines(entry.value)
                key = self.rename(self.naming.arguments, entry.key, entry.key_span)
            elif facts is not None and facts.per is Per.CART:
                value = self._facts(entry.value, self.naming.facts[record])
                key = self.rename(self.naming.records, entry.key, entry.key_span)
            else:
                value = entry.value
                key = self.rename(self.naming.arguments, entry.key, entry.key_span)
            entries.append(replace(entry, key=key, value=value))
        return replace(node, entries=tuple(entries))

    def _lines(self, node: nodes.Expression) -> nodes.Expression:
        if not isinstance(node, nodes.ListExpression):
            return node
        return replace(node, items=tuple(self._line(item) for item in node.items))

    def _line(self, node: nodes.Expression | nodes.Step) -> nodes.Expression | nodes.Step:
        if not isinstance(node, nodes.RecordExpression):
            return node
        own = self.naming.facts.get("line", Table("fact"))
        entries = []
        for entry in node.entries:
            record = self.naming.records.of(entry.key)
            facts = self.vocabulary.facts.get(record)
            if entry.key not in own.to and facts is not None and facts.per is Per.LINE and record != "line":
                key = self.rename(self.naming.records, entry.key, entry.key_span)
                value = self._facts(entry.value, self.naming.facts[record])
            else:
                key, value = self.rename(own, entry.key, entry.key_span), self._facts(entry.value, self.naming.members)
            entries.append(replace(entry, key=key, value=value))
        return replace(node, entries=tuple(entries))

    def _facts(self, node: nodes.Expression, table: Table) -> nodes.Expression:
        """Facts of a record, and those of the records that are in a list of one."""
        match node:
            case nodes.RecordExpression(entries=entries):
                return replace(
                    node,
                    entries=tuple(
                        replace(
                            entry,
                            key=self.rename(table, entry.key, entry.key_span),
                            value=self._facts(entry.value, self.naming.members),
                        )
                        for entry in entries
                    ),
                )
            case nodes.ListExpression(items=items):
                return replace(
                    node, items=tuple(x if isinstance(x, nodes.Step) else self._facts(x, table) for x in items)
                )
            case nodes.Path(names=(_,)):
                return self._word(node)
        return node

    def expression(self, node: nodes.Expression) -> nodes.Expression:
        """Any expression."""
        match node:
            case nodes.Path():
                return self._path(node)
            case nodes.Call():
                return self._call(node)
            case nodes.ReferenceExpression(kind=kind):
                return replace(node, kind=self.rename(self.naming.blocks, kind, node.span))
            case nodes.Per(amount=amount, subject=subject):
                name = self.rename(self.naming.words, subject, _behind_per(node), 1)
                return replace(node, amount=self.expression(amount), subject=name)
            case nodes.Counter(base=base, by=by):
                return replace(node, base=self.expression(base), by=self._word(by) if by is not None else None)
        return cast(nodes.Expression, self._inside(node))

    def _inside(self, node: nodes.Node) -> nodes.Node:
        """A node with its operands in other names."""
        changed = {}
        kind: Any = type(node)
        for name in _operands(kind):
            value = getattr(node, name)
            after = self._operand(value)
            if after is not value:
                changed[name] = after
        return replace(node, **changed) if changed else node

    def _operand(self, value: Any) -> Any:
        if isinstance(value, nodes.Step | nodes.Argument | nodes.Entry):
            return self._inside(value)
        if isinstance(value, nodes.Node):
            return self.expression(cast(nodes.Expression, value))
        if isinstance(value, tuple) and value:
            return tuple(self._operand(each) for each in value)
        return value

    def _path(self, node: nodes.Path) -> nodes.Path:
        first, *rest = node.names
        if first in self._variables:
            names = (first, *(self.rename(self.naming.members, word, node.span, i) for i, word in enumerate(rest, 1)))
            return replace(node, names=names)
        if not rest:
            return node if first in self._definitions else self._word(node)
        if str(node) in self.naming.events.to or str(node) in self.naming.events.aliases:
            return self._word(node)
        record = self.naming.records.of(first)
        names = (self.rename(self.naming.records, first, node.span), *rest)
        if len(rest) == 1 and record in self.naming.facts:
            names = (names[0], self.rename(self.naming.facts[record], rest[0], node.span, 1))
        return replace(node, names=names)

    def _word(self, node: nodes.Path) -> nodes.Path:
        """A bare word of the language, or an event."""
        events, written = self.naming.events, str(node)
        table = (
            events if len(node.names) > 1 or written in events.to or written in events.aliases else self.naming.words
        )
        return replace(node, names=tuple(self.rename(table, str(node), node.span, -1).split(".")))

    def _call(self, node: nodes.Call) -> nodes.Call:
        written = str(node.function)
        function = self.rename(self.naming.functions, written, node.function.span, -1)
        name = self.naming.functions.of(written)
        table = self.naming.parameters(name)
        action = self.vocabulary.actions.get(name)
        parameters = {each.name: each.type for each in action.parameters} if action is not None else {}
        by_position = list(parameters)
        arguments: list[nodes.Argument | nodes.Each] = []
        for index, argument in enumerate(node.arguments):
            if isinstance(argument, nodes.Each):
                arguments.append(self._each(argument))
                continue
            renamed = self.rename(table, argument.name, argument.span) if argument.name else ""
            meant = table.of(argument.name) or next(iter(by_position[index : index + 1]), "")
            own = parameters.get(meant)
            value = self.expression(argument.value) if own is None else self._value(argument.value, own)
            arguments.append(replace(argument, name=renamed, value=value))
        return replace(
            node, function=replace(node.function, names=tuple(function.split("."))), arguments=tuple(arguments)
        )

    def _each(self, node: nodes.Each) -> nodes.Each:
        collection = self.expression(node.collection)
        before = self._variables
        self._variables = (*before, node.variable)
        item = self.expression(node.item) if node.item is not None else None
        where = self.expression(node.where) if node.where is not None else None
        self._variables = before
        return replace(node, item=item, collection=collection, where=where)


class Translated(Renamer):
    """Finds the places that have another name in `locale`; the vocabulary's own names are those of any locale without names."""

    def __init__(self, vocabulary: Vocabulary, definitions: Iterable[str], locale: str, text: str) -> None:
        """`text`: the file's, its comments blanked."""
        super().__init__(vocabulary, definitions)
        self._locale = locale
        self._text = text
        #: Names of the author's own, which no other name may be mistaken for.
        self._own = self._definitions | {match[1] for match in _EACH.finditer(text)}
        self.edits: dict[tuple[int, int], str] = {}

    def rename(self, table: Table, written: str, span: Span, index: int = 0) -> str:
        name = table.of(written)
        meant = table.spelt.get(self._locale, {}).get(name, name)
        # Of two names of the locale the author's stays.
        already = any((alias.locale, alias.name) == (self._locale, written) for alias in table.aliases.get(name, ()))
        if already or meant == written or meant in self._own or self._text[span.offset : span.offset + 1] == '"':
            return written
        words = list(_NAME.finditer(self._text, span.offset, span.end_offset))
        first, last = (words[0], words[written.count(".")]) if index < 0 else (words[index], words[index])
        found = self._text[first.start() : last.end()]
        assert index < 0 or unicodedata.normalize("NFC", found) == written
        self.edits[first.start(), last.end()] = meant
        return written

    def apply(self, text: str) -> str:
        """The file's text with all of them changed."""
        for (start, end), name in sorted(self.edits.items(), reverse=True):
            text = text[:start] + name + text[end:]
        return text


def _behind_per(node: nodes.Per) -> Span:
    """From the end of the amount to the end of the limit; its first words are `per` and the subject."""
    end = node.amount.span
    return replace(node.span, line=end.end_line, column=end.end_column, offset=end.end_offset)


@cache
def _operands(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if not field.name.endswith("span"))
