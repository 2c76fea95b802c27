"""The vocabulary that tools and engine start from: core blocks, price rules, gates and every cart's facts, and what plugins add."""

from __future__ import annotations

from collections.abc import Iterable

from tuan_rules.facts import EventName, FactRecord
from tuan_rules.price_block import rule_blocks
from tuan_rules.schema import BlockSchema
from tuan_rules.vocabulary import Vocabulary


def standard_vocabulary(
    extra_schemas: Iterable[BlockSchema | FactRecord | EventName] = (),
    extra_facts: Iterable[FactRecord] = (),
    events: Iterable[str] = (),
) -> Vocabulary:
    """What is built in, with the blocks, facts and events of plugins. Raises ValueError where two collide."""
    return Vocabulary((*rule_blocks(), *extra_schemas), extra_facts, events)
