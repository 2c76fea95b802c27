"""From a checked block to activities: one per session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from tuan.plugin import (
    ActivityPlan,
    CheckedBlock,
    Daily,
    InvalidValue,
    Limit,
    Plan,
    PriceAction,
    PublishContext,
    ShareOf,
    Sku,
    SkuSet,
    StockShare,
    Text,
    Window,
)
from tuan_flash_sale.block import AVAILABLE
from tuan_flash_sale.sale import Sale, sale_limits

#: A thousand sessions of one block are three years of daily ones; more is a typing mistake in a window.
SESSIONS_MAX = 1_000


def plan_sessions(block: CheckedBlock, context: PublishContext) -> Plan:
    """Raises InvalidValue that names the field when catalogue, clock or currency do not allow the sale."""
    values = block.values
    skus = _skus(cast(SkuSet, values["on"]), context)
    sale = Sale(
        skus=tuple(sku.sku for sku in skus),
        price=cast(PriceAction, values["price"]),
        limits=sale_limits(cast(Sequence[Limit], values["limit"] or ())),
        warm_up_ms=cast(int, values["warm_up"]),
        challenge=cast(str, values["challenge"]),
        ticket=cast(bool, values["ticket"]),
        hold_ms=cast(int | None, values["hold"]),
    )
    _check(sale, skus, context)
    stock = _stock(cast(ShareOf, values["stock"]), skus)
    title = str(cast(Text | None, values["title"]) or block.label)
    return Plan(
        activities=tuple(
            ActivityPlan(
                key=key,
                title=title,
                start_time_ms=window.start_ms,
                end_time_ms=window.end_ms,
                config=sale.to_config(),
                stock=stock,
                provision_time_ms=window.start_ms - sale.warm_up_ms,
            )
            for key, window in _sessions(cast(Daily | None, values["sessions"]), context)
        )
    )


def _skus(on: SkuSet, context: PublishContext) -> list[Sku]:
    skus = context.skus(on.skus, on.categories)
    missing = sorted(set(on.skus) - {sku.sku for sku in skus if sku.active})
    if missing:
        raise InvalidValue("on", f"{', '.join(missing)}: not in the catalogue, or not active; import the goods first")
    skus = [sku for sku in skus if sku.active]
    if not skus:
        raise InvalidValue(
            "on", f"no goods in {', '.join(on.categories) or 'an empty list'}; name SKUs or another category"
        )
    return skus


def _check(sale: Sale, skus: Sequence[Sku], context: PublishContext) -> None:
    if sale.challenge == "always" and not sale.ticket:
        raise InvalidValue(
            "challenge", "always has no effect with ticket = false: a challenge stands before the ticket"
        )
    if sale.hold_ms is not None and sale.hold_ms <= 0:
        raise InvalidValue("hold", "must be longer than nothing; write for example 5min")
    money = sale.price.money
    for sku in skus:
        if sku.currency != context.currency or (money is not None and money.currency != sku.currency):
            wanted = money.currency if money is not None else context.currency
            raise InvalidValue(
                "price", f"{sku.sku} is priced in {sku.currency}, the sale in {wanted}; use one currency"
            )
        exact = sale.price.price_of(sku.list_minor)
        if exact > sku.list_minor:
            raise InvalidValue("price", f"{exact} is above the list price of {sku.sku}, {sku.list_minor} (minor units)")
        if sale.unit_minor(sku.list_minor) <= 0:
            raise InvalidValue(
                "price", f"{sku.sku} (list price {sku.list_minor} minor units) would cost nothing; lower the discount"
            )


def _stock(share: ShareOf, skus: Sequence[Sku]) -> tuple[StockShare, ...]:
    if share.fact != AVAILABLE:
        raise InvalidValue(
            "stock", f"a share of {share.fact} cannot be set aside; write for example 90% of {AVAILABLE}"
        )
    if not 0 < share.ratio <= 1:
        raise InvalidValue("stock", f"{share.ratio} of the stock; write more than 0% and at most 100% of {AVAILABLE}")
    return tuple(StockShare(sku.sku, None, share.ratio.numerator, share.ratio.denominator) for sku in skus)


def _sessions(daily: Daily | None, context: PublishContext) -> list[tuple[str, Window]]:
    """Every session that has not ended, with its key. Keys are given before ended ones are left out: they stay the same."""
    if not context.windows:
        raise InvalidValue(
            "active", "says nowhere when; write active = from ... until ..., or enable the block in a campaign's plan"
        )
    sessions: list[Window] = []
    for start_ms, end_ms in context.windows:
        window = Window(start_ms, end_ms)
        sessions += daily.occurrences(window, context.zone) if daily is not None else [window]
    if not sessions:
        raise InvalidValue("sessions", "none of them falls into the time in which the block is active")
    if len(sessions) > SESSIONS_MAX:
        raise InvalidValue(
            "sessions",
            f"{len(sessions)} sessions, at most {SESSIONS_MAX}; shorten the time in which the block is active",
        )
    named: dict[str, Window] = {}
    for session in sessions:
        key = name = _key(session.start_ms, context.zone)
        twin = 2
        while key in named:  # the same local time twice: two windows, or the hour that the clocks repeat
            key, twin = f"{name}-{twin}", twin + 1
        named[key] = session
    left = [(key, session) for key, session in named.items() if session.end_ms > context.now_ms]
    if not left:
        raise InvalidValue("sessions", "all of them have ended already; choose a later time")
    return left


def _key(start_ms: int, zone: str) -> str:
    """`20270210T2000`, by the clock on the merchant's wall; with seconds where there are any."""
    start = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=start_ms)).astimezone(ZoneInfo(zone))
    return start.strftime("%Y%m%dT%H%M%S" if start.second else "%Y%m%dT%H%M")
