"""The rules that an order names, however long ago it was placed."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from tuan.domain.errors import Reason, TuanError
from tuan.ports import Record, Ruleset, Unit
from tuan.usecases.pricing.earlier_terms import Held, held_of, plain_of
from tuan.usecases.pricing.price_book import PriceCompiler, Prices, RulesUnusable
from tuan.usecases.snapshot import SnapshotKeeper
from tuan_rules.pricing import RulesConflict
from tuan_rules.pricing import Ruleset as Rules

#: Rulesets of the past that are kept compiled.
KEPT_MAX = 16


class PinnedRules:
    def __init__(self, record: Record, keeper: SnapshotKeeper, compiler: PriceCompiler) -> None:
        self._record = record
        self._keeper = keeper
        self._compiler = compiler
        self._kept: OrderedDict[tuple[str, str], Prices] = OrderedDict()

    async def prices(self, names: str, currency: str) -> Prices:
        """`names`: the `ruleset_hash` of an order or a quote; of those it names, the last are the ones that priced it.

        Rulesets without price rules in this currency are an empty `Prices`. Raises RULESET_NOT_FOUND where this engine does not
        know them, RULES_INVALID where it cannot read them any more.
        """
        name = names.rpartition(",")[2]
        live = self._keeper.current.book.named(name)
        if live is not None and live.ruleset.currency == currency:
            return live
        key = (name, currency)
        if key not in self._kept:
            self._kept[key] = await self._compiled(name, currency)
            if len(self._kept) > KEPT_MAX:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    async def _compiled(self, name: str, currency: str) -> Prices:
        def read(unit: Unit) -> tuple[list[Ruleset], list[Held]]:
            members = unit.rulesets.members(name)
            whole = [found for each in plain_of(members) if (found := unit.rulesets.get(each)) is not None]
            held = [
                Held(found, rule_ids)
                for each, rule_ids in held_of(members).items()
                if (found := unit.rulesets.get(each)) is not None
            ]
            return whole, held

        rulesets, held = await self._record.read(read) if name else ([], [])
        if name and not rulesets and not held:
            raise TuanError(Reason.RULESET_NOT_FOUND, f"no ruleset or set of rulesets {name}", ruleset_hash=name)
        try:
            by_currency = await asyncio.to_thread(self._compiler.together, rulesets, held)
        except (RulesUnusable, RulesConflict) as error:
            message = f"ruleset {name[:12]} cannot be read by this engine any more: {error}"
            raise TuanError(Reason.RULES_INVALID, message, file="", line="", column="", code="") from error
        return by_currency.get(currency) or Prices(Rules([], self._compiler.vocabulary), (), "", "")
