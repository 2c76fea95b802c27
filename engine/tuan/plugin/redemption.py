"""What a buyer brings along to an order: coupons, points, a place in a group; looked up before it is priced and claimed with it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from tuan.domain.activity import REDEEMED_PREFIX
from tuan.domain.claim import Claim

#: What orders may bring along, and a promotion may list in `redeems`.
COUPONS: Final = "coupons"
POINTS: Final = "points"
#: A place in the group that the order names.
GROUPS: Final = "groups"


NOTHING_HELD: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({})


class Redemption(Struct, frozen=True, gc=False):
    """What an attempt's coupons or points are, before it is priced.

    `facts`: for the rules, by record and name, beside those of the caller. `data`: the promotion's own; `charge` gets it back.
    `held`: for names in lists of `facts` that are not ids of rules, of which version of which rule they are: (rule id, ruleset hash).
    Rules see in their place the rule that keeps the terms of that version (`PromotionType.holds`), and `taken` has them by these names.
    """

    facts: Mapping[str, Mapping[str, Any]]
    data: Any = None
    held: Mapping[str, tuple[str, str]] = NOTHING_HELD


class Charge(Struct, frozen=True, gc=False):
    """What an order uses up, now that it is priced; empty where no rule counted that wanted it.

    `claims`: per-subject limits in ordinary sale, whose counters begin with `redeemed/`. They end as the order ends before it is
    paid; once it is paid they are used for good, and refunds leave them: what a refund restores is for the promotion to say,
    as a higher limit. `kept`: plain JSON that stays with the order; the event `order.redeemed` brings it.
    """

    claims: tuple[Claim, ...] = ()
    kept: Any = None


def redeemed_counter(name: str) -> str:
    """Counter of something that orders use up: `redeemed/coupon/<id>`."""
    return REDEEMED_PREFIX + name
