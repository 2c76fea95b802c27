"""The vocabulary: every block that may be written, the core's own and the plugins'."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from tuan_rules.actions import BUILT_IN as BUILT_IN_ACTIONS
from tuan_rules.actions import Action
from tuan_rules.aliases import Names
from tuan_rules.core_blocks import CORE_BLOCKS
from tuan_rules.facts import Base, EventName, FactRecord, Per
from tuan_rules.naming.chinese import CHINESE
from tuan_rules.naming.tables import Naming
from tuan_rules.nearest import closest
from tuan_rules.predicates import BUILT_IN, Predicate
from tuan_rules.schema import TOP_LEVEL, BlockSchema, FieldType, Kind
from tuan_rules.syntax.parser import RESERVED_WORDS

__all__ = ["Item", "Vocabulary", "closest"]

_Declared = TypeVar("_Declared", Predicate, Action)
#: What a plugin may add to the language.
Item = BlockSchema | FactRecord | EventName | Predicate | Action | Names


class Vocabulary:
    """Block schemas and facts by name. Raises ValueError for a name given twice, a reserved word or an unknown parent.

    `facts`: what rules may ask about; without any, conditions are not typed and cannot be compiled. `events`: what counters
    (`count(join) by device within 10min`) can count: the declared events, each also by its last word, and any others.
    """

    def __init__(
        self,
        schemas: Iterable[Item] = (),
        facts: Iterable[FactRecord] = (),
        events: Iterable[str] = (),
    ) -> None:
        given = list(schemas)
        #: The schema itself is kept beside what it allows, so that no other can get its identity.
        self._allowed: dict[int, tuple[BlockSchema | None, Mapping[str, BlockSchema]]] = {}
        self._schemas: dict[str, BlockSchema] = {}
        self._facts = _by_name([*(item for item in given if isinstance(item, FactRecord)), *facts])
        self.declared_events = _events([item for item in given if isinstance(item, EventName)])
        short = (event.name.rpartition(".")[2] for event in self.declared_events)
        self.events = tuple(dict.fromkeys([*(event.name for event in self.declared_events), *short, *events]))
        for schema in (*CORE_BLOCKS, *(item for item in given if isinstance(item, BlockSchema))):
            if schema.name in self._schemas:
                raise ValueError(f"block {schema.name!r} is defined twice; rename one of them")
            _refuse_bad_names(schema)
            self._schemas[schema.name] = schema
        for schema in self:
            if schema.named_in and self._facts and not self._is_texts(schema.named_in):
                raise ValueError(
                    f"block {schema.name!r} is named in {schema.named_in!r}, which is no list of texts of the cart"
                )
            for parent in schema.parents:
                if parent != TOP_LEVEL and parent not in self._schemas:
                    raise ValueError(f"block {schema.name!r} names the parent {parent!r}, which does not exist")
        self.predicates = _declared([item for item in given if isinstance(item, Predicate)], BUILT_IN)
        self.actions = _declared([item for item in given if isinstance(item, Action)], BUILT_IN_ACTIONS)
        if both := {*self.predicates} & {*self.actions, *self._schemas, *self._facts, *BUILT_IN_ACTIONS}:
            raise ValueError(f"predicate {min(both)!r} has the name of an action, a block or a record of facts")
        for schema in self:
            _refuse_unknown_actions(schema, {*self.actions, *BUILT_IN_ACTIONS})
        packs = [CHINESE, *(item for item in given if isinstance(item, Names))]
        self.naming = Naming(self._schemas, self._facts, self.declared_events, self.predicates, self.actions, packs)
        if self.predicates:
            # The types of expressions are worked out by what imports this module.
            from tuan_rules.typing.proofs import prove_all

            prove_all(self)

    def _is_texts(self, name: str) -> bool:
        record, _, fact_name = name.partition(".")
        known = self._facts.get(record)
        fact = known.fact(fact_name) if known is not None and known.per is Per.CART else None
        return fact is not None and fact.type.item is not None and fact.type.item.base is Base.TEXT

    @property
    def facts(self) -> Mapping[str, FactRecord]:
        """The records of facts, by name."""
        return MappingProxyType(self._facts)

    @cached_property
    def fingerprint(self) -> str:
        """64 hex digits that change with any block, field, default, fact, predicate or action.

        Lints, which judge and change nothing, are left out, and so is what a function of Python does.
        """
        facts, predicates, actions = (sorted(each.items()) for each in (self._facts, self.predicates, self.actions))
        shapes = [_shape(schema) for schema in self]
        return hashlib.sha256(repr((shapes, facts, self.events, predicates, actions)).encode()).hexdigest()

    def __iter__(self) -> Iterator[BlockSchema]:
        return iter(sorted(self._schemas.values(), key=lambda schema: schema.name))

    def get(self, name: str) -> BlockSchema | None:
        """The block of that name, wherever it may stand; not the children declared inside another."""
        return self._schemas.get(name)

    def actions_of(self, field_type: FieldType) -> tuple[str, ...]:
        """The actions that a field takes."""
        declared = sorted(self.actions) if field_type.rewards else ()
        return tuple(dict.fromkeys((*field_type.names, *declared)))

    def names(self) -> list[str]:
        """Names of all blocks, sorted."""
        return sorted(self._schemas)

    def allowed_in(self, parent: BlockSchema | None) -> Mapping[str, BlockSchema]:
        """The blocks that may stand in `parent`, or at the top level for None, by name."""
        # Asked for every block of every file. By identity: a schema's own hash is that of all its fields.
        known = self._allowed.get(id(parent))
        if known is None:
            known = self._allowed[id(parent)] = (parent, self._allowed_in(parent))
        return known[1]

    def _allowed_in(self, parent: BlockSchema | None) -> Mapping[str, BlockSchema]:
        if parent is None:
            return {s.name: s for s in self if not s.parents or TOP_LEVEL in s.parents}
        guests = {s.name: s for s in self if parent.name in s.parents}
        return guests | {child.name: child for child in parent.children}

    def homes_of(self, name: str) -> list[str]:
        """The blocks in which a block of that name may stand; `TOP_LEVEL` for outside; empty when unknown."""
        homes = {schema.name for schema in self if schema.child(name)}
        if schema := self.get(name):
            homes |= set(schema.parents or (TOP_LEVEL,))
        return sorted(homes)


def _shape(schema: BlockSchema) -> tuple[object, ...]:
    children = tuple(_shape(child) for child in schema.children)
    becomes = f"{schema.becomes.__module__}.{schema.becomes.__qualname__}" if schema.becomes is not None else ""
    return (
        schema.name, schema.fields, children, schema.parents, schema.label_required, schema.at_most, becomes, schema.named_in,
    )  # fmt: skip


def _by_name(records: list[FactRecord]) -> dict[str, FactRecord]:
    """Plugins add facts to a record by declaring another record of its name, with facts that it has not."""
    found: dict[str, FactRecord] = {}
    for record in records:
        names = [record.name, *(fact.name for fact in record.facts)]
        for name in names:
            if name in RESERVED_WORDS or not name.isidentifier() or name.startswith("_"):
                raise ValueError(f"{name!r} in the facts of {record.name!r} cannot be a name in rule files")
        known = found.get(record.name)
        if known is not None and known.per is not record.per:
            raise ValueError(f"facts of {record.name!r} are declared per {known.per} and per {record.per}")
        facts = (*(known.facts if known else ()), *record.facts)
        if twice := {fact.name for fact in facts if sum(other.name == fact.name for other in facts) > 1}:
            raise ValueError(f"fact {record.name}.{min(twice)} is declared twice")
        aliases = (*(known.aliases if known else ()), *record.aliases)
        found[record.name] = FactRecord(record.name, known.doc if known else record.doc, facts, record.per, aliases)
    return found


def _events(events: list[EventName]) -> tuple[EventName, ...]:
    for event in events:
        words = event.name.split(".")
        if any(word in RESERVED_WORDS or not word.isidentifier() or word.startswith("_") for word in words):
            raise ValueError(f"event {event.name!r} cannot be a name in rule files")
        if sum(other.name == event.name for other in events) > 1:
            raise ValueError(f"event {event.name!r} is declared twice")
    return tuple(sorted(events, key=lambda event: event.name))


def _declared(items: list[_Declared], taken: Container[str]) -> Mapping[str, _Declared]:
    found: dict[str, _Declared] = {}
    for item in items:
        kind = type(item).__name__.lower()
        names: list[str] = [parameter.name for parameter in item.parameters]
        for name in (item.name, *names):
            if name in RESERVED_WORDS or not name.isidentifier() or name.startswith("_"):
                raise ValueError(f"{name!r} in {kind} {item.name!r} cannot be a name in rule files")
        if len(set(names)) < len(names):
            raise ValueError(f"{kind} {item.name!r} has a parameter twice")
        if item.name in taken:
            raise ValueError(f"{kind} {item.name!r} has the name of one of the language's own")
        if item.name in found:
            raise ValueError(f"{kind} {item.name!r} is declared twice; rename one of them")
        found[item.name] = item
    return MappingProxyType(found)


def _refuse_unknown_actions(schema: BlockSchema, known: set[str]) -> None:
    for field in schema.fields:
        if field.type.kind is Kind.ACTIONS and (unknown := set(field.type.names) - known):
            raise ValueError(
                f"field {field.name!r} of block {schema.name!r} takes the action {min(unknown)!r}, which does not exist"
            )
    for child in schema.children:
        _refuse_unknown_actions(child, known)


def _refuse_bad_names(schema: BlockSchema) -> None:
    names = [field.name for field in schema.fields] + [child.name for child in schema.children]
    for name in (schema.name, *names):
        if name in RESERVED_WORDS or not name.isidentifier() or name.startswith("_"):
            raise ValueError(f"{name!r} in block {schema.name!r} cannot be a name in rule files")
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"block {schema.name!r} has {', '.join(sorted(twice))} twice")
    for child in schema.children:
        _refuse_bad_names(child)
