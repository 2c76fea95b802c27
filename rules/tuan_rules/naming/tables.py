"""Which other names there are, by the place in which they may stand; refused where two readings are possible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from tuan_rules.actions import Action
from tuan_rules.aliases import Alias, Names, Translation, names_in
from tuan_rules.facts import Base, EventName, FactRecord
from tuan_rules.predicates import Predicate
from tuan_rules.schema import BlockSchema, FieldType
from tuan_rules.syntax.parser import RESERVED_WORDS

_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
#: Letters of other scripts that look like Latin ones (Unicode, confusables.txt). A name made of them could pass for another.
_LOOKALIKES = str.maketrans(
    "асеорхуіјѕԁһӏԛԝкмтнвгαβγικνορτυχϲɑɡıАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aceopxyijsdhlqwkmthbraByiknoptuxcagiABEKMHOPCTYXIJSABEZHIKMNOPTYX",
)


class Table:
    """The other names of one kind of thing. `to`: from them to the names of the vocabulary; `spelt`: back, by locale."""

    def __init__(self, what: str, known: Iterable[str] = (), *, is_of_fields: bool = False) -> None:
        self.what = what
        self.is_of_fields = is_of_fields
        self.to: dict[str, str] = {}
        self.spelt: dict[str, dict[str, str]] = {}
        self.aliases: dict[str, list[Alias]] = {}
        self._known = frozenset(known)

    def add(self, name: str, aliases: Iterable[Alias], *, common: bool = False) -> None:
        """Add names of `name`. Raises ValueError for one that means something else already; with `common` that one is left out."""
        for alias in aliases:
            _refuse_bad(alias, self.what)
            other = alias.name if alias.name in self._known else self.to.get(alias.name, name)
            if other != name and not common:
                raise ValueError(
                    f"{alias.name!r}, another name of {self.what} {name!r}, already means {other!r}; choose another one"
                )
            if other == name:
                self.to[alias.name] = name
                self.spelt.setdefault(alias.locale, {}).setdefault(name, alias.name)
                self.aliases.setdefault(name, []).append(alias)

    def names_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """All other names of these."""
        return tuple(alias.name for name in names for alias in self.aliases.get(name, ()))

    def of(self, written: str) -> str:
        """The vocabulary's name of what is written."""
        return self.to.get(written, written)


class Naming:
    """All tables of a vocabulary."""

    def __init__(
        self,
        schemas: Mapping[str, BlockSchema],
        records: Mapping[str, FactRecord],
        events: Iterable[EventName],
        predicates: Mapping[str, Predicate],
        actions: Mapping[str, Action],
        packs: Iterable[Names],
    ) -> None:
        packs = list(packs)
        every = list(every_schema(schemas.values()))
        self.blocks = Table("block", (schema.name for schema in every))
        self.words, self.arguments, self.events = Table("word"), Table("argument"), Table("event")
        self.functions = Table("function", [*predicates, *actions])
        self.records = Table("record", records)
        self.facts = {
            name: Table(f"fact of {name!r}", (f.name for f in record.facts)) for name, record in records.items()
        }
        self.members = Table("fact of a list")
        self._fields: dict[int, Table] = {}
        self._parameters: dict[str, Table] = {}
        for schema in every:
            self.blocks.add(schema.name, schema.aliases)
        for record in records.values():
            self._add_facts(record)
        for event in events:
            self.events.add(event.name, event.aliases)
            for alias in event.aliases:
                # Counters may name an event by its last word.
                short = names_in(alias.locale, alias.name.rpartition(".")[2])
                self.events.add(event.name.rpartition(".")[2], short, common=True)
        functions: list[Predicate | Action] = [*predicates.values(), *actions.values()]
        for declared in functions:
            self.functions.add(declared.name, declared.aliases)
            table = Table(f"parameter of {declared.name!r}", (each.name for each in declared.parameters))
            for parameter in declared.parameters:
                table.add(parameter.name, parameter.aliases)
            self._parameters[declared.name] = table
        for pack in packs:
            self._add_pack(pack, {schema.name for schema in every})
        for schema in every:
            self._fields[id(schema)] = _fields_of(schema, packs)
        tables = (
            self.blocks, self.words, self.arguments, self.events, self.functions, self.records, self.members,
            *self.facts.values(), *self._fields.values(), *self._parameters.values(),
        )  # fmt: skip
        inside = [alias.name for schema in every for each in schema.fields for _, alias in _words(each.type)]
        dotted = (word for table in tables for alias in table.to for word in alias.split("."))
        #: Every other name. A file in which none of them stands is read as it is.
        self.every = frozenset([*dotted, *inside])
        self.locales = sorted({locale for table in tables for locale in table.spelt})
        self._tables = tables
        self.paths = [f"{record}.{fact}" for record, fact in self._paths()]
        """Facts in other names: `买家.等级`."""

    def usual(self, locale: str) -> dict[str, str]:
        """How a locale spells the names that it spells alike wherever they stand, and facts with their records."""
        found: dict[str, set[str]] = {}
        for table in self._tables:
            for name, alias in table.spelt.get(locale, {}).items():
                found.setdefault(name, set()).add(alias)
        alike = {name: min(aliases) for name, aliases in found.items() if len(aliases) == 1}
        records = self.records.spelt.get(locale, {})
        for record, table in self.facts.items():
            for fact, alias in table.spelt.get(locale, {}).items():
                alike[f"{record}.{fact}"] = f"{records.get(record, record)}.{alias}"
        return alike

    def _paths(self) -> Iterator[tuple[str, str]]:
        for record, table in self.facts.items():
            for own in self.records.aliases.get(record, ()):
                yield from ((own.name, fact) for fact in table.to)

    def fields(self, schema: BlockSchema) -> Table:
        """The names of a block's fields."""
        return self._fields[id(schema)]

    def parameters(self, function: str) -> Table:
        """The names of the arguments of a call."""
        return self._parameters.get(function, self.arguments)

    def words_of(self, field_type: FieldType) -> Table:
        """The words of a field: its own names for them, then the common ones."""
        table = Table("word", field_type.names)
        for word, alias in field_type.words:
            table.add(word, (alias,))
        for word in field_type.names:
            table.add(word, self.words.aliases.get(word, ()), common=True)
        return table

    def _add_facts(self, record: FactRecord) -> None:
        self.records.add(record.name, record.aliases)
        for fact in record.facts:
            self.facts[record.name].add(fact.name, fact.aliases)
            if fact.type.item is not None and fact.type.item.base is Base.RECORD:
                for member in fact.type.item.facts:
                    self.members.add(member.name, member.aliases)

    def _add_pack(self, pack: Names, blocks: set[str]) -> None:
        simple: tuple[tuple[Table, Translation], ...] = (
            (self.words, pack.words), (self.arguments, pack.arguments), (self.functions, pack.functions),
            (self.blocks, {name: names for name, names in pack.blocks.items() if name in blocks}),
        )  # fmt: skip
        for table, translation in simple:
            for name, names in translation.items():
                table.add(name, names_in(pack.locale, *names))
        for name, names in pack.events.items():
            self.events.add(name, names_in(pack.locale, *names))
        for path, names in pack.facts.items():
            record, _, fact = path.partition(".")
            table = self.facts.setdefault(record, Table(f"fact of {record!r}")) if fact else self.records
            table.add(fact or record, names_in(pack.locale, *names))


