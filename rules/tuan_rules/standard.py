"""The vocabulary that tools and engine start from: core blocks, the price block and the core facts, and what plugins add."""

from __future__ import annotations

from collections.abc import Iterable

from tuan_rules.core_facts import CORE_FACTS
from tuan_rules.facts import FactRecord
from tuan_rules.price_block import PRICE
from tuan_rules.schema import BlockSchema
from tuan_rules.vocabulary import Vocabulary


def standard_vocabulary(
    extra_schemas: Iterable[BlockSchema | FactRecord] = (),
    extra_facts: Iterable[FactRecord] = (),
    events: Iterable[str] = (),
) -> Vocabulary:
    """What is built in, with the blocks, facts and events of plugins. Raises ValueError where two collide."""
    return Vocabulary((PRICE, *extra_schemas), (*CORE_FACTS, *extra_facts), events)
