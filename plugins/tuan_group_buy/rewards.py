"""What a block promises (`credit(¥2.00)`, `points(100)`, `grant(coupon "care-5")`) as rewards of the kinds that are installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tuan.plugin import Credit, Gift, Grant, InvalidValue, Points, RefundTo, Reward
from tuan_group_buy.offer import Promised

WALLET, POINTS, COUPON = "wallet", "points", "coupon"
_GIVEN = "write credit(...), points(...) or grant(coupon ...)"


def promised(field: str, actions: Iterable[object], package: str) -> tuple[Promised, ...]:
    """In the order of the block. Raises InvalidValue for what no group can give."""
    return tuple(_promised(field, action, package) for action in actions if not isinstance(action, RefundTo))


def refund_is_original(actions: Iterable[object]) -> bool:
    """A failed group's money goes back the way it came."""
    return all(action.route == "original" for action in actions if isinstance(action, RefundTo))


def reward(reward_id: str, buyer: str, reason: str, time_ms: int, caller: str, value: dict[str, Any]) -> Reward:
    """`caller`: the application whose pseudonym `buyer` is."""
    return Reward(reward_id, buyer, reason, time_ms, {"caller": caller, **value})


def _promised(field: str, action: object, package: str) -> Promised:
    match action:
        case Credit(money):
            return WALLET, {"currency": money.currency, "amount_minor": money.amount_minor}
        case Points(points):
            return POINTS, {"points": points}
        case Grant(reference) if reference.kind == COUPON:
            return COUPON, {"template_id": f"{package}/coupon/{reference.label}"}
        case Gift(sku):
            # It would be an order of its own, with stock and an address: nobody has claimed the one, nor given the other.
            raise InvalidValue(field, f'a group does not ship gift("{sku}"); {_GIVEN}')
    raise InvalidValue(field, f"a group cannot give {action!r}; {_GIVEN}")
