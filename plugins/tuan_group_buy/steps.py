"""The steps of a `group_buy` block: those of its ladder, or its one size and price."""

from __future__ import annotations

from typing import cast

from tuan_rules import CheckedBlock, Money, PriceAction


def ladder_of(block: CheckedBlock) -> tuple[tuple[int, Money], ...]:
    """The ladder of a tiered group, ascending by members; empty: it is not tiered."""
    price = block.values["price"]
    return () if isinstance(price, PriceAction) else cast("tuple[tuple[int, Money], ...]", price)


def members_min(block: CheckedBlock) -> int:
    """With fewer members at the end of its window a group fails."""
    return min([members for members, _ in ladder_of(block)] or [cast(int, block.values["size"])])


def members_max(block: CheckedBlock) -> int:
    """With so many it is full, and completes at once."""
    return max([members for members, _ in ladder_of(block)] or [cast(int, block.values["size"])])
