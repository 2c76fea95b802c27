"""The meanings of a vocabulary's predicates, typed once for any arguments when the vocabulary is made."""

from __future__ import annotations

from tuan_rules.checking.context import Context
from tuan_rules.checking.types import walk
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.predicates import Predicate
from tuan_rules.syntax import nodes
from tuan_rules.typing.infer import Typer
from tuan_rules.typing.predicates import meaning_of, prove
from tuan_rules.typing.scope import Scope
from tuan_rules.vocabulary import Vocabulary


def prove_all(vocabulary: Vocabulary) -> None:
    """Raises ValueError for a predicate whose meaning cannot be read, has another type than it says, or costs too much."""
    scope = Scope(vocabulary.facts, {}, events=vocabulary.events, predicates=vocabulary.predicates)
    for predicate in vocabulary.predicates.values():
        if predicate.means:
            _refuse_local(predicate)
            prove(Typer(Context(Reporter(), vocabulary, {}), scope), predicate, scope)


def _refuse_local(predicate: Predicate) -> None:
    """A meaning is the same in every package: money is of a package's currency, and a time without a zone of its zone."""
    for node in walk(meaning_of(predicate)):
        if isinstance(node, nodes.MoneyLiteral) or (isinstance(node, nodes.InstantLiteral) and not node.zone):
            what = "money" if isinstance(node, nodes.MoneyLiteral) else "a time without a zone"
            raise ValueError(f"predicate {predicate.name!r}: `{predicate.means}` holds {what}; make it a parameter")
