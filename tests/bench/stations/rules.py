"""Prices among many rules, in this process, and the other rule engines beside them."""

from __future__ import annotations

from tests.bench import rules_bench
from tests.bench.conditions import Conditions
from tests.bench.found import Found


async def rules(conditions: Conditions) -> Found:
    return Found(rules_bench.measure(conditions.rules))
