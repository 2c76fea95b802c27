"""What the names in an expression can mean: facts, definitions and the variables of `each`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tuan_rules.facts import FactRecord, Type
from tuan_rules.predicates import Predicate
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.typing.tree import Typed

#: Two loops inside each other are what a rule about pairs needs; a third has never been (RULES.md, "Index, explain, safety").
LOOPS_MAX = 2


@dataclass(slots=True)
class Definition:
    """A `define` block: its expression, and its typed form once somebody asked for it. `failed`: it was reported already."""

    name: str
    expression: nodes.Expression
    span: Span
    typed: Typed | None = None
    failed: bool = False
    open: bool = False
    """It is being typed at this moment; who meets it then is part of a circle."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`lines`: whether facts of a line may be read. `variables`: of the loops around, the innermost last.

    `known`: optional facts that are there at this place, because an `is set` before it said so. `events`: what can be counted.
    """

    records: Mapping[str, FactRecord]
    definitions: Mapping[str, Definition]
    lines: bool = True
    variables: tuple[tuple[str, Type], ...] = ()
    events: tuple[str, ...] = ()
    depth: int = 0
    known: frozenset[tuple[str, str]] = frozenset()
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    inside_of: str = ""
    """The predicate whose meaning is read; its loops are kept apart from those of its arguments by this name."""
    bound: Mapping[str, Typed] = field(default_factory=dict)
    """The arguments of that predicate, by parameter."""

    def variable(self, name: str) -> Type | None:
        """The item type of a loop's variable."""
        return next((type_ for known, type_ in reversed(self.variables) if known == name), None)

    def inside(self, variable: str, item: Type) -> Scope:
        """The scope inside a loop."""
        return replace(self, variables=(*self.variables, (variable, item)))

    def deeper(self) -> Scope:
        """The scope of a definition that is used here: its loops count by themselves, its variables are its own."""
        return replace(self, lines=True, variables=(), known=frozenset(), depth=self.depth + 1, inside_of="", bound={})

    def of_predicate(self, name: str, bound: Mapping[str, Typed]) -> Scope:
        """The scope of a predicate's meaning: facts, other predicates and its parameters, nothing of the package."""
        return replace(self.deeper(), definitions={}, inside_of=name, bound=bound)

    def loop(self, variable: str) -> str:
        """The name of a loop in typed trees, where a predicate's loops and those of its arguments may stand in each other."""
        return f"{self.inside_of}.{variable}" if self.inside_of else variable

    def knowing(self, fact: tuple[str, str] | None) -> Scope:
        """The scope after `x is set and`."""
        return self if fact is None else replace(self, known=self.known | {fact})

    def names(self) -> Sequence[str]:
        """Everything that may stand at the beginning of a path, for suggestions."""
        facts = [f"{record.name}.{fact.name}" for record in self.records.values() for fact in record.facts]
        return [*facts, *self.definitions, *self.bound, *(name for name, _ in self.variables)]
