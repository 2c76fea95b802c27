"""Which rules of versions that are not in force still hold, by what their promotions say: what buyers have collected keeps its terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import structlog

from tuan.domain.errors import TuanError
from tuan.plugin import PromotionType
from tuan.ports import PastRule, PriceRule, Record, Ruleset, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.pricing.earlier_terms import Held

log = structlog.get_logger()


class HeldRules:
    """For the keeper of the snapshot: its turns hold here, too."""

    def __init__(self, record: Record, registry: Registry, supervisor: Supervisor) -> None:
        self._record = record
        self._supervisor = supervisor
        self._promotions = [
            each for each in registry.promotions.values() if type(each).holds is not PromotionType.holds
        ]
        self._past: list[PastRule] = []
        self._texts: dict[str, Ruleset] = {}

    async def read_past(self) -> None:
        """When rulesets have changed: it is all that there ever was of promotions whose terms may hold."""
        codes = [promotion.code for promotion in self._promotions]
        self._past = await self._record.read(lambda unit: unit.rulesets.past_price_rules(codes)) if codes else []

    async def among(
        self, current: Mapping[str, Mapping[str, PriceRule]], in_force: Sequence[Ruleset]
    ) -> list[PriceRule]:
        """`current`: price rules of active versions, by promotion and id. Where a canary stands in for one of these, its rules hold, too:
        they are what the canary's buyers collected.
        """
        canaries = {each.package for each in in_force if each.state == "canary"}
        stood_in_for = {each.ruleset_hash for each in in_force if each.state == "active" and each.package in canaries}
        held: list[PriceRule] = []
        for promotion in self._promotions:
            mine = current.get(promotion.code, {})
            past = [each for each in self._past if each.rule.promotion == promotion.code]
            held += await self._ask(promotion, past, mine)
            held += await self._ask(
                promotion, [PastRule(each, 0) for each in mine.values() if each.ruleset_hash in stood_in_for], {}
            )
        return held

    async def with_texts(self, held: Sequence[PriceRule], in_force: Sequence[Ruleset]) -> list[Held]:
        """By ruleset, with the text of each: read once, kept as long as it is wanted."""
        ids: dict[str, set[str]] = defaultdict(set)
        for rule in held:
            ids[rule.ruleset_hash].add(rule.rule_id)
        known = {**self._texts, **{each.ruleset_hash: each for each in in_force}}
        missing = ids.keys() - known.keys()
        if missing:
            known |= await self._record.read(lambda unit: _texts(unit, missing))
        self._texts = {name: known[name] for name in sorted(ids) if name in known}
        return [Held(text, frozenset(ids[name])) for name, text in self._texts.items()]

    async def _ask(
        self, promotion: PromotionType, past: Sequence[PastRule], current: Mapping[str, PriceRule]
    ) -> list[PriceRule]:
        if not past:
            return []
        try:
            found = await self._supervisor.call(promotion, promotion.holds, past, current, accept=_are_past_rules)
        except TuanError as error:
            # Rather too much of what was than a coupon that gives something else; whether it has expired is asked with each order.
            log.error("held_rules_unknown", promotion=promotion.code, error=error.message)
            found = past
        return [each.rule for each in found]


def _are_past_rules(answer: object) -> bool:
    return isinstance(answer, list | tuple) and all(isinstance(each, PastRule) for each in answer)


def _texts(unit: Unit, hashes: Collection[str]) -> dict[str, Ruleset]:
    return {name: found for name in sorted(hashes) if (found := unit.rulesets.get(name)) is not None}
