"""What a group buy offers, as its activity keeps it: JSON in the record, a frozen value in the hot calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from tuan.plugin import (
    SUBJECTS,
    Attempt,
    InvalidValue,
    PriceAction,
    Reason,
    Rounding,
    RuleMoney,
    SubjectLimit,
    TuanError,
    Unit,
    round_minor,
)
from tuan_group_buy.tiers import Ladder, Step

#: A reward as it is kept: the code of its kind, and the kind's own value but for whom it is given.
Promised = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Offer:
    """`price`: of an ordinary group; `ladder`: of a tiered one, steps of (members, unit price). Times in milliseconds.

    `join_off_minor`: what a unit costs those less who join. `after_receipt`: whoever gets a
    reward of a complete group gets it with the goods. `virtual_fill`: seats that the merchant fills at most when time is up.
    `open_limits`: groups that are open at once, per subject. `open_until_ms`: groups may be opened up to then, and joined for as long
    as their window runs. `hold_ms`: how long a seat is kept for somebody who has not paid yet.
    """

    skus: tuple[str, ...]
    currency: str
    seats: int
    window_ms: int
    hold_ms: int
    open_until_ms: int
    price: PriceAction | None = None
    ladder: tuple[tuple[int, int], ...] = ()
    min_new: int = 0
    limits: tuple[SubjectLimit, ...] = ()
    open_limits: tuple[SubjectLimit, ...] = ()
    join_off_minor: int = 0
    virtual_fill: int = 0
    opener: tuple[Promised, ...] = ()
    leader: tuple[Promised, ...] = ()
    cashback: tuple[Promised, ...] = ()
    consolation: tuple[Promised, ...] = ()
    losing: tuple[Promised, ...] = ()
    after_receipt: bool = False
    prizes: int = 0
    odds: tuple[int, int] = (0, 1)
    draw_after_ms: int = 0
    _prices: dict[int, int] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def goods(self) -> frozenset[str]:
        return frozenset(self.skus)

    @property
    def members_min(self) -> int:
        """With fewer at the end of its window a group fails."""
        return self.ladder[0][0] if self.ladder else self.seats

    def unit_minor(self, list_minor: int, joins: bool = False) -> int:
        """What a unit costs: of a ladder the price of its smallest step, else rounded half up, never above the list price."""
        known = self._prices.get(list_minor)
        if known is None:
            known = self._prices[list_minor] = self.steps(list_minor).prepaid_minor
        return max(0, known - self.join_off_minor) if joins else known

    def steps(self, list_minor: int) -> Ladder:
        """The prices of a unit by members; an ordinary group has one."""
        if self.price is None:
            return Ladder(tuple(Step(members, min(minor, list_minor)) for members, minor in self.ladder))
        exact = min(max(self.price.price_of(list_minor), Fraction(0)), Fraction(list_minor))
        return Ladder((Step(self.seats, round_minor(exact, Rounding.HALF_UP)),))

    def require_subjects(self, attempt: Attempt) -> None:
        """Raises InvalidValue for an id without which a limit cannot be kept."""
        for limit in (*self.limits, *self.open_limits):
            if not getattr(attempt, limit.subject):
                raise InvalidValue(
                    SUBJECTS[limit.subject],
                    f"is missing; this group buy has limits per {limit.subject}, send the {limit.subject}'s pseudonym",
                )

    def to_config(self) -> dict[str, Any]:
        """Plain JSON data; ratios as numerator and denominator."""
        return {
            "skus": list(self.skus),
            "currency": self.currency,
            "seats": self.seats,
            "window_ms": self.window_ms,
            "hold_ms": self.hold_ms,
            "open_until_ms": self.open_until_ms,
            "price": _price_config(self.price),
            "ladder": [list(step) for step in self.ladder],
            "min_new": self.min_new,
            "join_off_minor": self.join_off_minor,
            "virtual_fill": self.virtual_fill,
            "after_receipt": self.after_receipt,
            "prizes": self.prizes,
            "odds": list(self.odds),
            "draw_after_ms": self.draw_after_ms,
            "limits": [[limit.subject, limit.quantity, limit.window_ms] for limit in self.limits],
            "open_limits": [[limit.subject, limit.quantity] for limit in self.open_limits],
            **{name: [list(reward) for reward in getattr(self, name)] for name in REWARDS},
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Offer:
        return cls(
            skus=tuple(config["skus"]),
            currency=config["currency"],
            seats=config["seats"],
            window_ms=config["window_ms"],
            hold_ms=config["hold_ms"],
            open_until_ms=config["open_until_ms"],
            price=_price(config["price"]),
            ladder=tuple((members, minor) for members, minor in config["ladder"]),
            min_new=config["min_new"],
            join_off_minor=config["join_off_minor"],
            virtual_fill=config["virtual_fill"],
            limits=tuple(SubjectLimit(*limit) for limit in config["limits"]),
            open_limits=tuple(SubjectLimit(*limit) for limit in config["open_limits"]),
            opener=_promised(config["opener"]),
            leader=_promised(config["leader"]),
            cashback=_promised(config["cashback"]),
            consolation=_promised(config["consolation"]),
            losing=_promised(config["losing"]),
            after_receipt=config["after_receipt"],
            prizes=config["prizes"],
            odds=(config["odds"][0], config["odds"][1]),
            draw_after_ms=config["draw_after_ms"],
        )


#: Fields of an offer that promise something: of a complete group to who opened it, who leads it, each member; of a failed one
#: to each, of a lottery to those who do not win.
REWARDS = ("opener", "leader", "cashback", "consolation", "losing")


def _promised(config: Sequence[Sequence[Any]]) -> tuple[Promised, ...]:
    return tuple((kind, value) for kind, value in config)


def _price_config(price: PriceAction | None) -> dict[str, Any] | None:
    if price is None:
        return None
    money, ratio = price.money, price.ratio
    return {
        "kind": price.kind,
        "money": [money.amount_minor, money.currency] if money is not None else None,
        "ratio": [ratio.numerator, ratio.denominator] if ratio is not None else None,
    }


def _price(config: dict[str, Any] | None) -> PriceAction | None:
    if config is None:
        return None
    money = RuleMoney(*config["money"]) if config["money"] is not None else None
    return PriceAction(config["kind"], money, Fraction(*config["ratio"]) if config["ratio"] else None)


def offer_of(activity_id: str, unit: Unit) -> Offer:
    """Of an activity by its id, also of one that is closed. Raises ACTIVITY_NOT_FOUND."""
    activity = unit.activities.get(activity_id)
    if activity is None:
        raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no activity {activity_id}", activity_id=activity_id)
    return Offer.from_config(activity.config)
