"""Look up what orders bring along (coupons, points, a place in a group) before they are priced: one read of SQL for a whole batch,
none without any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from tuan.domain.errors import InvalidValue, TuanError
from tuan.plugin import COUPONS, GROUPS, POINTS, Attempt, PromotionType, Redemption, Refusal, RefusalKind
from tuan.ports import Record, Unit
from tuan.registry import Registry
from tuan.supervisor import PluginFault, Supervisor
from tuan.usecases.pricing.price_book import PriceBook
from tuan.usecases.reactions import ReactionFault, run_lent

Redeemed = Attempt | Refusal | TuanError

_FIELDS = {COUPONS: "coupon_ids", POINTS: "points", GROUPS: "group_id"}


class Redeemer:
    """Asks the promotions that redeem something. Their failure is that of the orders concerned, whatever their policy: an order
    that lost its discount on the way would cost more than its buyer was told."""

    def __init__(self, record: Record, registry: Registry, supervisor: Supervisor) -> None:
        self._record = record
        self._supervisor = supervisor
        self._promotions = {what: each for each in registry.promotions.values() for what in each.redeems}

    async def redeem(self, attempts: Sequence[Attempt], book: PriceBook) -> list[Redeemed]:
        """The attempts with what was found, as `book` calls it that will price them, or why one cannot be; in order."""
        results: list[Redeemed] = list(attempts)
        wanted: dict[str, list[int]] = defaultdict(list)
        for index, attempt in enumerate(attempts):
            for what, field in _FIELDS.items():
                brought = getattr(attempt, field)
                if brought and what in self._promotions:
                    promotion = self._promotions[what]
                    if index not in wanted[promotion.code]:
                        wanted[promotion.code].append(index)
                elif brought:
                    results[index] = InvalidValue(_FIELDS[what], f"no installed plugin redeems {what}")
        for code, indexes in sorted(wanted.items()):
            promotion = next(each for each in self._promotions.values() if each.code == code)
            asked = [index for index in indexes if isinstance(results[index], Attempt)]
            answers = await self._ask(promotion, [attempts[index] for index in asked]) if asked else []
            for index, answer in zip(asked, answers, strict=True):
                known = results[index]
                if isinstance(answer, Redemption) and isinstance(known, Attempt):
                    results[index] = _with(known, code, answer, book)
                elif not isinstance(answer, Redemption):
                    results[index] = answer
        return results

    async def _ask(
        self, promotion: PromotionType, attempts: Sequence[Attempt]
    ) -> Sequence[Redemption | Refusal | TuanError]:
        if not self._supervisor.usable(promotion):
            return [PluginFault(promotion, "is in quarantine after repeated faults")] * len(attempts)

        def read(unit: Unit) -> Sequence[Redemption | Refusal]:
            answers = run_lent(promotion, unit, lambda lent: promotion.redeem(attempts, lent), "redeem")
            if len(answers) != len(attempts) or not all(_is_answer(answer) for answer in answers):
                raise ReactionFault(f"answered {answers!r:.100}")
            return answers

        try:
            answers = await self._record.read(read)
        except ReactionFault as fault:
            self._supervisor.fault(promotion, str(fault))
            return [PluginFault(promotion, "could not look up what the order redeems")] * len(attempts)
        except TuanError as error:  # the store is away
            return [error] * len(attempts)
        self._supervisor.well_behaved(promotion)
        return answers


def _is_answer(answer: object) -> bool:
    if isinstance(answer, Refusal):
        return answer.kind in (RefusalKind.NOT_REDEEMABLE, RefusalKind.GROUP_FULL, RefusalKind.ENDED)
    return isinstance(answer, Redemption)


def _with(attempt: Attempt, code: str, redemption: Redemption, book: PriceBook) -> Attempt:
    """The promotion's facts beside the caller's; they win, since callers cannot know better what their coupons are."""
    facts: dict[str, Mapping[str, Any]] = dict(attempt.facts)
    prices = book.prices(attempt.currency, attempt.buyer) if redemption.held else None
    rules = {name: prices.name_of(held) if prices else held[0] for name, held in redemption.held.items()}
    for record, values in redemption.facts.items():
        named = {fact: _named(value, rules) for fact, value in values.items()} if rules else values
        facts[record] = {**facts.get(record, {}), **named}
    return replace(attempt, facts=facts, redeemed={**attempt.redeemed, code: redemption})


def _named(value: Any, rules: Mapping[str, str]) -> Any:
    """Lists with the rules in the place of names of what is held, each once."""
    if not isinstance(value, tuple | list):
        return value
    return tuple(dict.fromkeys(rules.get(each, each) if isinstance(each, str) else each for each in value))
