"""Groups as calls read them from SQL: one with what its activity offers, or many in an order that was found before."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.plugin import Reason, TuanError, Unit
from tuan_group_buy.group import Group
from tuan_group_buy.offer import Offer, offer_of
from tuan_group_buy.tables import find, find_one


def group_and_offer(unit: Unit, group_id: str) -> tuple[Group, Offer]:
    """Raises GROUP_NOT_FOUND."""
    group = find_one(unit.connection, group_id)
    if group is None:
        raise not_found(group_id)
    return group, offer_of(group.activity_id, unit)


def in_order(unit: Unit, group_ids: Sequence[str]) -> list[Group]:
    found = find(unit.connection, group_ids)
    return [found[group_id] for group_id in group_ids]


def not_found(named: str) -> TuanError:
    return TuanError(Reason.GROUP_NOT_FOUND, f"no group {named[:64]}", group_id=named[:64])
