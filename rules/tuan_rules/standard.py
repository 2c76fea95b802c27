"""The vocabulary that tools and engine start from: core blocks, price rules, gates and every cart's facts, and what plugins add."""

from __future__ import annotations

from collections.abc import Iterable

from tuan_rules.facts import FactRecord
from tuan_rules.price_block import rule_blocks
from tuan_rules.vocabulary import Item, Vocabulary


def standard_vocabulary(
    extra_schemas: Iterable[Item] = (),
    extra_facts: Iterable[FactRecord] = (),
    events: Iterable[str] = (),
) -> Vocabulary:
    """What is built in, with the blocks, facts, events, predicates, actions and names of plugins. Raises ValueError where two collide."""
    return Vocabulary((*rule_blocks(), *extra_schemas), extra_facts, events)
