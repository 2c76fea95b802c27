"""From a checked block to its activity: goods, prices, seats and limits, with the stock that groups may take."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

from tuan.plugin import (
    SUBJECTS,
    ActivityPlan,
    CheckedBlock,
    InvalidValue,
    Limit,
    Plan,
    PriceAction,
    PublishContext,
    RuleMoney,
    ShareOf,
    Sku,
    SkuSet,
    StockShare,
    SubjectLimit,
    Text,
)
from tuan_group_buy.offer import Offer, Promised
from tuan_group_buy.old_brings_new import EXAMPLE, min_new_members
from tuan_group_buy.rewards import promised, refund_is_original
from tuan_group_buy.rule_text import LANGUAGES, rule_text
from tuan_group_buy.steps import ladder_of, members_max, members_min

AVAILABLE = "sku.available"
#: Where an activity's config keeps its rules in words, beside the offer.
RULES = "rules"


def plan_group_buy(block: CheckedBlock, context: PublishContext) -> Plan:
    """An activity per window in which groups may be opened. Raises InvalidValue that names the field."""
    if not context.windows:
        raise InvalidValue(
            "active", "says nowhere when; write active = from ... until ..., or enable the block in a campaign's plan"
        )
    skus = _skus(cast(SkuSet, block.values["on"]), context)
    title = str(cast(Text | None, block.values["title"]) or block.label)
    stock = _stock(cast(ShareOf, block.values["stock"]), skus)
    plans = []
    for number, (start_ms, end_ms) in enumerate(context.windows):
        if end_ms <= context.now_ms:
            continue
        offer = _offer(block, context, skus, end_ms)
        # Whoever opens a group at the last moment still has its whole window; the stock is theirs until then.
        over_ms = end_ms + offer.hold_ms + offer.window_ms
        config = {**offer.to_config(), RULES: _in_words(block, context)}
        plans.append(ActivityPlan(f"w{number}", title, start_ms, over_ms, config, stock))
    if not plans:
        raise InvalidValue("active", "is over already; choose a later time")
    return Plan(activities=tuple(plans))


def _in_words(block: CheckedBlock, context: PublishContext) -> dict[str, list[list[Any]]]:
    """By language, as sections of kind, title and sentences: what buyers read is kept with what they buy by."""
    return {
        language: [
            [section.kind.value, section.title, list(section.sentences)]
            for section in rule_text(block, context.zone, language, context.titles)
        ]
        for language in LANGUAGES
    }


def _offer(block: CheckedBlock, context: PublishContext, skus: Sequence[Sku], open_until_ms: int) -> Offer:
    values = block.values
    _refuse_what_cannot_be(values)
    min_new = min_new_members(block)
    if min_new is None:
        raise InvalidValue("require", f"cannot be kept by seats; write for example {EXAMPLE}")
    if min_new >= members_min(block):
        raise InvalidValue("require", "leaves no seat for a leader who is not new; ask for one new member less")
    ladder = ladder_of(block)
    price, off = values["price"], cast("RuleMoney | None", values["join_discount"])
    offer = Offer(
        skus=tuple(sku.sku for sku in skus),
        currency=context.currency,
        seats=members_max(block),
        window_ms=cast(int, values["window"]),
        hold_ms=cast(int, values["hold"]),
        open_until_ms=open_until_ms,
        price=price if isinstance(price, PriceAction) else None,
        ladder=tuple((members, money.amount_minor) for members, money in ladder),
        min_new=min_new,
        limits=_limits("limit", cast(Sequence[Limit], values["limit"] or ())),
        open_limits=_limits("open_limit", cast(Sequence[Limit], values["open_limit"] or ())),
        join_off_minor=off.amount_minor if off is not None else 0,
        virtual_fill=cast(int, values["virtual_fill"] or 0),
        opener=_promised(values, "opener", context),
        leader=_promised(values, "leader", context),
        cashback=_promised(values, "cashback", context),
        consolation=_promised(values, "on_fail", context),
        losing=_promised(values, "on_lose" if values["on_lose"] else "on_fail", context),
        after_receipt=values["reward_after"] == "receipt",
        prizes=cast(int, values["prizes"] or 0),
        odds=cast(Fraction, values["odds"] or Fraction(0)).as_integer_ratio(),
        draw_after_ms=cast(int, values["draw"] or 0),
    )
    _check_prices(offer, skus, [price.money if isinstance(price, PriceAction) else ladder[0][1]], context)
    return offer


def _refuse_what_cannot_be(values: Any) -> None:
    if not values["window"]:
        raise InvalidValue("window", "is missing; write for example window = 24h")
    if values["hold"] <= 0:
        raise InvalidValue("hold", "must be longer than nothing; write for example 5min")
    for field in ("on_fail", "on_lose"):
        if not refund_is_original(values[field] or ()):
            raise InvalidValue(field, "the money goes back the way it came; write refund(route: original)")


def _promised(values: Any, field: str, context: PublishContext) -> tuple[Promised, ...]:
    return promised(field, values[field] or (), context.package)


def _skus(on: SkuSet, context: PublishContext) -> list[Sku]:
    skus = [sku for sku in context.skus(on.skus, on.categories) if sku.active]
    missing = sorted(set(on.skus) - {sku.sku for sku in skus})
    if missing:
        raise InvalidValue("on", f"{', '.join(missing)}: not in the catalogue, or not active; import the goods first")
    if not skus:
        raise InvalidValue("on", f"no goods in {', '.join(on.categories) or 'an empty list'}; name SKUs or a category")
    return skus


def _check_prices(offer: Offer, skus: Sequence[Sku], moneys: Sequence[Any], context: PublishContext) -> None:
    for sku in skus:
        for currency in (context.currency, *(money.currency for money in moneys if money is not None)):
            if sku.currency != currency:
                message = f"{sku.sku} is priced in {sku.currency}, the group buy in {currency}; use one currency"
                raise InvalidValue("price", message)
        highest = offer.ladder[0][1] if offer.ladder else offer.price.price_of(sku.list_minor)  # type: ignore[union-attr]
        if highest > sku.list_minor:
            raise InvalidValue(
                "price", f"{highest} is above the list price of {sku.sku}, {sku.list_minor} (minor units)"
            )
        if offer.unit_minor(sku.list_minor, joins=True) <= 0:
            raise InvalidValue("price", f"{sku.sku} would cost nothing; lower the discount")


def _stock(share: ShareOf, skus: Sequence[Sku]) -> tuple[StockShare, ...]:
    if share.fact != AVAILABLE or not 0 < share.ratio <= 1:
        raise InvalidValue(
            "stock", f"write more than 0% and at most 100% of {AVAILABLE}, for example 90% of {AVAILABLE}"
        )
    return tuple(StockShare(sku.sku, None, share.ratio.numerator, share.ratio.denominator) for sku in skus)


def _limits(field: str, limits: Sequence[Limit]) -> tuple[SubjectLimit, ...]:
    found: dict[tuple[str, int], SubjectLimit] = {}
    for limit in limits:
        if limit.subject not in SUBJECTS:
            raise InvalidValue(field, f"per {limit.subject} is not known; write per {', per '.join(SUBJECTS)}")
        key = (limit.subject, limit.window_ms or 0)
        if key in found:
            raise InvalidValue(field, f"per {limit.subject} stands twice; keep the one that is meant")
        found[key] = SubjectLimit(limit.subject, limit.quantity, limit.window_ms or 0)
    return tuple(found.values())