def _fields_of(schema: BlockSchema, packs: Iterable[Names]) -> Table:
    table = Table(f"field of {schema.name!r}", (field.name for field in schema.fields), is_of_fields=True)
    for field in schema.fields:
        table.add(field.name, field.aliases)
        _refuse_bad_words(field.type, schema)
    packs = list(packs)
    for form, common in ((f"{schema.name}.", False), ("", True)):
        for pack in packs:
            for field in schema.fields:
                names = pack.fields.get(f"{form}{field.name}", ())
                table.add(field.name, names_in(pack.locale, *names), common=common)
    return table


def _refuse_bad_words(field_type: FieldType, schema: BlockSchema) -> None:
    table = Table(f"word of {schema.name!r}", field_type.names)
    for word, alias in field_type.words:
        if word not in field_type.names:
            raise ValueError(
                f"{alias.name!r} in block {schema.name!r} names the word {word!r}, which the field does not take"
            )
        table.add(word, (alias,))
    if field_type.item is not None:
        _refuse_bad_words(field_type.item, schema)


def _words(field_type: FieldType) -> Iterator[tuple[str, Alias]]:
    yield from field_type.words
    if field_type.item is not None:
        yield from _words(field_type.item)
    for inner in field_type.fields:
        yield from ((inner.name, alias) for alias in inner.aliases)
        yield from _words(inner.type)


def every_schema(schemas: Iterable[BlockSchema]) -> Iterator[BlockSchema]:
    """Blocks, and those that are declared in them."""
    for schema in schemas:
        yield schema
        yield from every_schema(schema.children)


def _refuse_bad(alias: Alias, what: str) -> None:
    words = alias.name.split(".") if what == "event" else [alias.name]
    for word in words:
        fits = word.isidentifier() and not word.startswith("_") and word not in RESERVED_WORDS
        if not fits or unicodedata.normalize("NFKC", word) != word:
            raise ValueError(f"{alias.name!r} cannot be another name of a {what}: it is no name in rule files")
        # What can be read as Latin but is not would let two names look alike.
        if not word.isascii() and word.translate(_LOOKALIKES).isascii():
            raise ValueError(
                f"{alias.name!r} cannot be another name of a {what}: it looks like Latin letters and is not"
            )
    if not _LOCALE.fullmatch(alias.locale):
        raise ValueError(f"{alias.name!r} is of the locale {alias.locale!r}, which is none, such as `zh`")
